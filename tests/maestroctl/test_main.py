"""The entry point: errors as exit codes, silence on closed pipes, and what stays out of the fast path."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from maestroctl import __main__ as entry
from tests.kit.clients.entities import TASK, task
from tests.kit.clients.fake_daemon import FakeDaemon
from tests.kit.locales import latin1
from tests.meta.tree import ROOT

COMMAND = [sys.executable, "-m", "maestroctl"]


def run(*arguments: str) -> "subprocess.CompletedProcess[bytes]":
    return subprocess.run([*COMMAND, *arguments], capture_output=True, check=False, stdin=subprocess.DEVNULL)


@pytest.mark.slow
def test_exit_codes_reach_the_shell() -> None:
    assert run("--version").returncode == 0
    assert run("nonsense").returncode == 2
    assert run("status").returncode == 69


@pytest.mark.slow
def test_a_closed_pipe_is_silent() -> None:
    reader, writer = os.pipe()
    os.close(reader)
    done = subprocess.run([*COMMAND, "completion", "bash"], stdout=writer, stderr=subprocess.PIPE, check=False)
    os.close(writer)
    assert (done.returncode, done.stderr) == (141, b"")


@pytest.mark.slow
@pytest.mark.parametrize("locale", [{"LC_ALL": "POSIX", "PYTHONUTF8": "0"}, {"PYTHONIOENCODING": "ascii"}])
def test_a_closed_pipe_is_silent_where_the_locale_needs_escapes_too(locale: dict[str, str]) -> None:
    code = "import sys; from maestroctl import __main__ as m, output; m.run = lambda words: output.answer('f\\xfcr'); m.main()"
    done = subprocess.run([sys.executable, "-c", code], env=os.environ | locale, capture_output=True, check=False)
    assert done.stdout in {"für\n".encode(), b"f\\xfcr\n"}
    reader, writer = os.pipe()
    os.close(reader)
    closed = subprocess.run(
        [sys.executable, "-c", code], env=os.environ | locale, stdout=writer, stderr=subprocess.PIPE, check=False
    )
    os.close(writer)
    assert (closed.returncode, closed.stderr) == (141, b"")


@pytest.mark.slow
@pytest.mark.skipif(not Path("/dev/full").exists(), reason="only Linux has a device that is always full")
def test_a_full_output_is_reported_without_a_traceback() -> None:
    with Path("/dev/full").open("w") as full:
        done = subprocess.run([*COMMAND, "completion", "bash"], stdout=full, stderr=subprocess.PIPE, check=False)
    assert (done.returncode, done.stderr) == (1, b"maestroctl: No space left on device\n")


@pytest.mark.slow
def test_closed_output_is_ignored() -> None:
    line = f"{sys.executable} -m maestroctl completion bash >&-"
    done = subprocess.run(["/bin/sh", "-c", line], capture_output=True, check=False)
    assert (done.returncode, done.stderr) == (0, b"")


@pytest.mark.slow
@pytest.mark.parametrize(
    "arguments, forbidden",
    [
        (
            ["event", "--event", "X"],
            ["typer", "msgspec", "typing", "__future__", "json", "re", "socket", "maestrod.api"],
        ),
        (
            ["task", "start", TASK],
            ["typer", "msgspec", "typing", "__future__", "rich", "socket", "maestrod.api.errors"],
        ),
        (["status"], ["rich", "trio", "maestrod.api.protocol.registry", "asyncio", "maestroctl.generated.command"]),
        (["task", "get", TASK], ["rich", "trio", "maestrod.api.protocol.registry", "asyncio"]),
        (["__complete", "ta"], ["typer", "msgspec", "rich"]),
    ],
)
def test_nothing_unnecessary_is_imported(daemon: FakeDaemon, arguments: list[str], forbidden: list[str]) -> None:
    daemon.on("event.report", {"ok": True})
    for method in ("task.start", "task.get"):
        daemon.on(method, task())
    daemon.on("system.status", {"version": "0", "instance": "i", "pid": 1, "startedAt": 1, "seq": 1})
    for noun in ("run", "session", "attention"):
        daemon.on(f"{noun}.list", {})
    script = (
        "import sys; before = set(sys.modules); sys.argv[0] = 'maestroctl'\n"
        "from maestroctl.__main__ import run\n"
        "code = run(sys.argv[1:]); print(*sorted(set(sys.modules) - before), file=sys.stderr); sys.exit(code)"
    )
    environ = {**os.environ, "MAESTRO_SOCKET": str(daemon.path), "PYTHONPATH": str(ROOT)}
    done = subprocess.run(
        [sys.executable, "-S", "-c", script, *arguments]
        if "typer" in forbidden
        else [sys.executable, "-c", script, *arguments],
        capture_output=True,
        check=False,
        env=environ,
        stdin=subprocess.DEVNULL,
        text=True,
    )
    assert done.returncode == 0, done.stderr
    loaded = set(done.stderr.splitlines()[-1].split())
    assert [
        name for name in forbidden if name in loaded or any(module.startswith(f"{name}.") for module in loaded)
    ] == []


def test_fast_and_slow_commands_are_recognized(monkeypatch: pytest.MonkeyPatch) -> None:
    assert entry._fast([]) is None
    assert entry._fast(["event"]) is None
    assert entry._fast(["event", "--help"]) is None
    assert entry._fast(["event", "list"]) is None
    assert entry._fast(["status"]) is None
    monkeypatch.delenv("MAESTRO_SOCKET", raising=False)
    assert entry._fast(["task", "start", TASK]) is None


@pytest.mark.slow
def test_text_follows_the_locale_and_paths_are_bytes(daemon: FakeDaemon, tmp_path: Path) -> None:
    daemon.on("run.start", {"id": "run_1"})
    daemon.on("task.create", task(title="für"))
    folder = tmp_path / "ü"
    folder.mkdir()
    environ = os.environ | latin1(tmp_path) | {"PYTHONPATH": str(ROOT), "MAESTRO_NO_AUTOSTART": "1"}

    def run(*arguments: str | bytes) -> bytes:
        done = subprocess.run([*COMMAND, *arguments], env=environ, cwd=folder, capture_output=True, check=True)
        return done.stdout

    assert b"f\xfcr" in run("task", "create", b"f\xfcr", "--project-id", "prj_00000000000000000000000001")
    assert daemon.called("task.create")[0]["title"] == "für"
    run("run", "x", "--agent", "shell", "--detach")
    assert daemon.called("run.start")[0]["workingDir"] == str(folder)
