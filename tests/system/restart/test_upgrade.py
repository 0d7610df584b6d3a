"""An upgrade with live sessions: the package's files are replaced, or another environment takes over, while agents work on."""

import json
import os
import signal
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.kit.daemons.product import Installation
from tests.kit.patience import PATIENCE

pytestmark = pytest.mark.slow


def wait_for(condition: Callable[[], Any], what: str) -> None:
    deadline = time.monotonic() + PATIENCE
    while not condition():
        assert time.monotonic() < deadline, f"waited for {what}"
        threading.Event().wait(0.02)


class User:
    """A person whose product is in a virtual environment."""

    def __init__(self, folder: Path) -> None:
        self.work = folder / "p"
        self.work.mkdir()
        self.environ = {"HOME": str(folder), "MAESTRO_HOME": str(folder / "m"), "LANG": "C.UTF-8"}

    def types(self, product: Installation, *words: str, code: int = 0) -> str:
        done = product.ctl(self.environ, self.work, *words)
        assert done.returncode == code, (words, done.stdout, done.stderr)
        return done.stdout

    def json(self, product: Installation, *words: str) -> Any:
        return json.loads(self.types(product, *words, "--json"))

    def begins(self, product: Installation) -> str:
        """A run of two tasks in one session; the first waits for the file ``go``, reports by ``maestroctl``, and prints."""
        first = 'echo begun; touch begun; until [ -e go ]; do sleep 0.05; done; maestroctl task progress "$MAESTRO_TASK_ID" half; echo ended'
        subtasks = [
            {"key": "a", "title": "First", "commands": [first]},
            {"key": "b", "title": "Second", "commands": ["touch second"], "dependsOn": ["a"]},
        ]
        plan = self.work / "plan.json"
        plan.write_text(json.dumps({"groups": [{"key": "g", "title": "G", "agent": "shell", "subtasks": subtasks}]}))
        self.types(product, "run", "--plan", str(plan), "--detach")
        wait_for((self.work / "begun").exists, "the first task")
        [run] = self.json(product, "run", "list")["items"]
        return str(run["id"])


@pytest.fixture
def user(short_folder: Path) -> User:
    return User(short_folder)


@pytest.fixture
def products(short_folder: Path, user: User) -> Iterator[Callable[[str], Installation]]:
    """Makes installations; whatever was started is gone afterwards."""
    made: list[Installation] = []

    def make(name: str) -> Installation:
        made.append(Installation(short_folder / name))
        return made[-1]

    yield make
    whole = next(
        (each for each in reversed(made) if (each.packages / "maestrod").is_dir() and each.folder.is_dir()), None
    )
    if whole is not None:
        whole.ctl(user.environ, user.work, "daemon", "stop", "--sessions", "stop")


def finish(user: User, product: Installation, run: str) -> None:
    """Let the first task go on; the run completes in the same session, with all that it printed."""
    (user.work / "go").touch()
    user.types(product, "wait", run)
    assert (user.work / "second").exists()
    [session] = user.json(product, "session", "list")["items"]
    assert (session["status"], session.get("attempt", 1)) == ("completed", 1), session
    logs = user.types(product, "logs", session["id"])
    assert "begun" in logs and "ended" in logs


def test_files_can_be_replaced_under_a_daemon_and_its_sessions(
    user: User, products: Callable[[str], Installation]
) -> None:
    product = products("v")
    run = user.begins(product)
    product.remove_files()
    product.put_files()
    user.types(product, "daemon", "restart")
    finish(user, product, run)


def test_a_deleted_environment_is_replaced_by_another(user: User, products: Callable[[str], Installation]) -> None:
    old = products("old")
    run = user.begins(old)
    programs = user.work.parent / "m/data/programs"
    assert (programs / "hooks").readlink().is_relative_to(old.folder)
    new = products("new")
    old.folder.rename(old.folder.with_name("gone"))
    user.types(new, "daemon", "restart")
    assert (programs / "hooks").readlink().is_relative_to(new.folder) and (programs / "python").exists()
    finish(user, new, run)


def test_sessions_end_while_the_product_is_not_installed(user: User, products: Callable[[str], Installation]) -> None:
    """The daemon was killed, its environment removed, and the agent ends before the next daemon is there."""
    old = products("old")
    run = user.begins(old)
    pid = user.json(old, "daemon", "status")["pid"]
    os.kill(pid, signal.SIGKILL)
    old.folder.rename(old.folder.with_name("gone"))
    (user.work / "go").touch()
    new = products("new")
    user.types(new, "daemon", "start")
    finish(user, new, run)


def test_installed_hooks_follow_an_installation_to_another_place(
    user: User, products: Callable[[str], Installation]
) -> None:
    old = products("old")
    user.types(old, "hooks", "install", "--agent", "claude")
    settings = Path(user.environ["HOME"], ".claude/settings.json")
    command = json.loads(settings.read_text())["hooks"]["Stop"][0]["hooks"][0]["command"]
    spool = Path(user.environ["MAESTRO_HOME"], "data/spool")

    def fire() -> int:
        env = {**user.environ, "PATH": "/usr/bin:/bin"}
        done = subprocess.run(["/bin/sh", "-c", command], input=b"{}", capture_output=True, check=True, env=env)
        assert (done.stdout, done.stderr) == (b"", b"")
        return len(list(spool.glob("*.json")))

    assert fire() == 1
    old.folder.rename(old.folder.with_name("gone"))
    assert fire() == 1
    new = products("new")
    user.types(new, "daemon", "start")
    user.types(new, "daemon", "stop")
    assert "hooks installed" in user.types(new, "hooks", "show", "--agent", "claude")
    assert list(spool.glob("*.json")) == []
    assert fire() == 1
