"""A remote daemon: the flags, whom we trust, and the answers. With a real daemon: tests/system/test_elsewhere.py."""

import contextlib
import socket
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from wsproto import ConnectionType, WSConnection
from wsproto.events import AcceptConnection, BytesMessage, CloseConnection, Ping, Pong, Request, TextMessage

from maestroctl.client.caller import Caller, take_global_flags
from maestroctl.client.channel import ConnectionLost
from maestroctl.client.remote import DEFAULT_PORT, Remote
from maestrod.api.errors import Busy, Malformed, NoDaemon, NotAllowed


@pytest.fixture
def token(tmp_path: Path) -> Path:
    file = tmp_path / "token"
    file.touch(mode=0o600)
    file.write_text("mst_x\n")
    return file


def remote(token: Path, url: str = "https://a:1", **more: str) -> Remote:
    return Remote.of({"MAESTRO_URL": url, "MAESTRO_TOKEN_FILE": str(token), **more})


@pytest.mark.parametrize(
    "url, netloc, tls",
    [
        ("https://work:443", "work:443", True),
        ("work", f"work:{DEFAULT_PORT}", True),
        ("https://[fe80::1]:9/", "[fe80::1]:9", True),
        ("http://127.0.0.1:7717", "127.0.0.1:7717", False),
    ],
)
def test_addresses_are_read(token: Path, url: str, netloc: str, tls: bool) -> None:
    found = remote(token, url)
    assert (found.netloc, found.tls, found.token) == (netloc, tls, "mst_x")


@pytest.mark.parametrize(
    "url", ["http://work:1", "ftp://work", "https://", "https://a:b", "https://a/path", "https://a?x=1", "https://[::1"]
)
def test_invalid_addresses_are_refused(token: Path, url: str) -> None:
    with pytest.raises(Malformed):
        remote(token, url)


def test_the_fingerprint_has_the_usual_form(token: Path) -> None:
    digits = "ab" * 32
    colons = ":".join("AB" for _ in range(32))
    assert remote(token, MAESTRO_FINGERPRINT=f"SHA256:{colons}").fingerprint == digits
    with pytest.raises(Malformed):
        remote(token, MAESTRO_FINGERPRINT="ab")


def test_a_token_that_others_can_read_is_refused(token: Path) -> None:
    token.chmod(0o644)
    with pytest.raises(Malformed, match="chmod 600"):
        remote(token)


@pytest.mark.parametrize("content", ["", "two words", "\x07", "für"])
def test_an_invalid_token_is_refused(token: Path, content: str) -> None:
    token.write_text(content)
    with pytest.raises(Malformed):
        remote(token)


def test_a_token_in_a_file_saved_on_windows_is_read(token: Path) -> None:
    token.write_bytes(b"\xef\xbb\xbfmst_x\r\n")
    assert remote(token) == remote_of_plain(token)


def remote_of_plain(token: Path) -> Remote:
    token.write_bytes(b"mst_x\n")
    return remote(token)


def test_a_request_without_a_token_is_refused(tmp_path: Path) -> None:
    for file in ("", str(tmp_path / "none")):
        with pytest.raises(Malformed):
            Remote.of({"MAESTRO_URL": "https://a", "MAESTRO_TOKEN_FILE": file})


def test_flags_can_be_anywhere() -> None:
    rest, variables = take_global_flags(["task", "--url", "https://a", "list", "--token-file=t", "--fingerprint", "f"])
    assert rest == ["task", "list"]
    assert variables == {"MAESTRO_URL": "https://a", "MAESTRO_TOKEN_FILE": "t", "MAESTRO_FINGERPRINT": "f"}


def test_settings_of_this_machine_stay_here() -> None:
    with pytest.raises(Malformed, match="leave out --url"):
        Caller({"MAESTRO_URL": "https://a"}).require_local("doctor")
    Caller({}).require_local("doctor")


