"""Real agents against a scripted model: a throwaway home, a git repository, an environment with nothing in it, no network."""

import os
import subprocess
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from tests.agents.real import pinned
from tests.kit.agents.fake_model import FakeModel


@dataclass(frozen=True, slots=True)
class Place:
    """Where an agent runs: ``home`` is its user's, ``project`` a git repository with one commit."""

    home: Path
    project: Path
    model: FakeModel
    programs: tuple[Path, ...] = field(default=())

    @property
    def environ(self) -> dict[str, str]:
        """All that such a user's environment has; an agent's own variables come on top."""
        path = [*(str(program.parent) for program in self.programs), "/usr/local/bin", "/usr/bin", "/bin"]
        return {"HOME": str(self.home), "PATH": os.pathsep.join(path), "LANG": "C.UTF-8"}

    def git(self, *arguments: str) -> str:
        """What git prints in the project."""
        return git(self.project, self.environ, *arguments)


@pytest.fixture
def model() -> Iterator[FakeModel]:
    """A model that does what a test's script says."""
    with FakeModel() as fake:
        yield fake


@pytest.fixture
def place(short_folder: Path, model: FakeModel) -> Place:
    """A home and a project without any agent."""
    home, project = short_folder / "h", short_folder / "p"
    home.mkdir()
    project.mkdir()
    made = Place(home, project, model)
    (home / ".gitconfig").write_text("[user]\nname = A User\nemail = user@example.org\n[init]\ndefaultBranch = main\n")
    (project / "README.md").write_text("# A project\n")
    for arguments in (("init", "-q"), ("add", "."), ("commit", "-q", "-m", "begin")):
        made.git(*arguments)
    return made


def agent_command(name: str) -> Path:
    """The pinned command of an agent; skips the test, with the reason, where it is absent."""
    found = pinned.command(name)
    if isinstance(found, str):
        pytest.skip(found)
    return found


def git(folder: Path, environ: Mapping[str, str], *arguments: str) -> str:
    """What git prints."""
    done = subprocess.run(
        ["git", *arguments], cwd=folder, env=dict(environ), capture_output=True, text=True, check=True
    )
    return done.stdout
