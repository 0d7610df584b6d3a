"""Who is at the other end of a Unix socket, as the kernel knows it.

Linux says it by ``SO_PEERCRED`` (unix(7)), macOS by ``LOCAL_PEERCRED`` and ``LOCAL_PEERPID`` (sys/un.h). The values are those of
the moment of connecting. The pid is advice only (it may be somebody else's by now); the user id is what decides.
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
    """The process at the other end; ``pid`` is None where the system does not say."""

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
    """The peer, if it may talk to us: our own user. Raises ``NotAllowed`` for everybody else, unknown ones included."""
    try:
        peer = peer_of(connection)
    except OSError as error:
        raise NotAllowed("peer.unknown", "the kernel does not say who is connecting") from error
    if peer.uid != os.getuid():
        raise NotAllowed("peer.foreign", f"this daemon belongs to user {os.getuid()}, not to user {peer.uid}")
    return peer
