"""Service files: valid for the managers' own readers, placed and removed without a trace."""

import dataclasses
import plistlib
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from maestroctl.install import service_files
from maestroctl.install.service_files import Service, launchd_agent, place, remove, systemd_units
from maestrod.api.errors import Conflict

SERVICE = Service(
    command=(sys.executable, "-P", "-m", "maestrod"),
    socket=Path("/run/user/1000/maestrod/maestrod.sock"),
    log=Path("/home/me/Library/Logs/maestrod.log"),
    environment={"PATH": "/usr/bin:/bin", "MAESTRO_HOME": "/home/me/m"},
)
NEEDING = dataclasses.replace(SERVICE, needs=(Path("/opt/a b/100%/it's"), Path(sys.executable)))
ODD = "a b%h\"c\\d$PATH${PATH}'e"


def settings(unit: bytes) -> dict[str, list[str]]:
    """The assignments of a unit file, in order."""
    found: dict[str, list[str]] = {}
    for line in unit.decode().splitlines():
        name, equals, value = line.partition("=")
        if equals and not line.startswith("#"):
            found.setdefault(name, []).append(value)
    return found


def snapshot(folder: Path) -> dict[str, bytes | None]:
    """Every name under ``folder`` with its content, None for folders."""
    return {str(path.relative_to(folder)): path.read_bytes() if path.is_file() else None for path in folder.rglob("*")}


def test_the_service_keeps_agents_alive_and_stops_in_time() -> None:
    unit = settings(systemd_units(SERVICE)["maestrod.service"])
    expected = {
        "Type": "notify",
        "NotifyAccess": "main",
        "KillMode": "process",
        "KillSignal": "SIGTERM",
        "RestartKillSignal": "SIGUSR2",
        "TimeoutStopSec": "40",
        "Restart": "on-failure",
        "RestartPreventExitStatus": "2 75 78 203",
        "OOMPolicy": "continue",
        "WatchdogSec": "60",
        "WantedBy": "default.target",
        "Also": "maestrod.socket",
    }
    assert {name: unit[name] for name in expected} == {name: [value] for name, value in expected.items()}
    assert unit["ExecStart"] == [f':"{sys.executable}" "-P" "-m" "maestrod"']
    assert unit["Environment"] == ['"PATH=/usr/bin:/bin"', '"MAESTRO_HOME=/home/me/m"']
    inherited_by_agents = {
        "NoNewPrivileges",
        "PrivateTmp",
        "ProtectHome",
        "RestrictNamespaces",
        "MemoryDenyWriteExecute",
        "UMask",
        "LimitNOFILE",
    }
    assert not inherited_by_agents & set(unit)


def test_the_socket_is_private_from_its_first_instant() -> None:
    unit = settings(systemd_units(SERVICE)["maestrod.socket"])
    assert unit["ListenStream"] == [str(SERVICE.socket)]
    assert (unit["SocketMode"], unit["DirectoryMode"]) == (["0600"], ["0700"])
    assert unit["FileDescriptorName"] == ["maestrod"]
    assert unit["WantedBy"] == ["sockets.target"]


@pytest.mark.slow
@pytest.mark.skipif(shutil.which("systemd-analyze") is None, reason="systemd-analyze is not installed")
@pytest.mark.parametrize("name", ["plain", "a b%h$PATH${PATH}"])  # systemd itself refuses quotes in a program's path
def test_systemd_itself_accepts_the_units(tmp_path: Path, name: str) -> None:
    program = tmp_path / name / "python"
    program.parent.mkdir()
    program.symlink_to(sys.executable)
    service = Service((str(program), "-m", ODD), SERVICE.socket, SERVICE.log, {"PATH": str(program.parent)})
    place(tmp_path / "units", systemd_units(service))
    command = ["systemd-analyze", "verify", "--user", "--man=no", str(tmp_path / "units" / "maestrod.service")]
    environ = {"XDG_RUNTIME_DIR": str(tmp_path), "HOME": str(tmp_path), "PATH": "/usr/bin:/bin"}
    answer = subprocess.run(command, capture_output=True, text=True, env=environ, check=False)
    ours = [line for line in answer.stderr.splitlines() if "maestrod" in line]
    assert (answer.returncode, ours) == (0, [])


@given(st.text(st.characters(exclude_categories=["Cs", "Cc"]), min_size=1, max_size=60))
def test_a_quoted_word_reads_back_unchanged(text: str) -> None:
    word = service_files._systemd_word(text)
    assert word[0] == word[-1] == '"'
    assert word[1:-1].replace('\\"', '"').replace("\\\\", "\\").replace("%%", "%") == text
    assert "\n" not in word


def test_values_that_would_add_a_line_to_a_unit_file_are_refused() -> None:
    with pytest.raises(ValueError, match="control characters"):
        systemd_units(Service(("/bin/true\nExecStop=/bin/evil",), SERVICE.socket, SERVICE.log, {}))


