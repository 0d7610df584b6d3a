"""The templates of ``hooks/<agent>/`` as settings of one session: the agent's own format, with our commands filled in.

All of them have the shape that Claude Code began and others took over, ``hooks.<Event>[].hooks[].command``. In a template
``@EVENT@`` stands for the program that reports the event and returns at once, ``@DECIDE@`` for the one that waits for a decision
and prints it, ``@GATE@`` for a gate of the agent's own, ``hooks/<agent>/gate.py``.
"""

from pathlib import Path
from typing import Any

import msgspec

from maestrod.agents.kit.hook_command import DECIDE, EVENT, hook_command
from maestrod.api.errors import Unavailable

#: What a hook runs that settles a tool's permission before it starts; it is no event the agent knows by this name.
GATE = "ToolPermission"


def filled(hooks: Path, agent: str, template: str) -> dict[str, Any]:
    """A template with the commands in it. Raises ``Unavailable`` for an installation that lost it."""
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
