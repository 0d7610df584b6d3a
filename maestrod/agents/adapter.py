"""What an adapter is: how to start an agent, read what it says, speak to it, judge its end.

It has the shape that real agents ask for: each wants other flags, files and signals, and another reading of its exit
code. An adapter only translates: it keeps no state and never touches a session; what its signs mean is the core's.
"""

import enum
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol

from maestrod.api.permission import Permission
from maestrod.api.process import Exit
from maestrod.api.project import Permissions
from maestrod.api.session import Session, Terminal
from maestrod.api.skill import AgentInfo
from maestrod.core.prompts.manifest import Manifest
from maestrod.core.values.agent_traits import AgentTraits
from maestrod.core.values.signs import Outcome, Reading


class Verdict(enum.Enum):
    """How a session ended: the word of ``core.values.facts.Exited``."""

    COMPLETED = "completed"
    FAILED = "failed"
    STOPPED = "stopped"


@dataclass(frozen=True, slots=True)
class LaunchRequest:
    """What an adapter is told.

    ``folder`` is the session's, where the plan's files will be; ``environ`` the daemon's own environment, of which the agent
    gets what ``environment.py`` allows and the names in ``passed`` (the user's configuration). ``token`` is a secret.
    ``prompt`` is what this process is to work on, where the prompt comes with the start (see ``Turns``); None where it is written
    later or there is none. ``session.agent_session_id`` is the conversation to resume when ``session.attempt`` is not the first.
    ``permissions`` is the project's policy. ``hooks`` is the folder with the hook programs, ``programs`` one with our commands and
    nothing else, to be first on the agent's path.
    """

    session: Session
    manifest: Manifest
    folder: Path
    socket: Path
    hooks: Path
    token: str = field(repr=False)
    environ: Mapping[str, str] = field(repr=False)
    passed: Collection[str] = ()
    prompt: str | None = field(default=None, repr=False)
    permissions: Permissions = field(default_factory=Permissions)
    programs: Path | None = None

    @property
    def manifest_path(self) -> Path:
        """Where the manifest for programs will be."""
        return self.folder / "manifest.json"

    @property
    def interactive(self) -> bool:
        """Whether the agent gets a terminal a person may sit at."""
        return self.session.terminal is Terminal.PTY


@dataclass(frozen=True, slots=True)
class LaunchPlan:
    """How to start an agent.

    ``env`` is complete and may hold secrets: record its names only. ``files`` are to be written into the session's folder
    (path relative to it, to text; mode 0600) before the start, ``links`` (path to target) are made there where nothing stands
    yet. ``stop_ladder`` are signals by name without ``SIG`` and the seconds each is given. ``stdin`` names one of ``files`` that is the agent's whole standard input (pipes only); without it standard
    input stays open for ``Adapter.say``, or is empty for agents that take no prompts there. ``stream`` says that its standard output
    is lines for ``read_line``: standard error is then kept from breaking into them.
    """

    argv: tuple[str, ...]
    env: Mapping[str, str] = field(repr=False)
    cwd: str
    terminal: Terminal
    stop_ladder: tuple[tuple[str, float], ...]
    files: Mapping[str, str] = field(repr=False)
    stdin: str | None = None
    stream: bool = False
    links: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Keys:
    """What is written to an agent, piece by piece: bytes, then seconds to wait before the next (a composer that needs time)."""

    data: bytes = field(repr=False)
    pause: float = 0.0


#: How a mistake in an adapter shows itself. It must not happen, but it is not worth the daemon: the next one would meet it again.
SLIPS = (LookupError, TypeError, ValueError, AttributeError, RecursionError)


class Adapter(Protocol):
    """One agent command line. All readers take anything an agent (or an attacker) sends and never raise."""

    @property
    def name(self) -> str:
        """What tasks and plans call it."""

    @property
    def traits(self) -> AgentTraits:
        """What the domain has to know of it."""

    def launch(self, request: LaunchRequest) -> LaunchPlan:
        """How to start it for this session. Raises ``Unavailable`` saying what is missing."""

    def read_hook(self, event: str, payload: Any) -> Reading:
        """What a hook's payload says."""

    def read_line(self, line: bytes) -> Reading:
        """What one line of its output stream says; a line that is none of its says nothing."""

    def read_title(self, title: str) -> Reading:
        """What its terminal's title says."""

    def say(self, text: str, *, interactive: bool) -> Sequence[Keys]:
        """How a prompt is written to the running agent: lines for its standard input, or keys for its terminal."""

    def answer(self, key: str, permission: Permission, *, message: str = "") -> bytes:
        """A permission's answer on its standard input; empty where it takes none there."""

    def hook_answer(self, event: str, permission: Permission | None, *, message: str = "") -> str:
        """What a deciding hook prints on standard output; ``None`` is no decision: the agent asks at its own dialog."""

    def judge(self, ended: Exit, *, outcome: Outcome | None, told_to_stop: bool) -> Verdict:
        """What its end means: first its own last word (``outcome`` of the last turn of this process), then the signal we sent,
        then the exit code.
        """

    def detect(self) -> AgentInfo:
        """Whether it is installed in a version that is supported, and if not, what is missing."""