def test_the_launchd_agent_is_a_property_list_with_all_keys() -> None:
    agent = plistlib.loads(launchd_agent(SERVICE)["maestrod.plist"])
    assert agent == {
        "Label": "maestrod",
        "ProgramArguments": [sys.executable, "-P", "-m", "maestrod"],
        "RunAtLoad": True,
        "KeepAlive": {"SuccessfulExit": False},
        "ThrottleInterval": 10,
        "ExitTimeOut": 40,
        "ProcessType": "Standard",
        "AbandonProcessGroup": True,
        "EnvironmentVariables": {"PATH": "/usr/bin:/bin", "MAESTRO_HOME": "/home/me/m"},
        "StandardOutPath": "/home/me/Library/Logs/maestrod.log",
        "StandardErrorPath": "/home/me/Library/Logs/maestrod.log",
        "Umask": 0o077,
        "SoftResourceLimits": {"NumberOfFiles": 65536},
        "Sockets": {"maestrod": {"SockPathName": str(SERVICE.socket), "SockPathMode": 0o600}},
    }


def test_odd_characters_survive_in_a_property_list() -> None:
    odd = Service((f"/opt/<&>{ODD}",), Path("/s<&>"), Path("/l"), {"PATH": "<&>"})
    agent = plistlib.loads(launchd_agent(odd)["maestrod.plist"])
    assert agent["ProgramArguments"] == [f"/opt/<&>{ODD}"]
    assert agent["EnvironmentVariables"] == {"PATH": "<&>"}


@pytest.mark.parametrize("existing", ["", "config", "config/systemd", "config/systemd/user/other.target.wants"])
@pytest.mark.parametrize("make", [systemd_units, launchd_agent])
def test_install_and_uninstall_leave_everything_unchanged(tmp_path: Path, existing: str, make: type) -> None:
    (tmp_path / existing).mkdir(parents=True, exist_ok=True)
    (tmp_path / existing / "users.service").write_text("[Service]\nExecStart=/bin/true\n")
    before = snapshot(tmp_path)
    folder = tmp_path / "config" / "systemd" / "user"
    files = make(SERVICE)
    assert place(folder, files) == [folder / name for name in files]
    assert place(folder, files) == []  # nothing to do
    moved = make(Service(("/elsewhere/python",), SERVICE.socket, SERVICE.log, {}))
    assert place(folder, moved)  # an upgrade
    if make is launchd_agent:
        assert plistlib.loads((folder / "maestrod.plist").read_bytes())["Label"] == "maestrod"
    assert remove(folder, list(files)) == [folder / name for name in files]
    assert snapshot(tmp_path) == before
    assert remove(folder, list(files)) == []


def test_a_folder_that_others_use_too_stays(tmp_path: Path) -> None:
    folder = tmp_path / "systemd" / "user"
    place(folder, systemd_units(SERVICE))
    (folder / "mine.service").write_text("mine")
    remove(folder, ["maestrod.service", "maestrod.socket"])
    assert snapshot(tmp_path / "systemd") == {"user": None, "user/mine.service": b"mine"}


@pytest.mark.parametrize("kind", ["foreign", "edited", "masked", "folder"])
def test_foreign_files_are_neither_overwritten_nor_removed(tmp_path: Path, kind: str) -> None:
    files = systemd_units(SERVICE)
    place(tmp_path, files)
    path = tmp_path / "maestrod.socket"
    if kind == "edited":
        path.write_bytes(path.read_bytes() + b"[Unit]\n")
    else:
        path.unlink()
    if kind == "foreign":
        path.write_text("[Socket]\n")
    elif kind == "masked":
        path.symlink_to("/dev/null")
    elif kind == "folder":
        path.mkdir()
    before = snapshot(tmp_path)
    with pytest.raises(Conflict, match="move it away first"):
        place(tmp_path, systemd_units(Service(("/new",), SERVICE.socket, SERVICE.log, {})))
    with pytest.raises(Conflict, match=r"maestrod\.socket"):
        remove(tmp_path, list(files))
    assert snapshot(tmp_path) == before


def test_units_are_skipped_when_the_program_is_gone() -> None:
    for unit in systemd_units(NEEDING).values():
        assert settings(unit)["ConditionPathExists"] == ["/opt/a b/100%%/it's", sys.executable]
    assert all("@" not in line for line in systemd_units(SERVICE)["maestrod.socket"].decode().splitlines())


def test_launchd_does_not_restart_a_program_that_is_gone(tmp_path: Path) -> None:
    program = tmp_path / "it's here"
    there = dataclasses.replace(SERVICE, needs=(program,), command=("/bin/sh", "-c", 'echo "$0" ran; exit 7', "it"))
    words = plistlib.loads(launchd_agent(there)["maestrod.plist"])["ProgramArguments"]
    assert subprocess.run(words, capture_output=True, check=False).returncode == 0
    program.touch()
    done = subprocess.run(words, capture_output=True, check=False)
    assert (done.returncode, done.stdout) == (7, b"it ran\n")
