"""What the core knows about an agent: how it behaves, not its name.

Each adapter (``agents/``) declares its traits; the policy carries them here.
"""

import enum
from collections.abc import Mapping

import msgspec

from maestrod.api.session import Terminal


class Turns(enum.Enum):
    """How an agent on pipes receives its prompts. On a terminal, prompts are typed."""

    NONE = "none"  # no prompts: it does its tasks and exits (shell, custom programs)
    PROCESS = "process"  # one process per turn: the prompt comes with the start, the next turn resumes the conversation
    STREAM = "stream"  # one process, prompts on standard input one after the other


class AgentTraits(msgspec.Struct, frozen=True):
    """One agent as the domain sees it.

    ``plans``: it can write a plan itself, without a planner program. ``runs_commands``: its subtasks need commands or checks.
    ``resumes``: another process can continue its conversation. ``terminal`` is the default for its workers.
    ``registration_timeout_ms`` is the time from start to the first sign of life, if it differs from the configuration's.
    ``stall_ms`` is how long it may be silent in the middle of a turn before the daemon checks on it.
    """

    turns: Turns = Turns.NONE
    plans: bool = False
    runs_commands: bool = False
    resumes: bool = False
    terminal: Terminal = Terminal.PTY
    registration_timeout_ms: int | None = None
    stall_ms: int = 600_000


#: The built-in agent.
SHELL = AgentTraits(runs_commands=True)
#: The agents that the core knows by default.
SHELL_ONLY: Mapping[str, AgentTraits] = {"shell": SHELL}
