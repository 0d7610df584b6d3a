"""The bridge's port as other programs see it: the address, the token, and the files that publish both.

The daemon tries the port of the last run first, so that open pages find it again, then the configured one, then any free
one. ``run/bridge.token`` (0600, 256 bits, new at each start) and ``run/maestrod.json`` (the address and who serves it)
are written atomically into the private runtime folder; an existing file or link is replaced, never followed.
"""

import errno
import logging
import secrets
import socket
from dataclasses import dataclass
from pathlib import Path

import msgspec

from maestrod.api.errors import BadConfiguration
from maestrod.api.local.address import Paths
from maestrod.api.model.base import Entity
from maestrod.config import Config, not_loopback
from maestrod.host.endpoint import BACKLOG, private_folder
from maestrod.host.private_file import write_private
from maestrod.rpc.context import DaemonInfo
from maestrod.transport.bridge.listener import BridgeListener

log = logging.getLogger(__name__)

TOKEN_FILE = "bridge.token"  # noqa: S105  # a file's name
ADDRESS_FILE = "maestrod.json"

#: The file in the data folder, which outlives a boot, with the last configured and actual ports.
LAST_FILE = "bridge.port"

_TAKEN = frozenset({errno.EADDRINUSE, errno.EACCES, errno.EADDRNOTAVAIL})


class Address(Entity, frozen=True):
    """The content of ``run/maestrod.json``: who serves where. ``started_at`` is in milliseconds since the epoch."""

    url: str
    instance: str
    pid: int
    version: str
    started_at: int
    socket: str


class _Last(msgspec.Struct):
    configured: int
    port: int


@dataclass(slots=True)
class Port:
    """An open port. ``close`` also deletes its files, so that no client sends the token to a later owner of the port."""

    listener: BridgeListener
    files: tuple[Path, ...]

    def close(self) -> None:
        """Stop listening and delete the files."""
        self.listener.sock.close()
        for path in self.files:
            path.unlink(missing_ok=True)


def open_port(paths: Paths, config: Config, info: DaemonInfo, page: Path | None) -> Port:
    """Listen, and publish the address. Raises ``BadConfiguration``, which says what to do."""
    address = config.bridge_address
    _check_address(address)
    sock = listen_on(address, _candidates(paths.data / LAST_FILE, config.bridge_port))
    try:
        port = sock.getsockname()[1]
        _remember(paths.data / LAST_FILE, config.bridge_port, port)
        token = secrets.token_urlsafe(32).encode()
        listener = _listener(sock, address, port, token, config.bridge_origins, page)
        address_file = Address(
            url=listener.url,
            instance=info.instance,
            pid=info.pid,
            version=info.version,
            started_at=info.started_at,
            socket=info.socket,
        )
        private_folder(paths.runtime)
        files = (paths.runtime / TOKEN_FILE, paths.runtime / ADDRESS_FILE)
        write_private(files[0], token)
        write_private(files[1], msgspec.json.encode(address_file) + b"\n")
    except OSError as error:
        sock.close()
        raise BadConfiguration("bridge.files", f"cannot write to {paths.runtime}: {error.strerror}") from error
    except BadConfiguration:
        sock.close()
        raise
    return Port(listener, files)


def _check_address(address: str) -> None:
    if problem := not_loopback(address):
        raise BadConfiguration("bridge.address", f"bridgeAddress: {problem}")


def _candidates(last: Path, configured: int) -> list[int]:
    """The ports to try, in order; 0 means any free port."""
    try:
        remembered = msgspec.json.decode(last.read_bytes(), type=_Last)
        first = [remembered.port] if remembered.configured == configured and 0 < remembered.port < 1 << 16 else []
    except (OSError, msgspec.MsgspecError, UnicodeDecodeError):
        first = []
    return list(dict.fromkeys([*first, configured, 0]))


def listen_on(address: str, ports: list[int]) -> socket.socket:
    """Listen on the first free port of these; 0 means any free port. Raises ``BadConfiguration`` when none is free."""
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    for port in ports:
        sock = socket.socket(family, socket.SOCK_STREAM)
        try:
            # This ignores connections that are still closing; a port with a listener stays taken (socket(7)).
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            sock.bind((address, port))
            sock.listen(BACKLOG)
            sock.setblocking(False)
        except OSError as error:
            sock.close()
            if error.errno not in _TAKEN or port == ports[-1]:
                message = f"cannot listen on {address} port {port}: {error.strerror or error}"
                raise BadConfiguration("bridge.listen", message) from error
            log.info("port %d is taken: trying another", port)
        else:
            return sock
    raise AssertionError("the last port is taken, or reported")


def _remember(path: Path, configured: int, port: int) -> None:
    try:
        write_private(path, msgspec.json.encode(_Last(configured, port)))
    except OSError as error:  # a full disk: after a restart, users may have to open the page at a new address
        log.warning("cannot save the bridge's port: %s", error.strerror)


def _listener(
    sock: socket.socket, address: str, port: int, token: bytes, origins: tuple[str, ...], page: Path | None
) -> BridgeListener:
    """Make the listener with every name of the port: its address, and the usual loopback names."""
    shown = f"[{address}]" if ":" in address else address
    names = dict.fromkeys((shown, "127.0.0.1", "localhost", "[::1]"))
    hosts = [f"{name}:{port}" for name in names]
    return BridgeListener(
        sock=sock,
        url=f"http://{shown}:{port}",
        hosts=frozenset(host.encode() for host in hosts),
        own_origins=frozenset(f"http://{host}".encode() for host in hosts),
        other_origins=frozenset(origin.encode() for origin in origins),
        token=token,
        page=page,
    )
