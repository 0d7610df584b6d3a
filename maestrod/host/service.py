"""The exchange between the daemon and its service manager: readiness, signs of life, and sockets that are handed over.

systemd has sd_notify(3) (one datagram per message to ``$NOTIFY_SOCKET``), sd_watchdog_enabled(3) and sd_listen_fds(3);
launchd has ``launch_activate_socket`` of launch(3). systemd's environment variables are meant for one process:
:func:`take` reads them once and removes them, so that no shim or agent takes itself for the service.
"""

import os
import socket
import stat
from collections.abc import MutableMapping
from dataclasses import dataclass, field
from pathlib import Path

from maestrod.api.errors import BadConfiguration
from maestrod.host.inherited import Inherited
from maestrod.host.launchd import activated_descriptors

#: sd_listen_fds(3): descriptors start after stdin, stdout and stderr.
FIRST_DESCRIPTOR = 3

#: A larger number means a broken environment.
_MOST_DESCRIPTORS = 64

#: Seconds that an important message may wait for room in the manager's queue.
_PATIENCE = 1.0

_PRIVATE_NAMES = frozenset(
    {"NOTIFY_SOCKET", "FDSTORE", "INVOCATION_ID", "JOURNAL_STREAM", "MAINPID", "MAINPIDFDID", "MANAGERPID"}
    | {"MANAGERPIDFDID", "SYSTEMD_EXEC_PID", "MEMORY_PRESSURE_WATCH", "MEMORY_PRESSURE_WRITE", "CREDENTIALS_DIRECTORY"}
    | {"XPC_SERVICE_NAME", "XPC_FLAGS"}
)
_PRIVATE_PREFIXES = ("LISTEN_", "WATCHDOG_")


class Notifier:
    """Sends messages to the service manager; without one, messages are dropped."""

    def __init__(self, address: str | None) -> None:
        """``address`` is the value of ``$NOTIFY_SOCKET``: a path, or an abstract name after ``@``. Others are ignored."""
        usable = address is not None and len(address) > 1 and address[0] in "/@"
        self._address = os.fsencode(address) if usable and address is not None else None

    @property
    def active(self) -> bool:
        """Whether there is a service manager to notify."""
        return self._address is not None

    def ready(self, status: str = "") -> bool:
        """Report readiness: the lock is held, the store recovered, sessions adopted, and the socket listens."""
        return self._send({"READY": "1", "STATUS": status} if status else {"READY": "1"}, patience=_PATIENCE)

    def status(self, text: str) -> bool:
        """Send one line for ``systemctl status``."""
        return self._send({"STATUS": text})

    def stopping(self) -> bool:
        """Report that the daemon is stopping."""
        return self._send({"STOPPING": "1", "STATUS": "Stopping"}, patience=_PATIENCE)

    def extend_timeout(self, seconds: float) -> bool:
        """Ask for ``seconds`` more, from now, for the start or stop in progress."""
        return self._send({"EXTEND_TIMEOUT_USEC": str(round(seconds * 1_000_000))})

    def watchdog(self) -> bool:
        """Send a sign of life. Only call this after seeing that the engine and the journal work, never from a bare timer."""
        return self._send({"WATCHDOG": "1"})

    def _send(self, fields: dict[str, str], patience: float = 0.0) -> bool:
        """Send one datagram; returns whether it was accepted. Never raises: the daemon works without its manager."""
        if self._address is None:
            return False
        address = b"\0" + self._address[1:] if self._address[:1] == b"@" else self._address
        try:
            with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as sender:
                sender.settimeout(patience)
                sender.sendto(notification(fields), address)
        except OSError:
            return False
        return True


def notification(fields: dict[str, str]) -> bytes:
    """The datagram for ``fields``: one ``NAME=value`` per line, so a value's own line ends become spaces."""
    lines = (f"{name}={' '.join(value.split())}" for name, value in fields.items())
    return "\n".join(lines).encode("utf-8", "replace")


def watchdog_interval(environ: MutableMapping[str, str], pid: int) -> float | None:
    """Seconds between signs of life: half of the manager's limit, as sd_watchdog_enabled(3) advises; None if off."""
    allowed = _number(environ.get("WATCHDOG_USEC"))
    addressee = environ.get("WATCHDOG_PID")
    if not allowed or (addressee is not None and _number(addressee) != pid):
        return None
    return allowed / 2_000_000


