"""The adapter interface: how to start an agent, read its reports, write to it, and judge its end.

Real agents shaped it: each needs other flags, files and signals, and its exit code means something else. An adapter only
translates: it keeps no state and never changes a session; the core decides what its signs mean.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol

from maestrod.api.permission import Permission
from maestrod.api.process import Exit
from maestrod.api.project import Permissions
from maestrod.api.session import Session, Terminal
from maestrod.api.skill import AgentInfo
from maestrod.api.turn import Outcome
from maestrod.core.prompts.manifest import Manifest
from maestrod.core.values.agent_traits import AgentTraits
from maestrod.core.values.facts import Judgement
from maestrod.core.values.signs import Reading


@dataclass(frozen=True, slots=True)
class LaunchRequest:
    """What an adapter needs to plan a start.

    ``folder`` is the session's folder, which will have the plan's files. ``environ`` is the daemon's own environment; the
    agent gets the variables that ``environment.py`` allows and those named in ``passed`` (the user's configuration).
    ``token`` is a secret. ``prompt`` is the prompt of this process, if it comes with the start (see ``Turns``); None if
    it is written later or there is none. ``session.agent_session_id`` is the conversation to resume when
    ``session.attempt`` is not the first. ``permissions`` is the project's policy. ``hooks`` is the folder with the hook
    programs; ``programs`` is a folder with our commands only, to be first on the agent's PATH.
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
        """The path that the manifest for programs will have."""
        return self.folder / "manifest.json"

    @property
    def interactive(self) -> bool:
        """Whether the agent gets a terminal that a person may attach to."""
        return self.session.terminal is Terminal.PTY


@dataclass(frozen=True, slots=True)
class LaunchPlan:
    """How to start an agent.

    ``env`` is complete and may hold secrets: record only its names. ``files`` (path relative to the session's folder, to
    text; mode 0600) are written before the start; ``links`` (path to target) are made where nothing exists yet.
    ``stop_ladder`` has signals by name without ``SIG``, and the seconds to wait after each. ``stdin`` names the one of
    ``files`` that is the agent's whole standard input (pipes only); without it standard input stays open for
    ``Adapter.say``, or is empty for agents that read no prompts there. With ``stream``, standard output is lines for
    ``read_line``, and standard error is kept from breaking into them.
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
    """One piece of input for an agent: the bytes, then seconds to wait before the next piece, as some composers need.

    With ``echoed`` the pause begins once the agent has printed something: on a busy machine it reads its input late.
    """

    data: bytes = field(repr=False)
    pause: float = 0.0
    echoed: bool = False


#: The exceptions of a bug in an adapter. They must not end the daemon: the next one would meet them again.
SLIPS = (LookupError, TypeError, ValueError, AttributeError, RecursionError)


class Adapter(Protocol):
    """Translates for one agent. All readers accept anything that an agent or an attacker sends, and never raise."""

    @property
    def name(self) -> str:
        """The agent's name in tasks and plans."""

    @property
    def traits(self) -> AgentTraits:
        """What the domain has to know about it."""

    def launch(self, request: LaunchRequest) -> LaunchPlan:
        """Plan its start for this session. Raises ``Unavailable``, which says what is missing."""

    def read_hook(self, event: str, payload: Any) -> Reading:
        """Read the payload of a hook."""

    def read_line(self, line: bytes) -> Reading:
        """Read one line of its output stream; foreign lines have no signs."""

    def read_title(self, title: str) -> Reading:
        """Read a title of its terminal."""

    def prompt_keys(self, text: str, *, interactive: bool) -> Sequence[Keys]:
        """Encode a prompt for the running agent: lines for its standard input, or keys for its terminal."""

    def answer(self, key: str, permission: Permission, *, message: str = "") -> bytes:
        """Encode a permission for its standard input; empty if it reads none there."""

    def hook_answer(self, event: str, permission: Permission | None, *, message: str = "") -> str:
        """The standard output of a deciding hook. ``None`` means no decision: the agent shows its own dialog."""

    def judge(self, ended: Exit, *, outcome: Outcome | None, stop_requested: bool) -> Judgement:
        """Judge its end: first by the agent's own report (``outcome`` of the last turn of this process), then by the
        signal that we sent, then by the exit code.
        """

    def detect(self) -> AgentInfo:
        """Whether a supported version is installed, and if not, what is missing."""
