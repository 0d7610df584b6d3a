"""Fills in the templates of ``hooks/<agent>/``: settings for one session in the agent's own format, with our commands.

All of them have the shape that Claude Code introduced and others adopted, ``hooks.<Event>[].hooks[].command``. In a
template ``@EVENT@`` stands for the program that reports the event and returns at once, ``@DECIDE@`` for the one that
waits for a decision and prints it, ``@GATE@`` for the agent's own gate, ``hooks/<agent>/gate.py``.
"""

from pathlib import Path
from typing import Any

import msgspec

from maestrod.agents.kit.hook_command import DECIDE, EVENT, hook_command
from maestrod.api.errors import Unavailable

#: The event name of a gate, which decides about a tool before it runs; the agents have no event with this name.
GATE = "ToolPermission"


def filled(hooks: Path, agent: str, template: str) -> dict[str, Any]:
    """A template with its commands filled in. Raises ``Unavailable`` if this installation lacks it."""
    path = hooks / agent / template
    try:
        document = msgspec.json.decode(path.read_bytes())
    except (OSError, msgspec.MsgspecError) as error:
        raise Unavailable("hooks.missing", f"{path} cannot be read ({error}): install maestrod again") from error
    for event, groups in document["hooks"].items():
        for handler in (handler for group in groups for handler in group["hooks"]):
            handler["command"] = _command(hooks, agent, handler["command"], event)
    return {str(name): member for name, member in document.items()}


def _command(hooks: Path, agent: str, word: str, event: str) -> str:
    if word == "@GATE@":
        return hook_command(hooks, f"{agent}/gate.py", agent, GATE)
    return hook_command(hooks, {"@EVENT@": EVENT, "@DECIDE@": DECIDE}[word], agent, event)
