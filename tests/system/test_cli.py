"""The command line with the real daemon and real processes: every handwritten verb."""

import fcntl
import json
import os
import pty
import re
import select
import signal
import struct
import subprocess
import sys
import termios
import time
from pathlib import Path
from typing import Any

import psutil
import pytest

from maestrod.api.local.address import paths_of
from tests.kit.daemons.daemon import Daemon
from tests.kit.patience import PATIENCE

pytestmark = pytest.mark.slow

COMMAND = [sys.executable, "-m", "maestroctl"]
SOURCE = str(Path(__file__).parents[2])

Done = subprocess.CompletedProcess[str]


def environ() -> dict[str, str]:
    return {**os.environ, "PYTHONPATH": SOURCE, "TERM": "xterm", "COLUMNS": "100", "LINES": "30"}


def ctl(*arguments: str, code: int = 0, **options: Any) -> Done:
    """Run a command line to its end and check its exit code."""
    done = subprocess.run(
        [*COMMAND, *arguments],
        capture_output=True,
        text=True,
        check=False,
        env=environ(),
        timeout=PATIENCE,
        stdin=subprocess.DEVNULL,
        **options,
    )
    assert done.returncode == code, f"{arguments}: {done.returncode}\n{done.stdout}\n{done.stderr}"
    return done


def asked(*arguments: str) -> Any:
    """The JSON a command answers."""
    return json.loads(ctl(*arguments, "--json").stdout)


class Screen:
    """A program at a terminal of its own."""

    def __init__(self, *arguments: str) -> None:
        self.master, slave = pty.openpty()
        fcntl.ioctl(slave, termios.TIOCSWINSZ, struct.pack("HHHH", 30, 100, 0, 0))
        self.before = termios.tcgetattr(slave)
        env = {
            name: value for name, value in environ().items() if name not in {"COLUMNS", "LINES"}
        }  # the terminal says
        self.process = subprocess.Popen([*COMMAND, *arguments], stdin=slave, stdout=slave, stderr=slave, env=env)
        self._slave = slave
        self.text = ""

    def read_until(self, pattern: str) -> None:
        """Read until what was printed so far matches."""
        deadline = time.monotonic() + PATIENCE
        while not re.search(pattern, self.text, re.DOTALL):
            remaining = deadline - time.monotonic()
            assert remaining > 0, f"no {pattern!r} in:\n{self.text}"
            ready, _, _ = select.select([self.master], [], [], remaining)
            if ready:
                self.text += os.read(self.master, 65_536).decode("utf-8", "replace")

    def type(self, keys: bytes) -> None:
        os.write(self.master, keys)

    def end(self) -> int:
        """Read the rest; the exit code. The terminal has to be as it was."""
        while self.process.poll() is None:
            ready, _, _ = select.select([self.master], [], [], 0.05)
            if ready:
                self.text += os.read(self.master, 65_536).decode("utf-8", "replace")
        while select.select([self.master], [], [], 0)[0]:
            self.text += os.read(self.master, 65_536).decode("utf-8", "replace")
        assert termios.tcgetattr(self._slave) == self.before
        os.close(self._slave)
        os.close(self.master)
        return self.process.returncode


def plan(folder: Path, *commands: str, ok: bool = True) -> str:
    """A plan file: a group with these commands, then one that depends on it."""
    subtasks = [
        {"key": f"s{number}", "title": f"step {number}", "commands": [text]} for number, text in enumerate(commands)
    ]
    last = [{"key": "last", "title": "the end", "commands": ["echo the end" if ok else "echo boom; exit 3"]}]
    groups = [
        {"key": "first", "title": "First", "subtasks": subtasks},
        {"key": "second", "title": "Second", "dependsOn": ["first"], "subtasks": last},
    ]
    path = folder / "plan.json"
    path.write_text(json.dumps({"title": "Try it", "groups": groups}))
    return str(path)


def run_id(file: str) -> str:
    return ctl("run", "--plan", file, "--agent", "shell", "--detach").stdout.strip()


@pytest.fixture(autouse=True)
def leftovers(daemon: Daemon) -> Any:
    """Whatever the command line started is gone afterwards."""
    yield
    ctl("daemon", "stop", "--sessions", "stop")


def daemons() -> list[int]:
    """The processes of daemons with this home."""
    found = []
    for process in psutil.process_iter():
        try:
            command, home = process.cmdline(), process.environ().get("MAESTRO_HOME")
        except psutil.Error:
            continue
        if " -m maestrod" in " ".join(command[:6]) and home == os.environ["MAESTRO_HOME"]:
            found.append(process.pid)
    return found


