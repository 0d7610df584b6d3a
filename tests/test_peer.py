"""Who is at the other end of a Unix socket."""

import os
import socket
import struct
from collections.abc import Iterator

import pytest

from maestrod import peer
from maestrod.api.errors import NotAllowed


@pytest.fixture
def pair() -> Iterator[tuple[socket.socket, socket.socket]]:
    one, two = socket.socketpair(socket.AF_UNIX)
    with one, two:
        yield one, two


def test_our_own_user_is_admitted(pair: tuple[socket.socket, socket.socket]) -> None:
    assert peer.admit(pair[0]) == peer.Peer(os.getuid(), os.getpid())


def test_another_user_is_not(pair: tuple[socket.socket, socket.socket], monkeypatch: pytest.MonkeyPatch) -> None:
    uid = os.getuid()
    monkeypatch.setattr(os, "getuid", lambda: uid + 1)
    with pytest.raises(NotAllowed, match=f"not to user {uid}") as caught:
        peer.admit(pair[0])
    assert caught.value.exit_code == 77


def test_a_peer_the_kernel_does_not_know_is_not_admitted() -> None:
    closed = socket.socket(socket.AF_UNIX)
    closed.close()
    with pytest.raises(NotAllowed, match="does not say"):
        peer.admit(closed)


def test_macos_credentials_are_read_as_the_header_lays_them_out() -> None:
    # struct xucred: u_int cr_version, uid_t cr_uid, short cr_ngroups, gid_t cr_groups[16]
    raw = struct.pack("=IIhxx16I", 0, 501, 2, 20, 12, *[0] * 14)
    assert peer.darwin_peer(raw, 4242) == peer.Peer(501, 4242)
    assert peer.darwin_peer(raw, 0) == peer.Peer(501, None)
