"""A daemon on another machine: JSON-RPC over WebSocket and TLS, with the same interface as the socket's channel.

The certificate identifies the peer: it is signed by a known authority or by one given as a file, or has the given fingerprint. The
token is sent to no other peer. Without TLS, connections are allowed only to this machine.
"""

import hashlib
import hmac
import json
import socket
import ssl
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Self
from urllib.parse import urlsplit

from wsproto import ConnectionType, WSConnection
from wsproto.events import (
    AcceptConnection,
    CloseConnection,
    Event,
    Ping,
    RejectConnection,
    RejectData,
    Request,
    TextMessage,
)
from wsproto.utilities import LocalProtocolError, RemoteProtocolError

from maestroctl.client.channel import PROBE, SEND_PATIENCE, Channel, ConnectionLost
from maestroctl.client.errors import failure
from maestrod.api.errors import Malformed, NoDaemon, NotAllowed
from maestrod.api.local import plain_file
from maestrod.api.text.outside_text import file_text

#: Variables that the global flags set.
URL, TOKEN_FILE, CA_FILE, FINGERPRINT = (
    "MAESTRO_URL",
    "MAESTRO_TOKEN_FILE",
    "MAESTRO_CA_FILE",
    "MAESTRO_FINGERPRINT",
)

#: The daemon's default port for other machines.
DEFAULT_PORT = 7718

#: Seconds to connect and authenticate.
_CONNECT_SECONDS = 10.0
_CHUNK = 262_144
_PATH = "/ws"

#: Maximum bytes of a token file; tokens have 47.
_TOKEN_LIMIT = 4096

_LOOPBACK = frozenset({"127.0.0.1", "localhost", "::1"})
_NOT_LET_IN = 401


@dataclass(frozen=True)
class Remote:
    """The address of a daemon and the credentials for it. ``fingerprint`` is the SHA-256 of its certificate, in lower-case hexadecimal."""

    host: str
    port: int
    token: str
    tls: bool = True
    ca_file: str | None = None
    fingerprint: str | None = None

    @classmethod
    def of(cls, environ: Mapping[str, str]) -> Self:
        """Read the flags and the environment. Raises ``Malformed``, naming what is missing."""
        host, port, tls = _address(environ[URL])
        fingerprint = environ.get(FINGERPRINT, "").lower().removeprefix("sha256:").replace(":", "") or None
        if fingerprint is not None and (len(fingerprint) != 64 or not set(fingerprint) <= set("0123456789abcdef")):
            raise Malformed(
                "usage",
                "--fingerprint must be a SHA-256 of 64 hexadecimal digits, as printed by `maestroctl daemon status`",
            )
        return cls(host, port, _token(environ.get(TOKEN_FILE, "")), tls, environ.get(CA_FILE) or None, fingerprint)

    @property
    def netloc(self) -> str:
        """Host and port as written in an address."""
        return f"{f'[{self.host}]' if ':' in self.host else self.host}:{self.port}"

    @property
    def url(self) -> str:
        """The address, for messages."""
        return f"{'https' if self.tls else 'http'}://{self.netloc}"

    def open(self) -> "WebChannel":
        """A connection. Raises ``NoDaemon`` if nothing answers, ``NotAllowed`` if either side does not trust the other."""
        try:
            return WebChannel(self)
        except ssl.SSLCertVerificationError as error:
            message = (
                f"the certificate of {self.url} is not trusted ({error.verify_message}); nothing was sent. Pass its authority with "
                "--ca-file, or its --fingerprint, as printed by `maestroctl daemon status` on that machine"
            )
            raise NotAllowed("tls.untrusted", message) from error
        except ssl.SSLError as error:
            raise NoDaemon("daemon.unreachable", f"{self.url} does not speak TLS: {error.reason or error}") from error
        except ConnectionLost as error:
            raise NoDaemon("daemon.unreachable", f"{self.url}: {error}") from error
        except OSError as error:
            raise NoDaemon("daemon.unreachable", f"{self.url} cannot be reached: {error.strerror or error}") from error


