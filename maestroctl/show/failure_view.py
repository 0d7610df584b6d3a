"""Shows a failure: the task, its error, the session's last output, and what to type next."""

import base64
from collections.abc import Mapping
from typing import Any

from maestroctl.client.client import Client
from maestroctl.output import safe, safe_block
from maestrod.api.errors import MaestroError
from maestrod.api.text.plain_text import plain_text

#: Maximum number of lines shown of an error, and of its session's output.
_ERROR_LINES = 12
_OUTPUT_LINES = 5


def lines(failure: Mapping[str, Any], output: list[str] | None = None) -> list[str]:
    """The lines that show the failure; ``output`` is the end of the session's output."""
    tried = f" (attempt {failure['attempt']})" if failure.get("attempt", 1) > 1 else ""
    error = safe_block(failure.get("error") or "no reason given").rstrip().splitlines()
    if len(error) > _ERROR_LINES:
        error = [error[0], f"… {len(error) - _ERROR_LINES} lines …", *error[-(_ERROR_LINES - 2) :]]
    lines = [f"  task {safe(failure['title'])!r} failed{tried}: {error[0]}"]
    lines += [f"      {line}" for line in error[1:]]
    if output:
        lines += ["    its session's last output:", *(f"      {line}" for line in output)]
    others = failure.get("failed", 1) - 1
    if others > 0:
        lines.append(f"    {others} other task{'' if others == 1 else 's'} failed too")
    if failure.get("sessionId"):
        lines.append(f"    full output: maestroctl logs {failure['sessionId']}")
    return [*lines, f"    to retry: maestroctl retry {failure['taskId']}"]


def last_output(client: Client, failure: Mapping[str, Any]) -> list[str]:
    """The end of the session's output, unless the error contains it already."""
    session_id = failure.get("sessionId")
    if not session_id or "\n" in (failure.get("error") or "").strip() or "last output" in failure.get("error", ""):
        return []
    from maestroctl.show.transcript import has_transcript, newest

    try:
        if has_transcript(client, session_id):
            return newest(client, session_id, _OUTPUT_LINES)
        page = client.raw("session.output", {"sessionId": session_id, "lines": _OUTPUT_LINES})
    except MaestroError:  # its output is gone: show the error alone
        return []
    text = plain_text(base64.b64decode(page.get("data", "")).decode("utf-8", "replace"))
    return [safe(line.rstrip()) for line in text.splitlines() if line.strip()][-_OUTPUT_LINES:]
