"""A real daemon that accepts remote clients, and such clients: maestroctl, curl, a WebSocket client.

A test with a browser uses ``Elsewhere.token("read")`` to request the address of the page (``ui.open``).
"""

import base64
import json
import os
import secrets
import socket
import ssl
import subprocess
import sys
from pathlib import Path
from typing import Any

from wsproto import ConnectionType, WSConnection
from wsproto.events import AcceptConnection, CloseConnection, RejectConnection, Request, TextMessage

from tests.kit.daemons.daemon import Daemon, Json, own_port
from tests.kit.patience import PATIENCE

COMMAND = [sys.executable, "-m", "maestroctl"]
SOURCE = str(Path(__file__).parents[3])


class Elsewhere(Daemon):
    """A daemon with a remote port on the loopback interface, which stays the same across restarts."""

    def __init__(self, home: Path, **settings: object) -> None:
        port = own_port()
        super().__init__(home, remote_address="127.0.0.1", remote_port=port, **settings)
        self.address = ("127.0.0.1", port)
        self.url = f"https://127.0.0.1:{port}"
        self.certificate = self.data / "tls" / "certificate.pem"

    @property
    def fingerprint(self) -> str:
        """The fingerprint of its certificate."""
        found: str = self.call("system.status")["fingerprint"]
        return found

    def token(self, scope: str) -> "Token":
        """A new token of a scope."""
        made = self.call("token.create", name=f"for {scope}", owner="ada", scope=scope)
        file = self.home / f"token-{scope}-{secrets.token_hex(3)}"
        file.touch(mode=0o600)
        file.write_text(made["secret"] + "\n")
        return Token(self, made["token"]["id"], made["secret"], file)

    def log_lines(self, logger: str) -> list[str]:
        """The log lines of a logger."""
        lines = [json.loads(line) for line in self.log.read_text().splitlines() if line.startswith("{")]
        return [line["message"] for line in lines if line["logger"] == logger]


class Token:
    """A remote client with a token."""

    def __init__(self, daemon: Elsewhere, id_: str, secret: str, file: Path) -> None:
        self.daemon = daemon
        self.id = id_
        self.secret = secret
        self.file = file

    @property
    def flags(self) -> list[str]:
        """The flags for maestroctl."""
        return [
            *("--url", self.daemon.url, "--token-file", str(self.file)),
            *("--fingerprint", self.daemon.fingerprint),
        ]

    def environ(self) -> dict[str, str]:
        """The environment of a machine without a daemon."""
        kept = {name: value for name, value in os.environ.items() if not name.startswith("MAESTRO_")}
        other = self.daemon.home.parent / "other"
        return {**kept, "PYTHONPATH": SOURCE, "MAESTRO_HOME": str(other), "MAESTRO_NO_AUTOSTART": "1"}

    def ctl(self, *arguments: str) -> "subprocess.CompletedProcess[str]":
        """Run maestroctl as from another machine."""
        return subprocess.run(
            [*COMMAND, *self.flags, *arguments],
            capture_output=True,
            text=True,
            check=False,
            env=self.environ(),
            timeout=PATIENCE,
            stdin=subprocess.DEVNULL,
        )

    def curl(self, path: str, *options: str) -> tuple[int, str]:
        """The status and the body that curl receives; it trusts the certificate file."""
        command = ["curl", "-sS", "--cacert", str(self.daemon.certificate), "-w", "\n%{http_code}"]
        command += ["-H", f"Authorization: Bearer {self.secret}", *options, self.daemon.url + path]
        done = subprocess.run(command, capture_output=True, text=True, check=True, timeout=PATIENCE)
        body, _, status = done.stdout.rpartition("\n")
        return int(status), body

    def socket(self, path: str = "/ws") -> "WebSocketClient":
        """A WebSocket as from another machine."""
        return WebSocketClient(self, path)

    def refused(self) -> int:
        """The status with which a WebSocket is refused; 101 if it is accepted."""
        with self.socket() as client:
            return client.status


class WebSocketClient:
    """A blocking WebSocket client over TLS, made with wsproto, without code of the product."""

    def __init__(self, token: Token, path: str) -> None:
        context = ssl.create_default_context(cafile=token.daemon.certificate)
        plain = socket.create_connection(token.daemon.address, PATIENCE)
        self._socket = context.wrap_socket(plain, server_hostname="127.0.0.1")
        self._protocol = WSConnection(ConnectionType.CLIENT)
        host = token.daemon.url.removeprefix("https://")
        headers = [(b"authorization", f"Bearer {token.secret}".encode())]
        self._socket.sendall(self._protocol.send(Request(host=host, target=path, extra_headers=headers)))
        self._texts: list[str] = []
        self.status = 0
        self.closed = False
        while not self.status:
            self._read()

    def __enter__(self) -> "WebSocketClient":
        return self

    def __exit__(self, *reason: object) -> None:
        self._socket.close()

    def send(self, message: Json) -> None:
        """Send a message."""
        self._socket.sendall(self._protocol.send(TextMessage(data=json.dumps(message))))

    def receive(self) -> Any:
        """The next message; None if the server closed the connection."""
        while not self._texts and not self.closed:
            self._read()
        return json.loads(self._texts.pop(0)) if self._texts else None

    def call(self, method: str, **params: Any) -> Any:
        """The reply to a JSON-RPC call."""
        number = base64.b64encode(secrets.token_bytes(6)).decode()
        self.send({"jsonrpc": "2.0", "id": number, "method": method, "params": params})
        while (message := self.receive()) is not None and message.get("id") != number:
            pass
        return message

    def _read(self) -> None:
        try:
            data = self._socket.recv(65_536)
        except OSError:
            data = b""
        self._protocol.receive_data(data or None)
        for event in self._protocol.events():
            if isinstance(event, TextMessage):
                self._texts.append(event.data)
            elif isinstance(event, AcceptConnection):
                self.status = 101
            elif isinstance(event, RejectConnection):
                self.status = event.status_code
            elif isinstance(event, CloseConnection):
                self.closed = True
        self.closed = self.closed or not data
