"""What is written to a running Claude: prompts and answers, as JSON lines or as keys."""

import json
import uuid
from collections.abc import Sequence
from typing import Any

from maestrod.agents.adapter import Keys
from maestrod.api.permission import Permission
from maestrod.api.text.plain_text import plain_text

#: Ctrl-U clears a line of the composer, and the line's end with the next one. An interrupted prompt goes back there, and what is
#: typed is put behind it; so everything is cleared first. On an empty composer it does nothing.
_CLEAR = b"\x15" * 400
_PASTE, _PASTE_END = b"\x1b[200~", b"\x1b[201~"
#: Seconds from the end of a paste to Enter: an Enter that comes with it becomes part of it (0.4 measured as enough).
_SETTLE = 0.5
#: Refusals without a message of their own; Claude reads it as the tool's result.
_REFUSED = (
    "This was not permitted. Do not try it another way; continue without it, or ask with `maestroctl attention ask`."
)


def say(text: str, *, interactive: bool) -> Sequence[Keys]:
    """A prompt. The line carries an id, with which Claude says when it begins with it."""
    if interactive:
        return (Keys(_CLEAR, 0.05), Keys(_PASTE + plain_text(text).encode() + _PASTE_END, _SETTLE), Keys(b"\r"))
    message = {"role": "user", "content": text}
    return (Keys(_line({"type": "user", "uuid": str(uuid.uuid4()), "parent_tool_use_id": None, "message": message})),)


def answer(key: str, permission: Permission, message: str) -> bytes:
    """The answer to a ``can_use_tool`` on standard input; without another input the one it asked for is used."""
    response = {"subtype": "success", "request_id": key, "response": _behaviour(permission, message)}
    return _line({"type": "control_response", "response": response})


def hook_answer(event: str, permission: Permission | None, message: str) -> str:
    """What ``decide.py`` prints; nothing leaves the question to Claude's own dialog."""
    if permission is None:
        return ""
    if event == "PermissionRequest":
        return _printed({"hookEventName": event, "decision": _behaviour(permission, message)})
    if event == "PreToolUse":
        why = {"permissionDecisionReason": message} if message else {}
        return _printed({"hookEventName": event, "permissionDecision": permission.value, **why})
    return ""


def _behaviour(permission: Permission, message: str) -> dict[str, str]:
    if permission is Permission.ALLOW:
        return {"behavior": "allow"}
    return {"behavior": "deny", "message": message or _REFUSED}


def _printed(output: dict[str, Any]) -> str:
    return json.dumps({"hookSpecificOutput": output})


def _line(document: dict[str, Any]) -> bytes:
    return json.dumps(document).encode() + b"\n"
