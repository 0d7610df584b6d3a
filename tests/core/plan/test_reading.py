"""Text becomes a report: from a checklist, from wrapped JSON, or with a finding why it is neither."""

import json

import pytest

from maestrod.core.plan.lint import KnownNames, lint
from maestrod.core.plan.reading import lint_document, lint_text

KNOWN = KnownNames(agents=frozenset({"shell"}), default_agent="shell")
PLAN = {"groups": [{"key": "a", "title": "A", "subtasks": [{"key": "x", "title": "X", "commands": ["echo hi"]}]}]}
TEXT = json.dumps(PLAN)


@pytest.mark.parametrize(
    "text", [TEXT, f"\ufeff\n{TEXT}", f"Here it is:\n```JSON\n{TEXT}\n```\n", f"[{TEXT}]", f"{TEXT}\nDone."]
)
def test_json_is_read_where_there_is_no_checklist(text: str) -> None:
    assert lint_text(text, KNOWN) == lint(PLAN, KNOWN)


def test_a_checklist_may_have_json_in_its_commands_and_descriptions() -> None:
    for text in ("- [ ] a\n  ```sh\n  cat <<E\n  " + TEXT + "\n  E\n  ```\n", '- [ ] a\n  ```sh\n  x\n  ```\n  ```json\n  {"a": 1}\n  ```\n'):  # fmt: skip
        assert lint_text(text, KNOWN).ok


def test_a_checklist_beside_a_json_plan_is_refused_as_ambiguous() -> None:
    report = lint_text(f"First:\n- [ ] think\n\n```json\n{TEXT}\n```\n", KNOWN)
    assert not report.ok and [found.code for found in report.diagnostics] == ["two_plans"]


def test_a_member_that_appears_twice_is_a_finding_with_its_path() -> None:
    (found,) = lint_document('{"groups": [{"key": "a",\n "title": "A", "title": "B"}]}', KNOWN).diagnostics
    assert (found.path, found.code) == ("groups[0].title", "not_json")
    assert "line 2, column 16" in found.message and "appears twice" in found.message


def test_a_truncated_plan_is_reported_as_truncated() -> None:
    (found,) = lint_text(f"```json\n{TEXT[:-3]}", KNOWN).diagnostics
    assert "ends too early" in found.message


def test_half_a_surrogate_pair_is_replaced() -> None:
    report = lint_document(TEXT.replace('"X"', '"X \\ud83d \\ud83d\\ude00"'), KNOWN)
    assert report.ok and report.groups[0].subtasks[0].title == "X \ufffd \U0001f600"


def test_text_without_items_is_not_a_checklist() -> None:
    assert [found.code for found in lint_text("just words", KNOWN).diagnostics] == ["no_items"]
    assert not lint_document("[" * 100_000, KNOWN).ok