class WebChannel(Channel):
    """One connection to a remote daemon: each message is a text frame of the WebSocket. Not thread-safe."""

    def __init__(self, remote: Remote) -> None:
        """Connect and authenticate. Raises ``OSError``, ``NotAllowed``, or another error that the daemon answers with."""
        self._pending = bytearray()
        self._scanned = 0
        self._remote = remote
        self.name = remote.url
        self._last_received = time.monotonic()
        self._accepted = False
        self._refusal: tuple[int, bytes] | None = None
        self._protocol = WSConnection(ConnectionType.CLIENT)
        self._socket = _connected(remote)
        try:
            self._shake_hands()
        except BaseException:
            self._socket.close()
            raise

    def send(self, message: bytes) -> None:
        """Send one message, which must be JSON."""
        self._write(TextMessage(data=message.decode()))

    @property
    def peer(self) -> int | None:
        """Unknown for a remote daemon."""
        return None

    def _probe(self) -> None:
        self._write(TextMessage(data=PROBE.decode()))

    def _shake_hands(self) -> None:
        authorization = (b"authorization", b"Bearer " + self._remote.token.encode())
        self._write(Request(host=self._remote.netloc, target=_PATH, extra_headers=[authorization]))
        deadline = time.monotonic() + _CONNECT_SECONDS
        while not self._accepted:
            if not self._fill(max(deadline - time.monotonic(), 0.0)) and time.monotonic() > deadline:
                raise ConnectionLost("no answer came in time")

    def _write(self, event: Event) -> None:
        self._socket.settimeout(SEND_PATIENCE)
        try:
            self._socket.sendall(self._protocol.send(event))
        except TimeoutError:
            raise self.silent() from None
        except (OSError, LocalProtocolError) as error:
            raise ConnectionLost(str(error)) from error

    def _fill(self, timeout: float | None) -> bool:
        """Read once; False if nothing arrived in time."""
        self._socket.settimeout(timeout)
        try:
            data = self._socket.recv(_CHUNK)
        except (TimeoutError, BlockingIOError, ssl.SSLWantReadError):
            return False
        except OSError as error:
            raise ConnectionLost(str(error)) from error
        try:
            self._protocol.receive_data(data or None)
            for event in self._protocol.events():
                self._take(event)
        except RemoteProtocolError as error:
            raise ConnectionLost(f"the server does not speak WebSocket: {error}") from error
        if not data:
            raise ConnectionLost("the daemon closed the connection")
        return True

    def _take(self, event: Event) -> None:
        if isinstance(event, TextMessage):
            self._pending += event.data.encode()
            if event.message_finished:
                self._pending += b"\n"
        elif isinstance(event, Ping):
            self._write(event.response())
        elif isinstance(event, CloseConnection):
            raise ConnectionLost(event.reason or "the daemon closed the connection")
        elif isinstance(event, AcceptConnection):
            self._accepted = True
        else:
            self._take_refusal(event)

    def _take_refusal(self, event: Event) -> None:
        """Raise the error in an HTTP response that was sent instead of a WebSocket."""
        if isinstance(event, RejectConnection):
            self._refusal = (event.status_code, b"")
            if event.has_body:
                return
        elif isinstance(event, RejectData) and self._refusal is not None:
            self._refusal = (self._refusal[0], self._refusal[1] + event.data)
            if not event.body_finished:
                return
        if self._refusal is not None:
            raise _refused(*self._refusal, self._remote.url)


def _address(url: str) -> tuple[str, int, bool]:
    """Host, port, and whether to use TLS. Raises ``Malformed``."""
    try:
        parts = urlsplit(url if "://" in url else f"https://{url}")
        host, port = parts.hostname, parts.port
    except ValueError as error:
        raise Malformed("usage", f"--url {url}: {error}") from error
    if parts.scheme not in {"https", "http"} or not host or parts.path.strip("/") or parts.query:
        raise Malformed("usage", f"--url must be https://HOST:PORT, not {url}")
    if parts.scheme == "http" and host not in _LOOPBACK:
        raise Malformed("usage", "--url: without TLS others could read the token; use https, or a tunnel to 127.0.0.1")
    return host, port or DEFAULT_PORT, parts.scheme == "https"


def _token(file: str) -> str:
    """Read the token from a file that only the user can read. Raises ``Malformed``."""
    if not file:
        raise Malformed(
            "usage", "--url needs a token: --token-file FILE, made by `maestroctl token create` on that machine"
        )
    try:
        path = Path(file).expanduser()
        if path.stat().st_mode & 0o077:
            raise Malformed("usage", f"other users can read the token in {file}: chmod 600 {file}")
        token = file_text(plain_file.read(path, _TOKEN_LIMIT, pipes=True)).strip()
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or error
        raise Malformed("usage", f"cannot read the token in {file}: {reason}") from error
    if not token or not token.isascii() or not token.isprintable() or " " in token:
        raise Malformed("usage", f"{file} contains no token")
    return token


def _connected(remote: Remote) -> socket.socket:
    """A connected socket with a verified peer."""
    plain = socket.create_connection((remote.host, remote.port), _CONNECT_SECONDS)
    plain.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    if not remote.tls:
        return plain
    try:
        secured = _context(remote).wrap_socket(plain, server_hostname=remote.host)
    except BaseException:
        plain.close()
        raise
    if remote.fingerprint is not None:
        found = hashlib.sha256(secured.getpeercert(binary_form=True) or b"").hexdigest()
        if not hmac.compare_digest(found, remote.fingerprint):
            secured.close()
            raise NotAllowed(
                "tls.fingerprint", f"{remote.url} has a certificate with another fingerprint; nothing was sent"
            )
    return secured


def _context(remote: Remote) -> ssl.SSLContext:
    try:
        context = ssl.create_default_context(cafile=remote.ca_file)
    except (OSError, ssl.SSLError) as error:
        raise Malformed("usage", f"cannot read certificates from {remote.ca_file}: {error}") from error
    if remote.fingerprint is not None:  # the exact certificate is known, so its issuer does not matter
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
    return context


def _refused(status: int, body: bytes, url: str) -> Exception:
    """The error with which the daemon refuses the connection."""
    try:
        said = json.loads(body)
        message, code = str(said["message"]), str(said["code"])
    except (ValueError, KeyError, TypeError):
        return ConnectionLost(f"{url} answered with HTTP status {status}: it is not maestrod")
    if status == _NOT_LET_IN:
        return NotAllowed("token.invalid", f"{url} refused the token: it is unknown or revoked; ask for a new one")
    return failure(status, message, {"code": code, "details": said.get("details")})
