"""Which task a failure came from, its error, what its session wrote last, and what to type next: for every command that tells of one."""

import base64
from collections.abc import Mapping
from typing import Any

from maestroctl.client.client import Client
from maestroctl.output import safe, safe_block
from maestrod.api.errors import MaestroError
from maestrod.api.text.plain_text import plain_text

#: Lines of an error that are shown, and of the output of its session.
_ERROR_LINES = 12
_OUTPUT_LINES = 5


def lines(failure: Mapping[str, Any], output: list[str] | None = None) -> list[str]:
    """The failure in words; ``output`` are the last lines that the session wrote."""
    tried = f" (attempt {failure['attempt']})" if failure.get("attempt", 1) > 1 else ""
    error = safe_block(failure.get("error") or "no reason was given").rstrip().splitlines()
    if len(error) > _ERROR_LINES:
        error = [error[0], f"… {len(error) - _ERROR_LINES} lines …", *error[-(_ERROR_LINES - 2) :]]
    lines = [f"  failed because task {safe(failure['title'])!r} failed{tried}: {error[0]}"]
    lines += [f"      {line}" for line in error[1:]]
    if output:
        lines += ["    its session's last output:", *(f"      {line}" for line in output)]
    others = failure.get("failed", 1) - 1
    if others > 0:
        lines.append(f"    {others} other task{'' if others == 1 else 's'} failed too")
    if failure.get("sessionId"):
        lines.append(f"    more: maestroctl logs {failure['sessionId']}")
    return [*lines, f"    try it again: maestroctl retry {failure['taskId']}"]


def last_output(client: Client, failure: Mapping[str, Any]) -> list[str]:
    """What the session wrote last, where the error does not have it already and there is something."""
    session_id = failure.get("sessionId")
    if not session_id or "\n" in (failure.get("error") or "").strip() or "last output" in failure.get("error", ""):
        return []
    from maestroctl.show.transcript import is_told, newest

    try:
        if is_told(client, session_id):
            return newest(client, session_id, _OUTPUT_LINES)
        page = client.raw("session.output", {"sessionId": session_id, "lines": _OUTPUT_LINES})
    except MaestroError:  # its output is gone: the error is all there is
        return []
    text = plain_text(base64.b64decode(page.get("data", "")).decode("utf-8", "replace"))
    return [safe(line.rstrip()) for line in text.splitlines() if line.strip()][-_OUTPUT_LINES:]
