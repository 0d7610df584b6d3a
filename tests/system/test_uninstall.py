"""Uninstalling without a trace: from an empty home through hooks, service, completion, a daemon and a live session, and back."""

import json
import shutil
import threading
import time
from pathlib import Path

import pytest

from maestrod.api.local.address import Paths
from maestrod.api.local.own_files import folders_of, survey
from maestrod.api.local.package_data import package_data
from tests.kit.daemons.product import product_ctl
from tests.kit.patience import PATIENCE

pytestmark = pytest.mark.slow

SOURCE = Path(__file__).parents[2]
AGENTS = sorted(path.parent.name for path in package_data("hooks").glob("*/install.json"))


def listing(home: Path) -> dict[str, bytes | None]:
    """Every name below a home with its content, None for folders."""
    return {str(path.relative_to(home)): path.read_bytes() if path.is_file() else None for path in home.rglob("*")}


class User:
    """A person with an empty home, who types commands."""

    def __init__(self, folder: Path) -> None:
        self.home = folder / "h"
        self.home.mkdir()
        self.project = folder / "p"
        self.project.mkdir()
        (folder / "r").mkdir(mode=0o700)
        self.environ = {"HOME": str(self.home), "XDG_RUNTIME_DIR": str(folder / "r"), "LANG": "C.UTF-8"}

    def types(self, *words: str, code: int = 0) -> str:
        done = product_ctl(SOURCE, self.environ, *words, folder=self.project)
        assert done.returncode == code, (words, done.stdout, done.stderr)
        return done.stdout

    def has_an_agent_at_work(self) -> int:
        """Start a plan whose only command goes on for ever; its process."""
        command = "echo $$ > agent.new; mv agent.new agent; exec sleep 1000"
        subtask = {"key": "a", "title": "Long", "commands": [command]}
        plan = self.project / "plan.json"
        plan.write_text(json.dumps({"groups": [{"key": "g", "title": "G", "agent": "shell", "subtasks": [subtask]}]}))
        self.types("run", "--plan", str(plan), "--detach")
        deadline = time.monotonic() + PATIENCE
        while not (self.project / "agent").exists():
            assert time.monotonic() < deadline
            threading.Event().wait(0.02)
        return int((self.project / "agent").read_text())


@pytest.fixture
def user(short_folder: Path) -> User:
    return User(short_folder)


def is_alive(pid: int) -> bool:
    status = Path("/proc", str(pid), "stat")
    return status.exists() and status.read_text().rpartition(")")[2].split()[0] != "Z"


@pytest.mark.parametrize("stopped_before", [False, True])
def test_a_home_looks_as_it_did_before_the_installation(user: User, stopped_before: bool) -> None:
    (user.home / ".claude").mkdir()
    (user.home / ".claude/settings.json").write_text('{"model":   "opus"}')
    fish = user.home / ".config/fish/completions/maestroctl.fish"
    if stopped_before:
        fish.parent.mkdir(parents=True)
    before, project = listing(user.home), listing(user.project)
    for agent in AGENTS:
        user.types("hooks", "install", "--agent", agent)
    user.types("hooks", "install", "--agent", "claude", "--project", str(user.project))
    if shutil.which("systemctl"):
        user.types("daemon", "install")
    data = user.home / ".local/share/maestrod"
    assert data.stat().st_mode & 0o777 == 0o700
    if fish.parent.exists():
        fish.write_text(user.types("completion", "fish"))
    agent_pid = user.has_an_agent_at_work()
    if stopped_before:
        user.types("daemon", "stop")
        assert is_alive(agent_pid)
    listed = user.types("uninstall", "--data", code=1)
    assert is_alive(agent_pid) and "- hooks of claude" in listed and str(user.project) in listed
    said = user.types("uninstall", "--data", "--yes")
    assert said.splitlines()[-1].startswith("Then remove the package: ")
    assert not is_alive(agent_pid)
    assert listing(user.home) == before
    for name in ("plan.json", "agent"):
        (user.project / name).unlink()
    assert listing(user.project) == project
    assert list(Path(user.environ["XDG_RUNTIME_DIR"]).iterdir()) == []
    assert user.types("uninstall", "--data").startswith("Nothing to remove outside the package.")
    assert listing(user.home) == before


def test_foreign_files_in_the_folders_of_a_daemon_stay(user: User) -> None:
    home = user.project
    user.environ["MAESTRO_HOME"] = str(home)
    dataset, app = home / "data/dataset.csv", home / "config/app.yml"
    for path in (dataset, app):
        path.parent.mkdir()
        path.write_text("mine")
    user.types("daemon", "start")
    user.types("hooks", "install", "--agent", "claude")
    user.has_an_agent_at_work()
    said = user.types("uninstall", "--data", "--yes")
    for path in (dataset, app):
        assert f"kept {path}: not made by maestrod" in said
    assert said.count("kept ") == 2
    left = {"data", "data/dataset.csv", "config", "config/app.yml", "plan.json", "agent"}
    assert set(listing(home)) == left
    assert dataset.read_text() == app.read_text() == "mine"


def test_a_daemon_makes_nothing_outside_the_list_of_its_own_files(user: User) -> None:
    user.environ["MAESTRO_HOME"] = str(user.home)
    user.has_an_agent_at_work()
    user.types("hooks", "install", "--agent", "claude")
    paths = Paths(user.home / "data", user.home / "run", user.home / "config", user.home / "run/maestrod.sock")
    running = [survey(folder, kinds) for folder, kinds in folders_of(paths).items()]
    user.types("daemon", "stop", "--sessions", "stop")
    stopped = [survey(folder, kinds) for folder, kinds in folders_of(paths).items()]
    assert [own.foreign for own in (*running, *stopped)] == [()] * 6
    assert running[0].files and running[1].trees and stopped[1].files
    user.types("uninstall", "--data", "--yes")
