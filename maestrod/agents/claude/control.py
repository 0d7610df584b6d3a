"""Encodes what is written to a running Claude: prompts and answers, as JSON lines or as keys."""

import json
import uuid
from collections.abc import Sequence
from typing import Any

from maestrod.agents.adapter import Keys
from maestrod.api.permission import Permission
from maestrod.api.text.plain_text import plain_text

#: Ctrl-U clears a line of the composer, and the next one its line end. An interrupted prompt returns to the composer, and
#: typed text would be appended to it, so everything is cleared first. In an empty composer Ctrl-U does nothing.
_CLEAR = b"\x15" * 400
_PASTE, _PASTE_END = b"\x1b[200~", b"\x1b[201~"
#: Seconds from the end of a paste to Enter: an earlier Enter becomes part of the text (measured: 0.4 is enough).
_SETTLE = 0.5
#: The text of refusals without a message; Claude reads it as the tool's result.
_REFUSED = (
    "This was not permitted. Do not try it another way; continue without it, or ask with `maestroctl attention ask`."
)


def prompt_keys(text: str, *, interactive: bool) -> Sequence[Keys]:
    """Encode a prompt. The JSON line has an id, with which Claude reports when it begins to work on the prompt."""
    if interactive:
        return (
            Keys(_CLEAR, 0.05),
            Keys(_PASTE + plain_text(text).encode() + _PASTE_END, _SETTLE, echoed=True),
            Keys(b"\r"),
        )
    message = {"role": "user", "content": text}
    return (Keys(_line({"type": "user", "uuid": str(uuid.uuid4()), "parent_tool_use_id": None, "message": message})),)


def answer(key: str, permission: Permission, message: str) -> bytes:
    """The answer to a ``can_use_tool`` request on standard input. It leaves the tool's input as Claude requested it."""
    response = {"subtype": "success", "request_id": key, "response": _behaviour(permission, message)}
    return _line({"type": "control_response", "response": response})


def hook_answer(event: str, permission: Permission | None, message: str) -> str:
    """What ``decide.py`` prints; empty leaves the decision to Claude's own dialog."""
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