@dataclass(frozen=True, slots=True)
class HandedSocket:
    """A listening Unix socket that the manager opened and still owns: never shut it down, never unlink its path."""

    name: str
    path: Path
    socket: socket.socket


def handed_sockets(environ: MutableMapping[str, str], pid: int, first: int = FIRST_DESCRIPTOR) -> list[HandedSocket]:
    """The sockets that systemd passed to this process; none if they were meant for another one.

    Raises ``BadConfiguration`` when a descriptor is not a listening Unix stream socket with a path.
    """
    if _number(environ.get("LISTEN_PID")) != pid:
        return []
    count = _number(environ.get("LISTEN_FDS")) or 0
    if count > _MOST_DESCRIPTORS:
        raise BadConfiguration("service.sockets", f"LISTEN_FDS={count} is more sockets than maestrod's units pass")
    names = environ.get("LISTEN_FDNAMES", "").split(":")
    names += ["unknown"] * (count - len(names))
    return [_checked(first + index, names[index]) for index in range(count)]


def launchd_sockets(name: str) -> list[HandedSocket]:
    """The sockets that launchd holds for us under ``name`` in the agent's ``Sockets``; none on other systems."""
    return [_checked(descriptor, name) for descriptor in activated_descriptors(name)]


def _checked(descriptor: int, name: str) -> HandedSocket:
    """Take over one descriptor; raises ``BadConfiguration`` that says what is wrong with it."""
    try:
        is_socket = stat.S_ISSOCK(os.fstat(descriptor).st_mode)
    except OSError as error:
        raise BadConfiguration("service.sockets", f"descriptor {descriptor} was announced but is not open") from error
    if not is_socket:
        raise BadConfiguration("service.sockets", f"descriptor {descriptor} ({name}) is not a socket")
    os.set_inheritable(descriptor, False)
    listener = socket.socket(fileno=descriptor)
    path = listener.getsockname() if listener.family == socket.AF_UNIX else None
    if listener.type != socket.SOCK_STREAM or not listener.getsockopt(socket.SOL_SOCKET, socket.SO_ACCEPTCONN):
        problem = "is not listening for connections"
    elif not isinstance(path, str) or not path.startswith("/"):
        problem = "is not a Unix socket with a path"
    else:
        listener.setblocking(False)
        return HandedSocket(name, Path(path), listener)
    listener.detach()
    raise BadConfiguration(
        "service.sockets", f"the socket handed over as {name!r} {problem}: see ListenStream= in its unit"
    )


@dataclass(frozen=True, slots=True)
class ServiceContext:
    """Everything that this process received from its service manager, and ``inherited`` from the process that started it."""

    notifier: Notifier
    watchdog_interval: float | None
    sockets: list[HandedSocket]
    journal_stream: str | None
    inherited: Inherited = field(default_factory=Inherited)

    @property
    def managed(self) -> bool:
        """Whether a service manager started this process."""
        return self.notifier.active or bool(self.sockets)


def take(environ: MutableMapping[str, str] | None = None, pid: int | None = None) -> ServiceContext:
    """Read what the service manager left for this process, then remove it from the environment.

    Raises ``BadConfiguration`` for sockets that cannot be ours.
    """
    environ = os.environ if environ is None else environ
    pid = os.getpid() if pid is None else pid
    service_context = ServiceContext(
        notifier=Notifier(environ.get("NOTIFY_SOCKET")),
        watchdog_interval=watchdog_interval(environ, pid),
        sockets=handed_sockets(environ, pid) or launchd_sockets("maestrod"),
        journal_stream=environ.get("JOURNAL_STREAM"),
    )
    scrub_environment(environ)
    return service_context


def scrub_environment(environ: MutableMapping[str, str]) -> None:
    """Remove the variables that a service manager set for the daemon alone."""
    for name in [name for name in environ if name in _PRIVATE_NAMES or name.startswith(_PRIVATE_PREFIXES)]:
        del environ[name]


def _number(text: str | None) -> int | None:
    """A plain decimal number, or None: as strict as libsystemd's own parsers."""
    return int(text) if text and text.isascii() and text.isdigit() and len(text) < 20 else None
