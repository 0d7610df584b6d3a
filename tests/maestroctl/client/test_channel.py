"""The channel: only to our own socket, whole lines, deadlines, and notice of the daemon's end."""

import os
import socket
import stat
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from maestroctl.client.channel import PROBE, Channel, ConnectionLost, Silent, Unsafe, check
from maestroctl.client.client import connect
from maestrod.api.errors import NoDaemon


@pytest.fixture
def listener(tmp_path: Path) -> Iterator[socket.socket]:
    tmp_path.chmod(0o700)
    with socket.socket(socket.AF_UNIX) as server:
        server.bind(str(tmp_path / "s"))
        server.listen(1)
        yield server


def connected(listener: socket.socket) -> tuple[Channel, socket.socket]:
    channel = Channel(listener.getsockname())
    return channel, listener.accept()[0]


def test_a_line_goes_out_and_a_line_comes_in(listener: socket.socket) -> None:
    channel, server = connected(listener)
    channel.send(b'{"a":1}')
    assert server.recv(100) == b'{"a":1}\n'
    server.sendall(b'{"b":2}\n{"c":')
    assert channel.receive() == b'{"b":2}'
    assert channel.receive(0.0) is None
    server.sendall(b"3}\n")
    assert channel.receive() == b'{"c":3}'
    channel.close()
    server.close()


def test_a_timeout_returns_no_line(listener: socket.socket) -> None:
    channel, server = connected(listener)
    assert channel.receive(0.001) is None
    channel.close()
    server.close()


def test_the_end_of_the_daemon_is_noticed(listener: socket.socket) -> None:
    channel, server = connected(listener)
    server.sendall(b"half")
    server.close()
    with pytest.raises(ConnectionLost):
        channel.receive()
    channel.close()


def test_the_kernel_says_that_nothing_is_there(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        Channel(str(tmp_path / "none"))
    with socket.socket(socket.AF_UNIX) as dead:
        dead.bind(str(tmp_path / "dead"))
    with pytest.raises(ConnectionRefusedError):
        Channel(str(tmp_path / "dead"))


def test_a_socket_of_another_user_is_refused(listener: socket.socket, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "getuid", lambda: 4711)
    with pytest.raises(Unsafe, match="belongs to user"):
        check(listener.getsockname())


def test_a_socket_in_a_world_writable_folder_is_refused(listener: socket.socket, tmp_path: Path) -> None:
    tmp_path.chmod(0o700 | stat.S_IWOTH)
    with pytest.raises(Unsafe, match="chmod o-w"):
        Channel(listener.getsockname())


@given(lines=st.lists(st.binary(min_size=1).filter(lambda line: b"\n" not in line), min_size=1), cut=st.integers(1, 7))
def test_lines_are_whole_wherever_the_stream_is_split(lines: list[bytes], cut: int) -> None:
    left, right = socket.socketpair()
    channel = Channel.__new__(Channel)
    channel._socket = left
    channel._pending, channel._scanned = bytearray(), 0
    stream = b"".join(line + b"\n" for line in lines)
    found: list[bytes] = []
    for start in range(0, len(stream), cut):
        right.sendall(stream[start : start + cut])
        while (line := channel.receive(0.0)) is not None:
            found.append(line)
    assert found == lines
    left.close()
    right.close()


@pytest.fixture
def hasty(monkeypatch: pytest.MonkeyPatch) -> None:
    """A channel that asks soon and gives up soon."""
    monkeypatch.setattr(Channel, "_quiet", 0.01)
    monkeypatch.setattr("maestroctl.client.channel.SILENT_AFTER", 0.02)


@pytest.mark.usefixtures("hasty")
def test_an_unresponsive_daemon_is_probed_and_then_called_silent(listener: socket.socket) -> None:
    channel = Channel(listener.getsockname())  # connected by the kernel; nobody ever accepts it
    assert channel.receive() is None
    assert channel.is_silent
    error = channel.silent()
    assert (error.name, error.pid) == (listener.getsockname(), os.getpid())
    server = listener.accept()[0]
    assert server.recv(1000) == PROBE + b"\n", "asked once"
    channel.close()
    server.close()


@pytest.mark.usefixtures("hasty")
def test_any_word_from_the_daemon_ends_the_silence(listener: socket.socket) -> None:
    channel, server = connected(listener)
    assert channel.receive() is None
    server.sendall(b"x\n")
    assert channel.receive() == b"x"
    assert not channel.silence
    channel.close()
    server.close()


@pytest.mark.usefixtures("hasty")
def test_received_messages_are_read_before_the_daemon_is_called_silent(
    listener: socket.socket, monkeypatch: pytest.MonkeyPatch
) -> None:
    channel, server = connected(listener)
    assert channel.receive(0.012) is None  # it has asked by now, or will
    server.sendall(b"late\n")
    monkeypatch.setattr("maestroctl.client.channel.SILENT_AFTER", 0.0)  # as after a long sleep of this process
    assert channel.receive() == b"late"
    channel.close()
    server.close()


def test_a_daemon_that_reads_nothing_of_a_long_message_is_silent(
    listener: socket.socket, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("maestroctl.client.channel.SEND_PATIENCE", 0.01)
    channel = Channel(listener.getsockname())
    with pytest.raises(Silent):
        channel.send(b"x" * (4 << 20))
    channel.close()


def test_a_backlog_that_stays_full_is_an_error(listener: socket.socket, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("maestroctl.client.channel._BACKLOG_PATIENCE", 0.01)
    waiting = [Channel(listener.getsockname()) for _ in range(2)]  # a backlog of 1 has room for 2
    with pytest.raises(NoDaemon, match="accepts no connections"):
        connect(Path(listener.getsockname()))
    for channel in waiting:
        channel.close()
