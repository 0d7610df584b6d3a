"""The paths of the daemon's files and its socket. The daemon and all clients use these functions, so that they agree.

``MAESTRO_HOME`` moves everything under one folder (``data``, ``run``, ``config``), for tests and second instances;
``MAESTRO_SOCKET`` sets only the socket. Otherwise, data and configuration are in the platform's usual folders. The socket
is in the login's runtime folder (``$XDG_RUNTIME_DIR``; programs started outside a login do not have it, but find
the same folder at ``/run/user/<uid>``), or else in a folder inside the data folder. Nothing is created here.
``hooks/event.py`` computes the same paths without any import; a test compares the two.
"""

import os
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple

from maestrod.api.errors import BadConfiguration

#: Name of the program in the platform's folders.
APPLICATION = "maestrod"

#: Maximum bytes of a socket path without the final NUL: 108 with it in Linux's unix(7), 104 in macOS's sys/un.h.
SOCKET_PATH_LIMIT = 103 if sys.platform == "darwin" else 107

_SOCKET_NAME = "maestrod.sock"


class Paths(NamedTuple):
    """The folders for persistent data, for runtime files that end with the boot, and for configuration; and the socket.

    ``socket`` is the usual one. The daemon of ``data`` may have been started with another environment; its lock says where it
    listens (``daemon_lock.socket_of``). ``is_socket_named``: the user set the socket, so it is used as it is.
    """

    data: Path
    runtime: Path
    config: Path
    socket: Path
    is_socket_named: bool = False


def paths_of(environ: Mapping[str, str]) -> Paths:
    """The paths for ``environ`` (the platform's own folders are those of this process).

    Raises ``BadConfiguration`` for a variable that is not an absolute path, and for a socket path that is too long for the
    kernel.
    """
    home = _folder(environ, "MAESTRO_HOME")
    data, runtime, config = (
        _platform_folders(environ) if home is None else (home / "data", home / "run", home / "config")
    )
    chosen = _folder(environ, "MAESTRO_SOCKET")
    socket = chosen or runtime / _SOCKET_NAME
    for place, variable in ((data, "MAESTRO_HOME"), (config, "MAESTRO_HOME"), (socket, "MAESTRO_SOCKET")):
        _check_text(place, variable)
    _check_length(socket, environ)
    return Paths(data, runtime, config, socket, chosen is not None)


def _folder(environ: Mapping[str, str], name: str) -> Path | None:
    """The path in a variable; None if it is unset or empty. A relative path is refused, because the daemon would resolve it
    differently.
    """
    value = environ.get(name)
    if not value:
        return None
    if not value.startswith("/"):
        raise BadConfiguration("places.relative", f"{name}={value} is not an absolute path: use an absolute path")
    return Path(os.path.normpath(value))


def _platform_folders(environ: Mapping[str, str]) -> tuple[Path, Path, Path]:
    """The platform's usual folders for data, runtime files and configuration."""
    import platformdirs

    data = platformdirs.user_data_path(APPLICATION, appauthor=False)
    config = platformdirs.user_config_path(APPLICATION, appauthor=False)
    return data, _runtime(environ, data), config


def _runtime(environ: Mapping[str, str], data: Path) -> Path:
    """The login's private runtime folder if there is one, else a folder inside the data folder.

    Never under ``/tmp``, where other users can take the name first and cleaners remove sockets.
    """
    given = environ.get("XDG_RUNTIME_DIR", "")
    if given.startswith("/"):  # the XDG base directory specification: ignore relative values
        return Path(given, APPLICATION)
    login = f"/run/user/{os.getuid()}"
    if sys.platform != "darwin" and os.access(login, os.W_OK | os.X_OK):
        return Path(login, APPLICATION)
    return data / "run"


def _check_text(path: Path, variable: str) -> None:
    """Refuse a path that is not UTF-8, because protocol, store and hooks use it as text."""
    try:
        str(path).encode()
    except UnicodeEncodeError:
        from maestrod.api.text.outside_text import shown

        message = f"the path {shown(str(path))} is not UTF-8 text: set {variable} to a path that is"
        raise BadConfiguration("places.not_text", message) from None


def _check_length(socket: Path, environ: Mapping[str, str]) -> None:
    """Refuse a path that is too long for the kernel, and name the variable that causes it."""
    length = len(os.fsencode(socket))
    if length <= SOCKET_PATH_LIMIT:
        return
    variable = next((name for name in ("MAESTRO_SOCKET", "MAESTRO_HOME") if environ.get(name)), "MAESTRO_SOCKET")
    message = f"the socket path {socket} has {length} bytes; the limit is {SOCKET_PATH_LIMIT}: set {variable} to a shorter path"
    raise BadConfiguration("socket.path_too_long", message)
