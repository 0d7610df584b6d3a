"""The user and process at the other end of a Unix socket, as the kernel reports them.

Linux has ``SO_PEERCRED`` (unix(7)), macOS ``LOCAL_PEERCRED`` and ``LOCAL_PEERPID`` (sys/un.h). The values are those of
the moment of connecting. Only the user id decides; the pid is a hint, because it may have been reused.
"""

import os
import socket
import struct
import sys
from dataclasses import dataclass

from maestrod.api.errors import NotAllowed

_LINUX_UCRED = struct.Struct("3i")  # struct ucred: pid, uid, gid

# macOS, sys/un.h and sys/ucred.h: level 0; struct xucred is version, uid, number of groups, sixteen groups.
_LOCAL_PEERCRED = 1
_LOCAL_PEERPID = 2
_DARWIN_XUCRED = struct.Struct("IIh2x16I")


@dataclass(frozen=True, slots=True)
class Peer:
    """The process at the other end; ``pid`` is None where the system does not report it."""

    uid: int
    pid: int | None


def peer_of(connection: socket.socket) -> Peer:
    """The peer of a connected Unix socket. Raises ``OSError`` when the kernel does not know one."""
    if sys.platform == "darwin":
        credentials = connection.getsockopt(0, _LOCAL_PEERCRED, _DARWIN_XUCRED.size)
        return darwin_peer(credentials, connection.getsockopt(0, _LOCAL_PEERPID))
    else:  # noqa: RET505 - mypy takes what follows a platform check for dead code
        credentials = connection.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, _LINUX_UCRED.size)
        pid, uid, _ = _LINUX_UCRED.unpack(credentials)
        return Peer(uid, pid or None)  # 0: a process of another pid namespace


def darwin_peer(credentials: bytes, pid: int) -> Peer:
    """The peer described by macOS's ``struct xucred``."""
    return Peer(_DARWIN_XUCRED.unpack(credentials)[1], pid or None)


def admit(connection: socket.socket) -> Peer:
    """The peer, if it belongs to our own user. Raises ``NotAllowed`` for all other users and for unknown ones."""
    try:
        peer = peer_of(connection)
    except OSError as error:
        raise NotAllowed("peer.unknown", "the kernel does not report which user is connecting") from error
    if peer.uid != os.getuid():
        raise NotAllowed("peer.foreign", f"this daemon belongs to user {os.getuid()}, not to user {peer.uid}")
    return peer


# Linux, linux/netlink.h, linux/sock_diag.h and linux/inet_diag.h.
_NETLINK_SOCK_DIAG = 4
_SOCK_DIAG_BY_FAMILY = 20
_NLM_F_REQUEST = 1
_NLMSG_ERROR = 2
_ALL_STATES = 0xFFFFFFFF
_NLMSG_HEADER = struct.Struct("=IHHII")  # length, type, flags, sequence, port
_DIAG_REQUEST = struct.Struct("=BBBBI")  # family, protocol, extensions, padding, states
_DIAG_ID = struct.Struct("!HH16s16s")  # ports and addresses of the requested socket, its own first
_DIAG_REST = struct.Struct("=III")  # interface, cookie (any)
_UID_AT = _NLMSG_HEADER.size + 64  # struct inet_diag_msg: idiag_uid comes after 4 bytes, the id (48), expires, queues


def tcp_owner(connection: socket.socket) -> int | None:
    """The user id of the program at the other end of an accepted TCP connection from this machine.

    None where it is unknown (not Linux, no netlink, a peer on another machine); -1 when the socket no longer exists.
    """
    if sys.platform != "linux":
        return None
    try:
        local, remote = connection.getsockname(), connection.getpeername()
        with socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, _NETLINK_SOCK_DIAG) as netlink:
            netlink.send(_question(connection.family, remote, local))
            answer = netlink.recv(4096)
    except OSError:
        return None
    kind = _NLMSG_HEADER.unpack_from(answer)[1]
    if kind == _NLMSG_ERROR or len(answer) < _UID_AT + 4:
        return -1
    (uid,) = struct.unpack_from("=I", answer, _UID_AT)
    return int(uid)


def _question(family: socket.AddressFamily | int, peer: tuple[str, int], own: tuple[str, int]) -> bytes:
    """The netlink request for the socket that is bound to ``theirs`` and connected to ``ours``."""
    addresses = [socket.inet_pton(family, address.partition("%")[0]) for address, *_ in (peer, own)]
    body = (
        _DIAG_REQUEST.pack(family, socket.IPPROTO_TCP, 0, 0, _ALL_STATES)
        + _DIAG_ID.pack(peer[1], own[1], *addresses)
        + _DIAG_REST.pack(0, 0xFFFFFFFF, 0xFFFFFFFF)
    )
    header = _NLMSG_HEADER.pack(_NLMSG_HEADER.size + len(body), _SOCK_DIAG_BY_FAMILY, _NLM_F_REQUEST, 1, 0)
    return header + body
