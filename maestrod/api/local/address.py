"""Where the daemon's files and its socket are; asked by the daemon and by every client, so that they agree.

``MAESTRO_HOME`` moves everything under one folder (``data``, ``run``, ``config``), for tests and second instances;
``MAESTRO_SOCKET`` names the socket alone. Otherwise data and configuration are where the platform keeps them, and the socket
is in the runtime folder of the login (``$XDG_RUNTIME_DIR``, which programs started outside of a login do not have: they find
the same folder at ``/run/user/<uid>``), or in a folder of the data where there is no such thing. Nothing is created here.
``hooks/event.py`` computes the same places without a single import; a test holds the two together.
"""

import os
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple

from maestrod.api.errors import BadConfiguration

#: Name of the program in the platform's folders.
APPLICATION = "maestrod"

#: Bytes of a socket path without the final NUL: 108 in Linux's unix(7), 104 in macOS's sys/un.h.
SOCKET_PATH_LIMIT = 103 if sys.platform == "darwin" else 107

_SOCKET_NAME = "maestrod.sock"


class Paths(NamedTuple):
    """The folders for what must last, for what ends with the boot, and for what the user writes; and the socket.

    The socket is the usual one, for the daemon of ``data`` may have been started with another environment: its lock says where it
    listens (``daemon_lock.socket_of``). ``is_told`` means that the user named the socket, and then it is that one.
    """

    data: Path
    runtime: Path
    config: Path
    socket: Path
    is_told: bool = False


def paths_of(environ: Mapping[str, str]) -> Paths:
    """The places that ``environ`` leads to (the platform's own folders are those of this process).

    Raises ``BadConfiguration`` for a variable that is not an absolute path, and for a socket path that the kernel has no
    room for.
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
    """The path in a variable; None when it is not set or empty. Relative ones would mean another place to the daemon."""
    value = environ.get(name)
    if not value:
        return None
    if not value.startswith("/"):
        raise BadConfiguration("places.relative", f"{name}={value} is not an absolute path: use an absolute path")
    return Path(os.path.normpath(value))


def _platform_folders(environ: Mapping[str, str]) -> tuple[Path, Path, Path]:
    """Data, runtime and configuration folder by the platform's habits."""
    import platformdirs

    data = platformdirs.user_data_path(APPLICATION, appauthor=False)
    config = platformdirs.user_config_path(APPLICATION, appauthor=False)
    return data, _runtime(environ, data), config


def _runtime(environ: Mapping[str, str], data: Path) -> Path:
    """The private folder that ends with the login where there is one, else one inside of the data folder.

    Never under ``/tmp``: others can take the name first, and cleaners remove sockets there.
    """
    given = environ.get("XDG_RUNTIME_DIR", "")
    if given.startswith("/"):  # the XDG base directory specification: relative values are to be ignored
        return Path(given, APPLICATION)
    login = f"/run/user/{os.getuid()}"
    if sys.platform != "darwin" and os.access(login, os.W_OK | os.X_OK):
        return Path(login, APPLICATION)
    return data / "run"


def _check_text(path: Path, variable: str) -> None:
    """Refuse a path that is not UTF-8: protocol, store and hooks carry it as text."""
    try:
        str(path).encode()
    except UnicodeEncodeError:
        from maestrod.api.text.outside_text import shown

        message = f"the path {shown(str(path))} is not UTF-8 text: set {variable} to a path that is"
        raise BadConfiguration("places.not_text", message) from None


def _check_length(socket: Path, environ: Mapping[str, str]) -> None:
    """Refuse a path the kernel has no room for, and name the variable that made it so."""
    length = len(os.fsencode(socket))
    if length <= SOCKET_PATH_LIMIT:
        return
    variable = next((name for name in ("MAESTRO_SOCKET", "MAESTRO_HOME") if environ.get(name)), "MAESTRO_SOCKET")
    message = f"the socket path {socket} has {length} bytes; the limit is {SOCKET_PATH_LIMIT}: set {variable} to a shorter path"
    raise BadConfiguration("socket.path_too_long", message)
