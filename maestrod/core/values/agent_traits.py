"""What the core knows of an agent: how it takes prompts, not what it is called.

The adapters (``agents/``) say it of themselves; the configuration's rules carry it here.
"""

import enum
from collections.abc import Mapping

import msgspec

from maestrod.api.session import Terminal


class Turns(enum.Enum):
    """How an agent on pipes takes its prompts; on a terminal they are typed."""

    NONE = "none"  # it takes none: it does its tasks and ends (shell, custom programs)
    PROCESS = "process"  # one process per turn: the prompt comes with the start, the next turn resumes the conversation
    STREAM = "stream"  # one process, prompts on standard input one after the other


class AgentTraits(msgspec.Struct, frozen=True):
    """One agent as the domain sees it.

    ``plans``: it can plan without a program of the user's. ``runs_commands``: a subtask needs commands or checks for it.
    ``resumes``: a conversation can go on in another process. ``terminal`` is how its workers are held when nobody says.
    ``registration_timeout_ms`` is how long it may take from start to its first sign of life, when that differs from the configuration's.
    ``stall_ms`` is how long it may say nothing in the middle of a turn before somebody looks.
    """

    turns: Turns = Turns.NONE
    plans: bool = False
    runs_commands: bool = False
    resumes: bool = False
    terminal: Terminal = Terminal.PTY
    registration_timeout_ms: int | None = None
    stall_ms: int = 600_000


#: The agent that is always there.
SHELL = AgentTraits(runs_commands=True)
#: Every agent the core knows when nobody tells it more.
SHELL_ONLY: Mapping[str, AgentTraits] = {"shell": SHELL}
