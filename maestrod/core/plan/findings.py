"""Collects the linter's findings, up to a limit, and suggests similar names."""

import difflib
from collections.abc import Collection

from maestrod.api.plan import Diagnostic, Severity

#: Maximum number of findings: more would only fill a planner's context (our choice).
LIMIT = 200
#: Maximum number of candidates for a hint, because the comparison is quadratic in the length of the names.
HINT_CANDIDATES = 200


class Findings:
    """Diagnostics in the order of the plan. Those beyond the limit are only counted."""

    def __init__(self) -> None:
        self._found: list[Diagnostic] = []
        self._beyond = 0
        self.errors = 0

    def error(self, path: str, code: str, message: str) -> None:
        """Add a finding that refuses the plan."""
        self.errors += 1
        self._add(path, code, message, Severity.ERROR)

    def warning(self, path: str, code: str, message: str) -> None:
        """Add a finding that a person should check."""
        self._add(path, code, message, Severity.WARNING)

    def diagnostics(self) -> tuple[Diagnostic, ...]:
        """All diagnostics, with a last one that counts those beyond the limit."""
        if not self._beyond:
            return tuple(self._found)
        severity = Severity.ERROR if self.errors else Severity.WARNING
        more = Diagnostic(
            path="plan", code="more", message=f"{self._beyond} more findings are not shown", severity=severity
        )
        return (*self._found, more)

    def _add(self, path: str, code: str, message: str, severity: Severity) -> None:
        if len(self._found) < LIMIT:
            self._found.append(Diagnostic(path=path, code=code, message=message, severity=severity))
        else:
            self._beyond += 1


def hint(name: str, candidates: Collection[str]) -> str:
    """``; did you mean `x`?`` if a candidate is similar, else empty."""
    if len(candidates) > HINT_CANDIDATES or len(name) > 100:
        return ""
    close = difflib.get_close_matches(name, candidates, n=1)
    return f"; did you mean `{close[0]}`?" if close else ""


def shown(name: str) -> str:
    """A name, shortened for a message."""
    return name if len(name) <= 100 else name[:97] + "..."
