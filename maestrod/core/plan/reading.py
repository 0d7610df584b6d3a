"""Reads plans from text (a Markdown checklist, or JSON with the usual text around it) and lints them."""

from typing import Any

from maestrod.api.plan import Diagnostic, PlanReport
from maestrod.api.text.json_text import Flaw
from maestrod.api.text.outside_text import sound
from maestrod.api.text.plan_text import document_in, read
from maestrod.core.plan.lint import KnownNames, lint
from maestrod.core.plan.markdown_plan import lint_parsed, parse_markdown


def lint_text(text: str, known: KnownNames) -> PlanReport:
    """Parse and lint the text of a plan. Never raises.

    A text with open items is a checklist; any other text is JSON if it contains a JSON plan.
    """
    if text.lstrip("\ufeff \t\r\n").startswith("{"):
        return lint_document(document_in(text) or text, known)
    checklist = parse_markdown(text)
    if not checklist.raw["groups"]:
        document = document_in(text)
        return lint_parsed(checklist, known) if document is None else lint_document(document, known)
    if any(document_in(prose) for prose in _prose(checklist.raw) if '"groups"' in prose):
        message = "This checklist also contains a plan in JSON; submit only one of them"
        return _refused(Diagnostic(path="line 1", code="two_plans", message=message))
    return lint_parsed(checklist, known)


def lint_document(document: str, known: KnownNames) -> PlanReport:
    """Parse and lint a JSON plan. Invalid JSON is a finding too, so that a planner can correct it. Never raises."""
    try:
        raw: Any = _tidy(read(document))
    except Flaw as flaw:
        message = f"The plan must be one JSON document: {flaw}"
        return _refused(Diagnostic(path=flaw.path or "plan", code="not_json", message=message))
    except RecursionError:
        return _refused(Diagnostic(path="plan", code="not_json", message="The plan is nested too deeply"))
    return lint(raw, known)


def _refused(finding: Diagnostic) -> PlanReport:
    return PlanReport(ok=False, diagnostics=(finding,))


def _prose(raw: dict[str, Any]) -> list[str]:
    """The texts of a checklist that are not commands."""
    items = [item for group in raw["groups"] for item in group["subtasks"]]
    return [raw.get("summary", ""), *(item.get("description", "") for item in items)]


def _tidy(value: Any) -> Any:
    """The document without null members, which a strict schema makes planners write for absent ones, and
    with U+FFFD instead of lone surrogates, which no file can hold.
    """
    if isinstance(value, dict):
        return {_tidy(name): _tidy(member) for name, member in value.items() if member is not None}
    if isinstance(value, list):
        return [_tidy(item) for item in value]
    return sound(value) if isinstance(value, str) else value
