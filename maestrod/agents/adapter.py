"""What an adapter is: how to start an agent, how to judge its end.

It has the shape that real agents ask for: each wants other flags, files and signals, and another reading of its exit
code.
"""

import enum
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

from maestrod.api.session import Exit, Session, Terminal
from maestrod.api.skill import AgentInfo
from maestrod.core.prompts import Manifest


class Verdict(enum.Enum):
    """How a session ended: the word of ``core.facts.Exited``."""

    COMPLETED = "completed"
    FAILED = "failed"
    STOPPED = "stopped"


@dataclass(frozen=True, slots=True)
class LaunchRequest:
    """What an adapter is told.

    ``folder`` is the session's, where the plan's files will be; ``environ`` the daemon's own environment, of which the agent
    gets what ``environment.py`` allows and the names in ``passed`` (the user's configuration). ``token`` is a secret.
    """

    session: Session
    manifest: Manifest
    folder: Path
    socket: Path
    token: str = field(repr=False)
    environ: Mapping[str, str] = field(repr=False)
    passed: Collection[str] = ()

    @property
    def manifest_path(self) -> Path:
        """Where the manifest for programs will be."""
        return self.folder / "manifest.json"


@dataclass(frozen=True, slots=True)
class LaunchPlan:
    """How to start an agent.

    ``env`` is complete and may hold secrets: record its names only. ``files`` are to be written into the session's folder
    (name to text, mode 0600) before the start. ``registration_timeout_ms`` is how long the agent may take to its first sign
    of life. ``stop_ladder`` are signals by name without ``SIG`` and the seconds each is given.
    """

    argv: tuple[str, ...]
    env: Mapping[str, str] = field(repr=False)
    cwd: str
    terminal: Terminal
    registration_timeout_ms: int
    stop_ladder: tuple[tuple[str, float], ...]
    files: Mapping[str, str] = field(repr=False)


class Adapter(Protocol):
    """One agent command line."""

    @property
    def name(self) -> str:
        """What tasks and plans call it."""

    def launch(self, request: LaunchRequest) -> LaunchPlan:
        """How to start it for this session."""

    def judge(self, ended: Exit, *, told_to_stop: bool) -> Verdict:
        """What its end means, from the exit code and from whether we asked for it."""

    def detect(self) -> AgentInfo:
        """Whether it is installed, and if not, what is missing."""
