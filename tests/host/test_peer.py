"""Who is at the other end of a Unix socket."""

import os
import socket
import struct
import subprocess
import sys
from collections.abc import Iterator

import pytest

from maestrod.api.errors import NotAllowed
from maestrod.host import peer
from maestrod.host.peer import tcp_owner


@pytest.fixture
def pair() -> Iterator[tuple[socket.socket, socket.socket]]:
    one, two = socket.socketpair(socket.AF_UNIX)
    with one, two:
        yield one, two


def test_our_own_user_is_admitted(pair: tuple[socket.socket, socket.socket]) -> None:
    assert peer.admit(pair[0]) == peer.Peer(os.getuid(), os.getpid())


def test_another_user_is_not_admitted(
    pair: tuple[socket.socket, socket.socket], monkeypatch: pytest.MonkeyPatch
) -> None:
    uid = os.getuid()
    monkeypatch.setattr(os, "getuid", lambda: uid + 1)
    with pytest.raises(NotAllowed, match=f"not to user {uid}") as caught:
        peer.admit(pair[0])
    assert caught.value.exit_code == 77


def test_a_peer_the_kernel_does_not_know_is_not_admitted() -> None:
    closed = socket.socket(socket.AF_UNIX)
    closed.close()
    with pytest.raises(NotAllowed, match="does not report"):
        peer.admit(closed)


def test_macos_credentials_are_read_as_the_header_defines_them() -> None:
    # struct xucred: u_int cr_version, uid_t cr_uid, short cr_ngroups, gid_t cr_groups[16]
    raw = struct.pack("=IIhxx16I", 0, 501, 2, 20, 12, *[0] * 14)
    assert peer.darwin_peer(raw, 4242) == peer.Peer(501, 4242)
    assert peer.darwin_peer(raw, 0) == peer.Peer(501, None)


@pytest.mark.parametrize("family, address", [(socket.AF_INET, "127.0.0.1"), (socket.AF_INET6, "::1")])
def test_the_kernel_knows_the_owner_of_a_tcp_connection(family: socket.AddressFamily, address: str) -> None:
    with (
        socket.create_server((address, 0), family=family) as server,
        socket.create_connection(server.getsockname()[:2]),
    ):
        accepted, _ = server.accept()
        with accepted:
            assert tcp_owner(accepted) == (os.getuid() if sys.platform == "linux" else None)


@pytest.mark.skipif(os.getuid() != 0 or sys.platform != "linux", reason="only root can be somebody else")
def test_tcp_connections_of_other_users_are_recognized() -> None:
    code = "import encodings.idna, os, socket, sys; os.setuid(12345); s = socket.create_connection(('127.0.0.1', int(sys.argv[1]))); s.recv(1)"
    with socket.create_server(("127.0.0.1", 0)) as server:
        program = [sys.executable, "-I", "-S", "-c", code, str(server.getsockname()[1])]
        with subprocess.Popen(program) as other:
            accepted, _ = server.accept()
            with accepted:
                assert tcp_owner(accepted) == 12345
            other.wait()


def test_only_tcp_connections_have_an_owner() -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as unconnected:
        assert tcp_owner(unconnected) is None
