"""The daemon's side of systemd and launchd, against real sockets and systemd's own tools."""

import os
import shutil
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from maestrod.api.errors import BadConfiguration
from maestrod.host import service
from maestrod.host.service import Notifier, handed_sockets, notification, watchdog_interval
from tests.kit.patience import PATIENCE


@pytest.fixture(params=["path", "abstract"])
def manager(request: pytest.FixtureRequest, short_folder: Path) -> Iterator[tuple[socket.socket, str]]:
    """A notify socket as the service manager has it, and its ``$NOTIFY_SOCKET``."""
    receiver = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
    if request.param == "path":
        address = str(short_folder / "notify")
        receiver.bind(address)
    else:
        if sys.platform != "linux":
            pytest.skip("abstract names are Linux's")
        address = f"@maestrod-test-{os.getpid()}"
        receiver.bind("\0" + address[1:])
    receiver.settimeout(PATIENCE)
    yield receiver, address
    receiver.close()


def test_each_message_is_one_datagram_in_the_managers_format(manager: tuple[socket.socket, str]) -> None:
    receiver, address = manager
    notifier = Notifier(address)
    assert notifier.active
    assert notifier.ready("3 sessions") and receiver.recv(4096) == b"READY=1\nSTATUS=3 sessions"
    assert notifier.ready() and receiver.recv(4096) == b"READY=1"
    assert notifier.status("4 sessions") and receiver.recv(4096) == b"STATUS=4 sessions"
    assert notifier.watchdog() and receiver.recv(4096) == b"WATCHDOG=1"
    assert notifier.extend_timeout(2.5) and receiver.recv(4096) == b"EXTEND_TIMEOUT_USEC=2500000"
    assert notifier.stopping() and receiver.recv(4096) == b"STOPPING=1\nSTATUS=Stopping"


@pytest.mark.parametrize("address", [None, "", "/", "@", "vsock:2:9999", "relative/path"])
def test_without_a_manager_messages_go_nowhere(address: str | None) -> None:
    notifier = Notifier(address)
    assert not notifier.active and not notifier.ready() and not notifier.watchdog()


def test_a_missing_or_unresponsive_manager_does_no_harm(short_folder: Path) -> None:
    assert not Notifier(str(short_folder / "nobody")).ready()
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as deaf:
        deaf.bind(str(short_folder / "deaf"))
        notifier = Notifier(str(short_folder / "deaf"))
        sent = 0
        while notifier.watchdog():  # until its queue is full
            sent += 1
        assert sent > 0


@given(st.dictionaries(st.sampled_from(["STATUS", "READY", "STOPPING"]), st.text(max_size=80), min_size=1))
def test_a_value_can_never_add_a_field(fields: dict[str, str]) -> None:
    lines = notification(fields).decode().split("\n")
    assert [line.partition("=")[0] for line in lines] == list(fields)


@given(usec=st.integers(1, 10**12), pid=st.integers(1, 2**22), other=st.integers(1, 2**22))
def test_the_watchdog_belongs_to_the_process_it_names(usec: int, pid: int, other: int) -> None:
    assert watchdog_interval({"WATCHDOG_USEC": str(usec)}, pid) == usec / 2_000_000
    named = watchdog_interval({"WATCHDOG_USEC": str(usec), "WATCHDOG_PID": str(other)}, pid)
    assert named == (usec / 2_000_000 if other == pid else None)


@given(st.text(max_size=12))
def test_invalid_values_disable_the_watchdog_and_socket_activation(text: str) -> None:
    decimal = text.isascii() and text.isdigit() and int(text) > 0
    assert (watchdog_interval({"WATCHDOG_USEC": text}, 1) is not None) == decimal
    if not (decimal and int(text) == 1):
        assert handed_sockets({"LISTEN_PID": text, "LISTEN_FDS": "1"}, 1) == []


def test_an_inherited_socket_is_used_with_its_name_and_path(short_folder: Path) -> None:
    path = short_folder / "s"
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as listener:
        listener.bind(str(path))
        listener.listen()
        descriptor = os.dup(listener.fileno())
        os.set_inheritable(descriptor, True)
    environ = {"LISTEN_PID": "7", "LISTEN_FDS": "1", "LISTEN_FDNAMES": "maestrod"}
    [handed] = handed_sockets(environ, 7, first=descriptor)
    with handed.socket, socket.socket(socket.AF_UNIX) as client:
        assert (handed.name, handed.path) == ("maestrod", path)
        assert not os.get_inheritable(descriptor)
        client.connect(str(path))
    assert path.exists()


