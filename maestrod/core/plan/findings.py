"""What the linter finds, collected: bounded, and with a hint where a name is nearly right."""

import difflib
from collections.abc import Collection

from maestrod.api.plan import Diagnostic, Severity

#: A planner repairs from the first findings; ten thousand of them would only fill its context (our choice).
LIMIT = 200
#: Above this many candidates a hint costs more than it helps: the comparison is quadratic in the length of the names.
HINT_CANDIDATES = 200


class Findings:
    """Diagnostics in the order of the plan; what goes beyond the limit is counted."""

    def __init__(self) -> None:
        self._found: list[Diagnostic] = []
        self._beyond = 0
        self.errors = 0

    def error(self, path: str, code: str, message: str) -> None:
        """Something that refuses the plan."""
        self.errors += 1
        self._add(path, code, message, Severity.ERROR)

    def warning(self, path: str, code: str, message: str) -> None:
        """Something a person should look at."""
        self._add(path, code, message, Severity.WARNING)

    def diagnostics(self) -> tuple[Diagnostic, ...]:
        """All of them, and a last one that says how many more there were."""
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
    """``; did you mean `x`?`` when a candidate is close, else nothing."""
    if len(candidates) > HINT_CANDIDATES or len(name) > 100:
        return ""
    close = difflib.get_close_matches(name, candidates, n=1)
    return f"; did you mean `{close[0]}`?" if close else ""


def shown(name: str) -> str:
    """A name as a message may carry it: short."""
    return name if len(name) <= 100 else name[:97] + "..."
