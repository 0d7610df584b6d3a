"""What is found of the product outside its package, and what is left to the person who wrote it."""

import fcntl
import os
import sys
from pathlib import Path

import pytest

from maestroctl.client.caller import Caller
from maestroctl.verbs.completion import SCRIPTS, Shell
from maestroctl.verbs.traces import hand_added_completions, package_command, traces
from maestrod.api.errors import Conflict
from maestrod.api.local.address import paths_of
from maestrod.api.model.ids import make_id
from tests.kit.clients.fake_daemon import FakeDaemon

STATUS = {"version": "1", "instance": "i", "pid": 42, "startedAt": 1, "seq": 1}


def found(*, data: bool = False) -> list[str]:
    return [trace.description for trace in traces(Caller.of_this_process(), data=data)]


def test_a_running_daemon_is_shown_with_its_live_sessions(daemon: FakeDaemon) -> None:
    daemon.on("system.status", {**STATUS, "sessions": {"working": 2, "completed": 5, "idle": 1}})
    daemon.on("project.list", {"items": []})
    assert found() == ["maestrod, process 42, with 3 live sessions"]


def test_a_daemon_that_refuses_a_call_is_found_and_the_check_continues(daemon: FakeDaemon) -> None:
    def refuse(params: object) -> object:
        raise Conflict("daemon.odd", "not now")

    daemon.on("system.status", refuse)
    daemon.on("project.list", refuse)
    paths_of(os.environ).data.mkdir(parents=True, exist_ok=True)
    assert found(data=True)[0] == "maestrod, which does not answer" and len(found(data=True)) > 1


def test_hooks_in_project_folders_without_a_record_are_found(daemon: FakeDaemon, tmp_path: Path) -> None:
    daemon.on("system.status", STATUS)
    daemon.on("project.list", {"items": [{"id": "prj_1", "workingDir": str(tmp_path)}]})
    settings = tmp_path / ".codex" / "hooks.json"
    settings.parent.mkdir()
    line = "/usr/bin/python3 -I -S /gone/hooks/event.py --installed --agent codex --event Stop"
    settings.write_text(f'{{"hooks": {{"Stop": [{{"hooks": [{{"type": "command", "command": "{line}"}}]}}]}}}}')
    [hooks, _] = traces(Caller.of_this_process(), data=False)
    assert hooks.description == f"hooks of codex in {settings}"
    hooks.remove()
    assert line not in settings.read_text()


def test_fish_completion_is_removed_only_where_it_is_ours(private_home: Path) -> None:
    path = private_home / ".config/fish/completions/maestroctl.fish"
    path.parent.mkdir(parents=True)
    path.write_text(SCRIPTS[Shell.FISH] + "\n# mine\n")
    assert found() == []
    path.write_text(SCRIPTS[Shell.FISH] + "\n")
    assert found() == [f"completion of fish in {path}"]


def test_lines_in_start_files_are_left_to_their_writer(private_home: Path) -> None:
    (private_home / ".bashrc").write_text('# maestroctl completion\nx=1\neval "$(maestroctl completion bash)"\n')
    (private_home / ".zshrc").write_bytes(b"\xff maestroctl completion")
    assert list(hand_added_completions(os.environ)) == [f"{private_home}/.bashrc:3"]


def test_data_stays_while_a_daemon_or_a_session_uses_it() -> None:
    data = paths_of(os.environ).data
    session = data / "sessions" / make_id("ses", 1, 2)
    session.mkdir(parents=True)
    lock = os.open(session / "shim.lock", os.O_RDWR | os.O_CREAT)
    fcntl.flock(lock, fcntl.LOCK_EX)
    left, folder = traces(Caller.of_this_process(), data=True)
    assert left.description.startswith("1 session left running")
    with pytest.raises(Conflict, match="still running"):
        folder.remove()
    os.close(lock)
    [folder] = traces(Caller.of_this_process(), data=True)
    folder.remove()
    assert not data.exists()


@pytest.mark.parametrize(
    "location, installer, editable, command",
    [
        ("/home/u/.local/share/pipx/venvs/maestrod", "pip", False, "pipx uninstall maestrod"),
        ("/home/u/.local/share/uv/tools/maestrod", "uv", False, "uv tool uninstall maestrod"),
        ("/v", "uv", False, f"uv pip uninstall --python {sys.executable} maestrod"),
        ("/v", "pip", False, f"{sys.executable} -m pip uninstall maestrod"),
        ("/v", "pip", True, f"{sys.executable} -m pip uninstall maestrod, and remove the checkout"),
    ],
)
def test_the_package_is_removed_by_its_installer(location: str, installer: str, editable: bool, command: str) -> None:
    assert package_command(Path(location), installer, editable=editable) == command