class Server:
    """The other end, in the clear on the loopback interface: accepts, or answers with ``refusal`` (bytes of HTTP)."""

    def __init__(self, refusal: bytes = b"") -> None:
        self._listener = socket.create_server(("127.0.0.1", 0))
        self._refusal = refusal
        self.url = f"http://127.0.0.1:{self._listener.getsockname()[1]}"
        self.heard: list[Any] = []
        self._thread = threading.Thread(target=self._serve)
        self._thread.start()

    def _serve(self) -> None:
        try:
            connection, _ = self._listener.accept()
        except OSError:  # closed: nobody called in this test
            return
        protocol = WSConnection(ConnectionType.SERVER)
        with connection, contextlib.suppress(ConnectionError):  # a client that leaves in the middle
            while data := connection.recv(65_536):
                protocol.receive_data(data)
                for event in protocol.events():
                    self.heard.append(event)
                    connection.sendall(self._answer(protocol, event))
                    if self._refusal:
                        return

    def _answer(self, protocol: WSConnection, event: Any) -> bytes:
        if isinstance(event, Request):
            return self._refusal or protocol.send(AcceptConnection())
        if isinstance(event, TextMessage) and event.data == '"ping"':
            return protocol.send(Ping(b"p"))
        if isinstance(event, TextMessage) and event.data == '"bye"':
            return protocol.send(CloseConnection(1001, "the daemon is stopping"))
        if isinstance(event, TextMessage):
            first = protocol.send(TextMessage(event.data[:3], message_finished=False))
            return first + protocol.send(TextMessage(event.data[3:])) + protocol.send(BytesMessage(b"ignored"))
        return b""

    def close(self) -> None:
        with contextlib.suppress(OSError):  # not connected, says macOS
            self._listener.shutdown(socket.SHUT_RDWR)  # a plain close does not wake a thread that waits in accept
        self._listener.close()
        self._thread.join()


@pytest.fixture
def server() -> Iterator[Server]:
    server = Server()
    yield server
    server.close()


def test_messages_are_sent_and_received(server: Server, token: Path) -> None:
    channel = remote(token, server.url).open()
    channel.send(b'{"a":1}')
    assert channel.receive(5) == b'{"a":1}'
    assert channel.receive(0.0) is None
    channel.send(b'"ping"')
    channel.send(b'{"b":2}')
    assert channel.receive(5) == b'{"b":2}'
    channel.send(b'"bye"')
    with pytest.raises(ConnectionLost, match="stopping"):
        channel.receive(5)
    channel.close()
    server.close()
    request = server.heard[0]
    assert request.target == "/ws"
    assert (b"authorization", b"Bearer mst_x") in list(request.extra_headers)
    assert any(isinstance(event, Pong) for event in server.heard)


@pytest.mark.parametrize(
    "status, body, error",
    [
        (b"401 No", b'{"message":"m","code":"bridge.unauthorized"}', NotAllowed),
        (b"403 No", b'{"message":"m","code":"bridge.origin"}', NotAllowed),
        (b"429 No", b'{"message":"m","code":"token.rate"}', Busy),
        (b"404 No", b"<html>", NoDaemon),
        (b"200 OK", b"", NoDaemon),
    ],
)
def test_a_refusal_has_its_reason(token: Path, status: bytes, body: bytes, error: type[Exception]) -> None:
    server = Server(b"HTTP/1.1 %b\r\nContent-Length: %d\r\n\r\n%b" % (status, len(body), body))
    with pytest.raises(error):
        remote(token, server.url).open()
    server.close()


def test_a_server_without_websocket_is_not_a_daemon(token: Path) -> None:
    server = Server(b"SSH-2.0-x\r\n\r\n")
    with pytest.raises(NoDaemon):
        remote(token, server.url).open()
    server.close()


def test_an_address_without_a_listener_is_not_a_daemon(token: Path) -> None:
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        with pytest.raises(NoDaemon, match="cannot be reached"):
            remote(token, f"http://127.0.0.1:{unused.getsockname()[1]}").open()


def test_an_unreadable_certificate_authority_is_reported(token: Path, server: Server) -> None:
    with pytest.raises(Malformed, match="cannot read certificates"):
        remote(token, server.url.replace("http:", "https:"), MAESTRO_CA_FILE="/no/such").open()
