"""Installing the service, with stand-ins for `systemctl` and `launchctl` that record their calls."""

import os
import pwd
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from maestroctl.install import service_manager
from maestroctl.install.service_manager import Launchd, Systemd, lingering, this_service
from maestrod.api.errors import BadConfiguration, Conflict, Unavailable

Calls = Callable[[], list[str]]


@pytest.fixture
def program(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[str, str], Calls]:
    """Put a shell script on the PATH that records its arguments and then does as told."""

    def install(name: str, body: str) -> Calls:
        folder = tmp_path / "bin"
        folder.mkdir(exist_ok=True)
        record = tmp_path / f"{name}.calls"
        script = folder / name
        script.write_text(f'#!/bin/sh\necho "$*" >> {record}\n{body}\n')
        script.chmod(0o755)
        monkeypatch.setenv("PATH", f"{folder}:/usr/bin:/bin")
        return lambda: record.read_text().splitlines() if record.exists() else []

    return install


@pytest.fixture
def systemd(private_home: Path) -> Systemd:
    return Systemd(private_home / ".config" / "systemd" / "user")


def test_install_enables_and_uninstall_disables(
    systemd: Systemd, program: Callable[[str, str], Calls], private_home: Path
) -> None:
    calls = program("systemctl", "exit 0")
    outcome = systemd.install(this_service(os.environ))
    assert outcome.files == tuple(systemd.folder / unit for unit in systemd.units)
    assert "--user daemon-reload" in calls() and "--user enable maestrod.service maestrod.socket" in calls()
    assert not any("start" in call for call in calls())
    assert systemd.status().installed
    assert systemd.uninstall().files == outcome.files
    units = "maestrod.service maestrod.socket"
    assert calls()[-3:] == [f"--user disable --now {units}", f"--user reset-failed {units}", "--user daemon-reload"]
    assert list(private_home.iterdir()) == []
    assert systemd.uninstall().notes == ("It was not installed.",)


def test_without_a_user_manager_the_remaining_commands_are_shown(
    systemd: Systemd, program: Callable[[str, str], Calls]
) -> None:
    calls = program("systemctl", "echo 'Failed to connect to bus' >&2; exit 1")
    outcome = systemd.install(this_service(os.environ))
    assert (systemd.folder / "maestrod.service").exists()
    assert any("systemctl --user daemon-reload && systemctl --user enable --now" in note for note in outcome.notes)
    assert set(calls()) == {"--user show-environment"}
    assert (systemd.status().reachable, systemd.status().active) == (False, None)
    links = systemd.folder / "sockets.target.wants"  # enabled later, by hand
    links.mkdir()
    (links / "maestrod.socket").symlink_to(systemd.folder / "maestrod.socket")
    systemd.uninstall()
    assert list(links.iterdir()) == []


def test_a_manager_that_fails_is_quoted(systemd: Systemd, program: Callable[[str, str], Calls]) -> None:
    program("systemctl", "echo 'Unit maestrod.service is masked.' >&2; exit 1")
    with pytest.raises(Unavailable, match=r"systemctl --user start .* failed: Unit maestrod\.service is masked\."):
        systemd.start()


def test_start_stop_and_restart_affect_the_socket_too(systemd: Systemd, program: Callable[[str, str], Calls]) -> None:
    calls = program("systemctl", "exit 0")
    systemd.start()
    systemd.restart()
    systemd.stop()
    units = "maestrod.socket maestrod.service"
    asked = "--user show maestrod.service --property ConditionResult --value"
    start, restart, stop = f"--user start {units}", "--user restart maestrod.service", f"--user stop {units}"
    assert calls() == [start, asked, restart, asked, stop]


def test_a_skipped_service_does_not_count_as_started(systemd: Systemd, program: Callable[[str, str], Calls]) -> None:
    program("systemctl", 'case "$*" in *ConditionResult*) echo no ;; esac')
    for begin in (systemd.start, systemd.restart):
        with pytest.raises(Unavailable, match="maestroctl daemon install"):
            begin()