def test_sockets_for_another_process_are_left_alone() -> None:
    assert handed_sockets({"LISTEN_PID": "8", "LISTEN_FDS": "1"}, 7) == []


def test_a_file_that_is_not_a_listening_unix_socket_is_refused(short_folder: Path) -> None:
    environ = {"LISTEN_PID": "7", "LISTEN_FDS": "1"}
    deaf = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    deaf.bind(str(short_folder / "deaf"))
    unnamed = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    datagrams = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
    internet = socket.create_server(("127.0.0.1", 0))
    cases = [
        (deaf, "not listening"),
        (unnamed, "not listening"),
        (datagrams, "not listening"),
        (internet, "with a path"),
    ]
    for given_socket, words in cases:
        with given_socket, pytest.raises(BadConfiguration, match=words):
            handed_sockets(environ, 7, first=given_socket.fileno())


def test_a_file_that_is_not_a_socket_is_refused(short_folder: Path) -> None:
    environ = {"LISTEN_PID": "7", "LISTEN_FDS": "1"}
    with (short_folder / "file").open("w") as file, pytest.raises(BadConfiguration, match="is not a socket"):
        handed_sockets(environ, 7, first=file.fileno())
    closed = os.open(short_folder, os.O_RDONLY)
    os.close(closed)
    with pytest.raises(BadConfiguration, match="not open"):
        handed_sockets(environ, 7, first=closed)
    with pytest.raises(BadConfiguration, match="more sockets than"):
        handed_sockets({"LISTEN_PID": "7", "LISTEN_FDS": "65"}, 7)


def test_consumed_secrets_leave_nothing_for_agents_to_find(short_folder: Path) -> None:
    mine = {"PATH": "/bin", "MAESTRO_HOME": "/m", "LISTENER": "kept", "HOME": "/h"}
    theirs = {
        "NOTIFY_SOCKET": str(short_folder / "n"),
        "WATCHDOG_USEC": "2000000",
        "WATCHDOG_PID": "7",
        "LISTEN_PID": "8",
    }
    theirs |= {"LISTEN_FDS": "1", "LISTEN_FDNAMES": "x", "LISTEN_PIDFDID": "9", "INVOCATION_ID": "a", "FDSTORE": "1"}
    theirs |= {"JOURNAL_STREAM": "9:10", "MAINPID": "7", "MANAGERPID": "1", "SYSTEMD_EXEC_PID": "7"}
    environ = mine | theirs
    service_context = service.take(environ, pid=7)
    assert environ == mine
    assert service_context.notifier.active and service_context.watchdog_interval == 1.0
    assert (service_context.sockets, service_context.journal_stream) == ([], "9:10")


ACTIVATED = """
import os, sys
from maestrod.host import service
service_context = service.take()
[handed] = service_context.sockets
assert not [name for name in os.environ if name.startswith("LISTEN_")]
handed.socket.setblocking(True)
connection, _ = handed.socket.accept()
connection.sendall(f"{handed.name} {handed.path}".encode())
"""


@pytest.mark.slow
@pytest.mark.skipif(shutil.which("systemd-socket-activate") is None, reason="systemd-socket-activate is not installed")
def test_systemds_own_activator_passes_us_the_socket(short_folder: Path) -> None:
    path = short_folder / "s"
    command = ["systemd-socket-activate", f"--listen={path}", "--fdname=maestrod", sys.executable, "-c", ACTIVATED]
    environ = os.environ | {"PYTHONPATH": str(Path(service.__file__).parents[2])}
    with subprocess.Popen(command, stderr=subprocess.PIPE, env=environ) as activator:
        assert activator.stderr is not None
        try:
            assert b"Listening" in activator.stderr.readline()
            with socket.socket(socket.AF_UNIX) as client:
                client.settimeout(PATIENCE)
                client.connect(str(path))
                assert client.recv(4096).decode() == f"maestrod {path}"
            assert activator.wait(PATIENCE) == 0, activator.stderr.read()
        finally:
            activator.kill()
    assert path.exists()  # the manager's path is the manager's
