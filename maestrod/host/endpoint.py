"""The daemon's Unix socket as a name in the file system: created safely, watched, and removed only if it is still ours.

The folder is private (0700, ours), and the socket is owner-only from its first instant. A new socket is bound to a
temporary name and renamed over the old one, so that clients always find one of the two. Only the holder of the instance
lock may do this.
"""

import os
import socket
import stat
import sys
from dataclasses import dataclass, field
from pathlib import Path

from maestrod.api.errors import BadConfiguration
from maestrod.api.local.address import SOCKET_PATH_LIMIT
from maestrod.host.instance import AlreadyRunning

#: Connections that the kernel queues before we accept them; hooks connect in bursts.
BACKLOG = 512


@dataclass(slots=True)
class Endpoint:
    """A listening socket and its path.

    ``handed`` means that a service manager owns the path: it is never removed here.
    """

    path: Path
    socket: socket.socket
    handed: bool = False
    _identity: tuple[int, int] | None = field(init=False)

    def __post_init__(self) -> None:
        self._identity = _identity_of(self.path)

    def is_at_its_path(self) -> bool:
        """Whether the path still leads to this socket: clean-up programs and logging out may remove it."""
        return self._identity is not None and _identity_of(self.path) == self._identity

    def close(self) -> None:
        """Stop listening; remove the path if it is still ours."""
        if not self.handed and self.is_at_its_path():
            self.path.unlink(missing_ok=True)
        self.socket.close()


def listen(path: Path) -> Endpoint:
    """Listen on ``path``. Only the holder of the instance lock may do this.

    Raises ``BadConfiguration`` when the folder or the file at the path is not safely ours, ``AlreadyRunning`` when a
    daemon of another data folder answers there.
    """
    check_length(path)
    private_folder(path.parent)
    _check_place(path)
    temporary = path.with_name(f".{os.getpid()}")
    check_length(temporary)
    listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    try:
        temporary.unlink(missing_ok=True)  # from a process with our pid that died between bind and rename
        _bind_private(listener, temporary)
        listener.listen(BACKLOG)
        listener.setblocking(False)
        temporary.rename(path)
    except OSError as error:
        listener.close()
        temporary.unlink(missing_ok=True)
        raise BadConfiguration("socket.bind", f"cannot listen on {path}: {error.strerror or error}") from error
    return Endpoint(path, listener)


def check_length(path: Path) -> None:
    """Raise ``BadConfiguration``, which says what to set, for a path that is too long for the kernel."""
    length = len(os.fsencode(path))
    if length > SOCKET_PATH_LIMIT:
        message = f"the socket path {path} has {length} bytes; the limit is {SOCKET_PATH_LIMIT}: set MAESTRO_HOME or MAESTRO_SOCKET to a shorter one"
        raise BadConfiguration("socket.path_too_long", message)


def private_folder(folder: Path) -> None:
    """Ensure that a folder exists that only we can enter; creates missing parents.

    Raises ``BadConfiguration`` for a link, another user's folder, or one that others may enter.
    """
    try:
        folder.parent.mkdir(parents=True, exist_ok=True)
        folder.mkdir(mode=0o700, exist_ok=True)
        status = folder.lstat()
    except OSError as error:
        raise BadConfiguration("runtime.folder", f"cannot make the folder {folder}: {error.strerror}") from error
    problem = folder_problem(status, os.getuid())
    if problem:
        message = f"the runtime folder {folder} {problem}; set MAESTRO_HOME or XDG_RUNTIME_DIR to a private folder"
        raise BadConfiguration("runtime.folder", message)


def folder_problem(status: os.stat_result, uid: int) -> str | None:
    """Why a folder with this lstat is unsuitable for the socket of ``uid``; None if it is suitable."""
    if not stat.S_ISDIR(status.st_mode):
        return "is not a folder"
    if status.st_uid != uid:
        return f"belongs to user {status.st_uid}"
    if status.st_mode & 0o077:
        return f"has mode {stat.S_IMODE(status.st_mode):04o}, so other users can enter it (chmod 700)"
    return None


def place_problem(status: os.stat_result, uid: int) -> str | None:
    """Why the file with this lstat may not be replaced by the socket of ``uid``; None if it may."""
    if not stat.S_ISSOCK(status.st_mode):
        kind = "a symbolic link" if stat.S_ISLNK(status.st_mode) else "not a socket"
        return f"is {kind}: move it away"
    if status.st_uid != uid:
        return f"is a socket of user {status.st_uid}: another user listens there"
    return None


def _check_place(path: Path) -> None:
    """Check that the path is free or has a dead socket of our own."""
    try:
        status = path.lstat()
    except FileNotFoundError:
        return
    problem = place_problem(status, os.getuid())
    if problem:
        raise BadConfiguration("socket.occupied", f"{path} {problem}")
    if _answers(path):
        raise AlreadyRunning(path, None, str(path))


def _answers(path: Path) -> bool:
    """Whether a program listens on ``path``. As we hold the lock, that is a daemon with another data folder."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as client:
        client.setblocking(False)
        try:
            client.connect(str(path))
        except BlockingIOError:  # its backlog is full: alive
            return True
        except OSError:
            return False
        return True


def _bind_private(listener: socket.socket, path: Path) -> None:
    """Bind so that the file is owner-only from its first instant.

    Linux takes the mode from the unbound socket; on other systems the umask sets it, during the call only.
    """
    if sys.platform == "linux":
        os.fchmod(listener.fileno(), 0o600)
        listener.bind(str(path))
    else:
        before = os.umask(0o077)
        try:
            listener.bind(str(path))
        finally:
            os.umask(before)
        path.chmod(0o600)


def _identity_of(path: Path) -> tuple[int, int] | None:
    """Device and inode of ``path`` itself, without following links."""
    try:
        status = path.lstat()
    except OSError:
        return None
    return status.st_dev, status.st_ino