def test_23_fifty_clients_at_once_start_one_daemon() -> None:
    clients = [
        subprocess.Popen(
            [*COMMAND, "run", "list", "--json"],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            env=environ(),
            text=True,
        )
        for _ in range(50)
    ]
    ended = [client.communicate(timeout=PATIENCE) for client in clients]
    assert [client.returncode for client in clients] == [0] * 50
    assert all(json.loads(out)["items"] == [] for out, _ in ended)
    assert sorted(err for _, err in ended)[-2:] == ["", "Starting maestrod…\n"]
    assert len(daemons()) == 1
    assert asked("daemon", "status")["pid"] == daemons()[0]


def test_a_daemon_that_cannot_start_shows_why(short_folder: Path) -> None:
    data = paths_of(os.environ).data
    data.mkdir(parents=True, mode=0o700)
    (data / "format").write_text('{"format": 999, "instance": "x"}')
    assert "was written by a newer version" in ctl("task", "list", code=78).stderr
    (data / "format").unlink()


def test_a_plan_runs_to_its_end_and_everything_can_be_queried(short_folder: Path) -> None:
    file = plan(short_folder, f"while [ ! -e {short_folder}/followed ]; do sleep 0.05; done", ok=False)
    assert "This plan is valid: 2 groups, 2 tasks, 2 waves." in ctl("plan", "check", file).stdout
    command = [*COMMAND, "run", "--plan", file, "--agent", "shell"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=environ(), stdin=subprocess.DEVNULL) as run:
        assert run.stdout is not None
        lines = [run.stdout.readline().rstrip("\n")]
        (short_folder / "followed").touch()
        lines += run.stdout.read().splitlines()
    assert run.returncode == 1
    assert lines.index("✔ completed  step 0") < lines.index("✘ failed  the end") < lines.index("run failed")
    assert any("exit code 3" in line for line in lines)
    assert "    boom" in lines
    session = next(line.split()[-1] for line in lines if line.strip().startswith("full output: maestroctl logs"))
    assert "boom" in ctl("logs", session[4:-2]).stdout
    assert "boom" in ctl("logs", "-f", session, "-n", "2").stdout
    assert "exit code" in ctl("why", session).stdout
    [run] = asked("run", "list")["items"]
    root = run["rootTaskId"]
    assert ctl("wait", run["id"], code=1).stdout == f"{run['id']} failed\n"
    assert "✘ the end  [failed]" in ctl("task", "tree", root).stdout
    assert ctl("logs", root).stdout
    assert asked("status")["system"]["tasks"]["failed"] == 3
    assert ctl("doctor").returncode == 0
    assert asked("store", "check")["ok"] is True
    assert "shell" in ctl("agent", "list").stdout
    assert "in_progress" in ctl("retry", root).stdout


def test_the_live_tree_is_drawn_on_a_terminal(short_folder: Path) -> None:
    file = plan(short_folder, "echo line of output; sleep 1.5")
    screen = Screen("run", "--plan", file, "--agent", "shell")
    screen.read_until("in progress")
    screen.read_until("line of output")
    assert screen.end() == 0
    plain = re.sub(r"\x1b\[[0-9;?]*[a-zA-Z]", "", screen.text)
    assert "✔ the end" in plain
    assert "Try it: completed in" in plain
    assert "\x1b[" in screen.text


def test_a_terminal_that_became_narrower_keeps_nothing_of_the_wider_screen(short_folder: Path) -> None:
    screen = Screen("run", "--plan", plan(short_folder, "sleep 2.5"), "--agent", "shell")
    screen.read_until("in progress")
    fcntl.ioctl(screen.master, termios.TIOCSWINSZ, struct.pack("HHHH", 30, 60, 0, 0))
    screen.read_until(r"\x1b\[2J")
    assert screen.end() == 0


def test_ctrl_c_leaves_the_run_alone_and_watch_returns_to_it(short_folder: Path) -> None:
    go = short_folder / "go"
    waits = f"until test -e {go}; do sleep 0.1; done"
    screen = Screen("run", "--plan", plan(short_folder, waits), "--agent", "shell")
    screen.read_until("in progress")
    screen.process.send_signal(signal.SIGINT)
    assert screen.end() == 130
    found = re.search(r"maestroctl watch (run_\w+)", screen.text)
    assert found
    go.touch()
    assert "completed" in ctl("watch", found[1]).stdout


def test_a_run_is_watched_across_a_restart_of_the_daemon(short_folder: Path) -> None:
    file = plan(short_folder, "sleep 2")
    watching = subprocess.Popen(
        [*COMMAND, "run", "--plan", file, "--agent", "shell"], stdout=subprocess.PIPE, env=environ(), text=True
    )
    assert watching.stdout
    assert "in progress" in watching.stdout.readline()
    before = asked("daemon", "status")["pid"]
    after = asked("daemon", "restart")["pid"]
    out, _ = watching.communicate(timeout=PATIENCE)
    assert before != after
    assert watching.returncode == 0
    assert "completed in" in out


