"""Starting an agent: where its program is searched, and the messages when it cannot be started."""

import os
from pathlib import Path
from typing import Any

import pytest

from maestrod.sessions.shim.agent import StartError, candidates, explain, start_agent
from tests.sessions import kit


def spec(*argv: str, **more: Any) -> dict[str, Any]:
    return {
        "argv": argv,
        "env": {"PATH": os.environ["PATH"]},
        "cwd": "/",
        "terminal": "pipe",
        "cols": 80,
        "rows": 24,
        "stdin": None,
        "stream": False,
        "taken": [],
        "umask": 0o027,
        **more,
    }


@pytest.fixture(autouse=True)
def back_to_the_root(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir("/")


def test_a_program_is_searched_in_the_agents_path() -> None:
    assert candidates("vim", "/a:/b") == ["/a/vim", "/b/vim"]
    assert candidates("vim", "/a::/b") == ["/a/vim", "./vim", "/b/vim"]
    assert candidates("vim", "") == []
    assert candidates("./vim", "/a") == ["./vim"]
    assert candidates("/usr/bin/vim", "") == ["/usr/bin/vim"]


def test_the_next_folder_is_tried_when_the_first_has_no_usable_program(tmp_path: Path) -> None:
    for name in ("one", "two"):
        (tmp_path / name).mkdir()
    (tmp_path / "one" / "agent").write_text("not executable")
    (tmp_path / "two" / "agent").symlink_to("/bin/true")
    started = start_agent(spec("agent", env={"PATH": f"{tmp_path}/none:{tmp_path}/one:{tmp_path}/two"}))
    assert os.waitpid(started.pid, 0)[1] == 0
    for fd in (started.output, started.typed):
        os.close(fd)


@pytest.mark.parametrize("terminal", ["pty", "pipe"])
def test_a_refused_start_leaves_no_descriptor(terminal: str) -> None:
    before = kit.open_descriptors()
    with pytest.raises(StartError) as failed:
        start_agent(spec("/no/such/program", terminal=terminal))
    assert failed.value.errno_name == "ENOENT"
    assert kit.open_descriptors() == before


def test_a_relative_program_is_resolved_from_the_agents_folder(tmp_path: Path) -> None:
    (tmp_path / "agent").symlink_to("/bin/true")
    started = start_agent(spec("./agent", cwd=str(tmp_path)))
    assert os.waitpid(started.pid, 0)[1] == 0
    for fd in (started.output, started.typed):
        os.close(fd)


@pytest.mark.parametrize("argv", [("a\0b",), ("true", "a\0b")])
def test_arguments_with_a_nul_are_refused(argv: tuple[str, ...]) -> None:
    with pytest.raises(StartError) as failed:
        start_agent(spec(*argv))
    assert failed.value.errno_name in ("EINVAL", "ENOENT")


def test_a_failed_start_names_the_file_and_the_reason(tmp_path: Path) -> None:
    script = tmp_path / "agent"
    script.touch()
    assert "no such program in the PATH" in explain(2, "", "agent")
    assert "interpreter" in explain(2, str(script), "agent")
    assert explain(13, "/bin/x", "x") == "/bin/x: Permission denied"


def test_pipes_cannot_be_resized() -> None:
    started = start_agent(spec("true"))
    with pytest.raises(OSError):
        started.resize(80, 24)
    os.waitpid(started.pid, 0)
    for fd in (started.output, started.typed):
        os.close(fd)
