"""Hooks of test agents: the name of the event says what they report."""

import json
from typing import Any

from maestrod.core.values.signs import NOTHING, PermissionAsked, Reading, Sign, Started, TurnEnded, TurnStarted

#: The agent's own id of its conversation.
OWN_ID = "0198c3"

#: Those that have hooks.
_AGENTS = frozenset({"stream", "tty"})


def read_hook(agent: str, event: str, payload: Any) -> Reading:
    """Read a hook of a streaming agent: the payload names the conversation and the folder, the event's name is the sign.

    ``Permission`` asks for a command, and the hook waits; ``Dialog`` only reports that a dialog is shown.
    """
    if agent not in _AGENTS:
        return NOTHING
    known = payload if isinstance(payload, dict) else {}
    command = known.get("command", "")
    signs: dict[str, Sign] = {
        "SessionStart": Started(OWN_ID),
        "Prompt": TurnStarted(),
        "Stop": TurnEnded(),
        "Permission": PermissionAsked("Bash", command, json.dumps({"command": command}), waits=True, whole=True),
        "Dialog": PermissionAsked("Bash"),
    }
    sign = signs.get(event)
    return Reading(() if sign is None else (sign,), known.get("session"), known.get("cwd"))
