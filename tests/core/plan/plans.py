"""Plans as JSON for tests, and the names they may use."""

from typing import Any

from maestrod.api.plan import Diagnostic, Severity
from maestrod.core.plan.lint import KnownNames, lint

KNOWN = KnownNames(
    agents=frozenset({"shell", "claude"}),
    personas=frozenset({"architect"}),
    skills=frozenset({"maestro-worker"}),
    default_agent="claude",
)


def subtask(key: str, **members: Any) -> dict[str, Any]:
    return {"key": key, "title": key, **members}


def group(key: str, *subtasks: dict[str, Any], **members: Any) -> dict[str, Any]:
    return {"key": key, "title": key.upper(), "subtasks": list(subtasks or (subtask(f"{key}-1"),)), **members}


def plan(*groups: Any) -> dict[str, Any]:
    return {"groups": list(groups)}


def findings(raw: Any, severity: Severity = Severity.ERROR) -> list[tuple[str, str]]:
    return [(found.path, found.code) for found in lint(raw, KNOWN).diagnostics if found.severity is severity]


def only(raw: Any) -> Diagnostic:
    (found,) = lint(raw, KNOWN).diagnostics
    return found
