"""The shim's control socket: private (0600) from its first instant, bound by a relative name.

The relative name is for long folders: a socket's address holds 107 bytes on Linux and 103 on macOS (unix(7), sys/un.h).
"""

import posix
from _socket import AF_UNIX, SOCK_STREAM, socket

from .records import SOCKET, make_folder


class Door:
    """The listening socket in a session's folder."""

    def __init__(self, folder: str) -> None:
        self._folder = folder
        self._listener = _listen(folder)

    def fileno(self) -> int:
        """The descriptor that becomes readable when a client connects."""
        return self._listener.fileno()

    def accept(self) -> int:
        """The descriptor of the next connection; -1 when there is none, or when no descriptor is free."""
        try:
            # The built-in class returns the descriptor; `socket.accept()` is built on it.
            fd, _ = self._listener._accept()  # type: ignore[attr-defined]  # noqa: SLF001  # unknown to typeshed
        except OSError:
            return -1
        posix.set_blocking(fd, False)
        return int(fd)

    def renew(self) -> None:
        """Recreate the socket after its file or folder was deleted; OSError when that fails."""
        make_folder(self._folder)
        listener = _listen(self._folder)
        self._listener.close()
        self._listener = listener

    def close(self) -> None:
        """Close and delete the socket."""
        self._listener.close()
        try:
            posix.unlink(f"{self._folder}/{SOCKET}")
        except OSError:
            return


def _listen(folder: str) -> socket:
    posix.chdir(folder)
    try:
        posix.unlink(SOCKET)
    except FileNotFoundError:
        pass  # the first attempt of this session
    listener = socket(AF_UNIX, SOCK_STREAM)
    mask = posix.umask(0o177)
    try:
        listener.bind(SOCKET)
    finally:
        posix.umask(mask)
        posix.chdir("/")
    listener.listen(16)
    listener.setblocking(False)
    return listener