def test_a_user_can_attach_to_the_terminal_of_a_session(short_folder: Path) -> None:
    run = run_id(plan(short_folder, "echo your name; read name < /dev/tty; echo hello $name"))
    session = wait_for(lambda: asked("session", "list", "--run-id", run).get("items"))[0]["id"]
    screen = Screen("attach", session)
    screen.read_until(r"\nyour name")
    screen.type(b"Ada\r")
    screen.read_until("hello Ada")
    assert screen.end() == 0
    assert "has ended" in screen.text
    assert ctl("wait", run).returncode == 0


def test_the_detach_key_leaves_the_session_at_work(short_folder: Path) -> None:
    run = run_id(plan(short_folder, "echo ready; read name < /dev/tty; echo hello $name"))
    session = wait_for(lambda: asked("session", "list", "--run-id", run).get("items"))[0]["id"]
    screen = Screen("attach", session)
    screen.read_until("ready")
    screen.type(b"\x10")
    screen.type(b"\x11")
    assert screen.end() == 0
    assert "Detached" in screen.text
    ctl("send", session, "Grace")
    assert ctl("wait", run).returncode == 0
    assert "hello Grace" in ctl("logs", session).stdout


def test_stop_leaves_nothing_and_reports_it(short_folder: Path) -> None:
    run = run_id(plan(short_folder, "sleep 600 & setsid sleep 600 & sleep 600"))
    session = wait_for(lambda: asked("session", "list", "--run-id", run, "--status", "working").get("items"))[0]["id"]
    assert "paused" in ctl("pause", session).stdout
    assert "working" in ctl("resume", session).stdout
    assert "paused" in ctl("pause", run).stdout
    assert "running" in ctl("resume", run).stdout
    assert ctl("stop", run).stdout.splitlines()[-1] == f"{run}: 0 left"
    assert ctl("wait", run, code=130).stdout == f"{run} cancelled\n"


def test_a_question_is_asked_and_answered(short_folder: Path) -> None:
    run = run_id(plan(short_folder, "echo got $(maestroctl attention ask 'deploy?' --options yes,no)"))
    question = wait_for(lambda: asked("inbox").get("items"))[0]["id"]
    assert "deploy?" in ctl("status").stdout
    ctl(
        "run",
        "--plan",
        plan(short_folder, "maestroctl attention ask 'more?'"),
        "--agent",
        "shell",
        "--exit-on-question",
        code=75,
    )
    ctl("daemon", "restart")
    assert "answered: yes" in ctl("answer", question[10:-4], "yes").stdout
    assert "answered by" in ctl("answer", question, "no", code=1).stderr
    assert ctl("wait", run).returncode == 0
    [session, _] = asked("session", "list", "--run-id", run, "--order", "oldest")["items"]
    assert "got yes" in ctl("logs", session["id"]).stdout


def test_freeze_holds_everything_and_thaw_releases_it(short_folder: Path) -> None:
    ctl("freeze", "a test")
    run = run_id(plan(short_folder, "true"))
    assert "frozen" in ctl("status").stdout
    ctl("wait", run, "--timeout-ms", "300", code=124)
    ctl("thaw")
    assert ctl("wait", run).returncode == 0


def test_spawn_starts_an_agent_on_tasks(short_folder: Path) -> None:
    project = asked("project", "create", "shop", str(short_folder))["id"]
    task = asked("task", "create", "say it", "--project-id", "shop", "--commands", "echo said", "--agent", "shell")
    assert task["projectId"] == project
    session = ctl("spawn", "--tasks", task["id"][4:-1]).stdout.split()[0]
    assert ctl("wait", task["id"]).returncode == 0
    assert "said" in ctl("logs", session).stdout


def test_offline_the_store_is_checked_exported_and_read_back(short_folder: Path) -> None:
    ctl("project", "create", "shop", str(short_folder))
    ctl("daemon", "stop")
    assert ctl("store", "check").returncode == 0
    ctl("store", "export", "a.tar", cwd=short_folder)
    assert "defaultAgent" in ctl("config", "show", "--origin").stdout
    data = paths_of(os.environ).data
    data.rename(data.with_name("old"))
    ctl("store", "import", "a.tar", cwd=short_folder)
    assert [project["name"] for project in asked("project", "list")["items"]] == ["shop"]


def test_methods_and_hook_events_are_called(short_folder: Path) -> None:
    assert ctl("rpc", "discover").stdout.startswith("{")
    assert ctl("rpc", "no.such", code=2).stdout == ""
    done = subprocess.run(
        [*COMMAND, "event", "--event", "X"], input="{}", capture_output=True, text=True, env=environ(), check=False
    )
    assert (done.returncode, done.stdout) == (0, "")


def wait_for(look: Any) -> Any:
    """Look until there is something; each look is a call of the command line and takes its time."""
    deadline = time.monotonic() + PATIENCE
    while not (found := look()):
        assert time.monotonic() < deadline
    return found