def test_status_shows_the_managers_own_word(systemd: Systemd, program: Callable[[str, str], Calls]) -> None:
    program("systemctl", '[ "$2" = is-active ] && { echo activating; exit 3; }; exit 0')
    status = systemd.status()
    assert (status.manager, status.installed, status.reachable, status.active) == ("systemd", False, True, "activating")


def test_an_edited_unit_file_is_not_even_stopped(systemd: Systemd, program: Callable[[str, str], Calls]) -> None:
    calls = program("systemctl", "exit 0")
    systemd.install(this_service(os.environ))
    with (systemd.folder / "maestrod.service").open("a") as file:
        file.write("Nice=5\n")
    with pytest.raises(Conflict, match="was edited"):
        systemd.uninstall()
    assert not any("disable" in call for call in calls())


def test_launchd_install_start_stop_uninstall(private_home: Path, program: Callable[[str, str], Calls]) -> None:
    loaded = private_home / "loaded"
    calls = program(
        "launchctl",
        f'case "$1 $2" in "print gui/{os.getuid()}/maestrod") test -e {loaded};; "bootstrap "*) touch {loaded};;'
        f' "bootout "*) rm {loaded};; esac',
    )
    launchd = Launchd(private_home / "Library" / "LaunchAgents")
    service = this_service(os.environ)
    assert launchd.install(service).files == (launchd.folder / "maestrod.plist",)
    assert service.socket.parent.stat().st_mode & 0o777 == 0o700
    assert launchd.status().active == "inactive"
    launchd.start()
    assert launchd.status().active == "active"
    launchd.restart()
    assert launchd.uninstall().files == (launchd.folder / "maestrod.plist",)
    assert not launchd.folder.exists() and not loaded.exists()
    done = [call for call in calls() if not call.startswith("print")]
    domain = f"gui/{os.getuid()}"
    start = [f"bootstrap {domain} {launchd.folder / 'maestrod.plist'}", f"kickstart {domain}/maestrod"]
    assert done == [*start, f"bootout {domain}/maestrod", *start, f"bootout {domain}/maestrod"]


def test_a_missing_manager_is_an_error_with_a_message(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(Unavailable, match="could not be run"):
        Systemd(tmp_path).start()
    assert Systemd(tmp_path).status().active is None
    assert not Systemd(tmp_path).status().reachable
    if sys.platform != "darwin":
        with pytest.raises(BadConfiguration, match="neither systemd nor launchd"):
            service_manager.service_manager(os.environ)


@pytest.mark.skipif(sys.platform == "darwin", reason="about systemd's folders")
def test_the_folder_follows_the_configuration_folder(program: Callable[[str, str], Calls], private_home: Path) -> None:
    program("systemctl", "exit 0")
    manager = service_manager.service_manager(os.environ)
    assert isinstance(manager, Systemd) and manager.folder == private_home / ".config" / "systemd" / "user"
    manager = service_manager.service_manager({**os.environ, "XDG_CONFIG_HOME": "/c"})
    assert isinstance(manager, Systemd) and manager.folder == Path("/c/systemd/user")


def test_the_service_carries_what_the_manager_does_not_know(private_home: Path) -> None:
    environ = {"HOME": str(private_home), "PATH": "/opt/agents:/bin", "MAESTRO_HOME": "/m", "SECRET_TOKEN": "x"}
    service = this_service(environ)
    assert service.environment == {"PATH": "/opt/agents:/bin", "MAESTRO_HOME": "/m"}
    assert service.socket == Path("/m/run/maestrod.sock")
    assert service.command == (sys.executable, "-X", "utf8", "-P", "-m", "maestrod", "--log", "file")


def test_lingering_is_read_where_systemd_keeps_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = tmp_path / "systemd" / "linger"
    monkeypatch.setattr(service_manager, "_LINGER_FOLDER", folder)
    assert lingering() is None
    folder.mkdir(parents=True)
    assert lingering() is False
    (folder / pwd.getpwuid(os.getuid()).pw_name).touch()
    assert lingering() is True
