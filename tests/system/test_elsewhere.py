"""Remote access with real clients: TLS, tokens with scopes, revocation, pace, audit; curl, a WebSocket client, maestroctl."""

import datetime as dt
import json
import shutil
import socket
import ssl
import subprocess
import tempfile
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from maestrod.transport.bridge.certificate import own_pair
from tests.kit.daemons.elsewhere import COMMAND, Elsewhere, Token
from tests.kit.patience import PATIENCE
from tests.kit.screens.tmux import Pane, needs_tmux

pytestmark = pytest.mark.slow

needs_curl = pytest.mark.skipif(shutil.which("curl") is None, reason="curl is not installed: it is the real client")

JSON = ("-X", "POST", "-H", "Content-Type: application/json")


@pytest.fixture
def daemon(short_folder: Path) -> Iterator[Elsewhere]:
    """A daemon that lets others in."""
    daemon = Elsewhere(short_folder / "m")
    daemon.start()
    yield daemon
    daemon.close()
    print(daemon.words())  # noqa: T201 - pytest shows it when the test failed


def task(daemon: Elsewhere, folder: Path, command: str) -> tuple[str, str]:
    """A session at work on a command: its task and its id."""
    project = daemon.call("project.create", name="p", workingDir=str(folder))["id"]
    made = daemon.call("task.create", projectId=project, title="work", commands=[command], agent="shell")["id"]
    return made, daemon.call("session.spawn", taskIds=[made], agent="shell", name="worker")["id"]


def method_calls(token: Token) -> list[tuple[str, int]]:
    """What each scope is tried at, and the status that curl gets."""
    calls = {
        "read": ("/api/status",),
        "work": (
            "/api/projects",
            *JSON,
            "-d",
            json.dumps({"name": token.id, "workingDir": tempfile.mkdtemp(dir=token.file.parent)}),
        ),
        "admin": ("/api/freeze", *JSON, "-d", "{}"),
        "tokens": ("/api/tokens",),
    }
    return [(name, token.curl(*call)[0]) for name, call in calls.items()]


@needs_curl
def test_a_token_grants_exactly_its_scope(daemon: Elsewhere) -> None:
    assert method_calls(daemon.token("read")) == [("read", 200), ("work", 403), ("admin", 403), ("tokens", 403)]
    assert method_calls(daemon.token("work")) == [("read", 200), ("work", 201), ("admin", 403), ("tokens", 403)]
    assert method_calls(daemon.token("admin")) == [("read", 200), ("work", 201), ("admin", 200), ("tokens", 200)]


def test_scopes_hold_on_a_websocket_as_well(daemon: Elsewhere) -> None:
    with daemon.token("read").socket() as client:
        assert client.call("task.list")["result"]["items"] == []
        assert client.call("system.freeze")["error"]["data"]["code"] == "token.scope"
        assert client.call("task.create", title="x", projectId="p")["error"]["code"] == 403


@needs_curl
def test_nobody_connects_without_a_valid_token(daemon: Elsewhere) -> None:
    token = daemon.token("admin")
    for secret in ("wrong", "-", (daemon.home / "run" / "bridge.token").read_text(), token.secret[:-1]):
        stranger = Token(daemon, token.id, secret, token.file)
        assert stranger.curl("/api/status")[0] == 401
        assert stranger.refused() == 401
    plain = subprocess.run(["curl", "-s", daemon.url.replace("https", "http")], check=False, capture_output=True)
    assert plain.returncode != 0, "nothing is said in the clear"
    assert daemon.call("system.status")["remoteUrl"] == daemon.url


def test_old_tls_versions_are_refused(daemon: Elsewhere) -> None:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    with pytest.warns(DeprecationWarning, match="TLSv1_1"):
        context.maximum_version = ssl.TLSVersion.TLSv1_1
    with socket.create_connection(daemon.address) as plain, pytest.raises(OSError):
        context.wrap_socket(plain)


@needs_curl
def test_revoking_a_token_disconnects_its_clients(daemon: Elsewhere, short_folder: Path) -> None:
    _, session = task(daemon, short_folder, "sleep 60")
    lost, kept = daemon.token("work"), daemon.token("work")
    with lost.socket() as events, lost.socket(f"/api/sessions/{session}/terminal") as terminal, kept.socket() as other:
        events.send({"type": "subscribe"})
        assert events.receive()["type"] == "subscribed"
        assert terminal.receive()["type"] == "start"
        daemon.call("token.revoke", tokenId=lost.id)
        while events.receive() is not None or terminal.receive() is not None:
            pass
        assert other.call("task.list")["result"]
        assert lost.curl("/api/status")[0] == 401
        assert lost.refused() == 401
        assert "unknown or revoked" in lost.ctl("status").stderr
        assert kept.curl("/api/status")[0] == 200
    daemon.restart()
    assert lost.curl("/api/status")[0] == 401, "it stays revoked"
    assert kept.curl("/api/status")[0] == 200, "it stays valid"
    daemon.call("session.stop", sessionId=session)


@needs_curl
def test_a_client_that_asks_too_fast_is_slowed_and_no_other_token_is_affected(short_folder: Path) -> None:
    daemon = Elsewhere(short_folder / "m", remote_rate=5)
    daemon.start()
    try:
        fast, slow = daemon.token("read"), daemon.token("read")
        _, answers = fast.curl("/api/status#[1-40]", "-D", "-")
        assert answers.count("HTTP/1.1 200") >= 10
        assert answers.count("HTTP/1.1 429") >= 10
        assert "Retry-After: 1" in answers and '"code":"token.rate"' in answers
        assert slow.curl("/api/status")[0] == 200
        with slow.socket() as client:
            assert all("result" in client.call("task.list") for _ in range(12)), (
                "a connection is heard more slowly, not cut"
            )
    finally:
        daemon.close()


@needs_curl
def test_changes_and_refusals_leave_a_line_without_parameters(daemon: Elsewhere) -> None:
    reader, worker = daemon.token("read"), daemon.token("work")
    secret = "canary-7f3a"
    body = json.dumps({"name": secret, "workingDir": str(daemon.home)})
    worker.curl("/api/projects", *JSON, "-d", body)
    worker.curl("/api/projects", *JSON, "-d", json.dumps({"name": secret, "workingDir": secret}))
    reader.curl("/api/projects", *JSON, "-d", body)
    reader.curl("/api/projects")
    lines = daemon.log_lines("maestrod.audit")
    assert lines == [
        f"{worker.id} ('ada', work) project.create: done",
        f"{worker.id} ('ada', work) project.create: project.relative",
        f"{reader.id} ('ada', read) project.create: token.scope",
    ]
    for each in (secret, reader.secret, worker.secret):
        assert each not in daemon.log.read_text()
    stored = b"".join(path.read_bytes() for path in daemon.data.rglob("*") if path.is_file())
    assert reader.secret.encode() not in stored


def test_every_kind_of_verb_works_remotely(daemon: Elsewhere, short_folder: Path) -> None:
    go = short_folder / "go"
    made, session = task(daemon, short_folder, f"echo one; until test -e {go}; do sleep 0.1; done; echo two")
    work = daemon.token("work")
    assert work.ctl("project", "list").stdout == _here(daemon, "project", "list")
    assert made in work.ctl("task", "tree", made, "--json").stdout
    assert "worker" in work.ctl("status").stdout
    assert daemon.url in work.ctl("daemon", "status").stdout
    following = subprocess.Popen(
        [*COMMAND, *work.flags, "logs", "-f", session], stdout=subprocess.PIPE, text=True, env=work.environ()
    )
    assert following.stdout is not None
    while "one" not in following.stdout.readline():
        pass
    go.touch()
    rest, _ = following.communicate(timeout=PATIENCE)
    assert "two" in rest
    assert work.ctl("wait", made).returncode == 0
    plan = short_folder / "plan.md"
    plan.write_text("# Try\n\n- [ ] say\n  ```sh\n  echo said\n  ```\n")
    done = work.ctl("run", "--plan", str(plan), "--project", "p", "--agent", "shell")
    assert (done.returncode, "completed in" in done.stdout) == (0, True), done.stderr
    assert work.ctl("doctor").returncode == 2
    assert work.ctl("daemon", "restart").returncode == 2
    assert work.ctl("daemon", "stop").returncode == 77
    assert daemon.token("admin").ctl("daemon", "stop").returncode == 0
    daemon.wait()


def _here(daemon: Elsewhere, *arguments: str) -> str:
    """The same on the daemon's own machine."""
    environ = {**daemon.token("read").environ(), "MAESTRO_HOME": str(daemon.home)}
    return subprocess.run([*COMMAND, *arguments], capture_output=True, text=True, env=environ, check=True).stdout


@needs_tmux
def test_a_terminal_is_used_remotely_through_a_restart(daemon: Elsewhere, short_folder: Path) -> None:
    _, session = task(daemon, short_folder, "echo your name; read n < /dev/tty; echo hi $n; read m < /dev/tty")
    work = daemon.token("work")
    with Pane(short_folder, [*COMMAND, *work.flags, "attach", session], work.environ()) as pane:
        pane.wait("your name")
        daemon.restart()
        pane.wait("the daemon is back")
        pane.type("Ada", "Enter")
        pane.wait("hi Ada")
        pane.type("C-\\")
        assert pane.ended() == 0
    daemon.call("session.stop", sessionId=session)


@needs_tmux
def test_everything_can_be_followed_remotely_through_a_restart(daemon: Elsewhere, short_folder: Path) -> None:
    made, session = task(daemon, short_folder, "echo here I am; sleep 60")
    work = daemon.token("work")
    with Pane(short_folder, [*COMMAND, *work.flags, "watch"], work.environ(), columns=130) as pane:
        pane.wait("▶ work", "here I am", "0/1 tasks")
        daemon.restart()
        daemon.call("session.stop", sessionId=session)
        daemon.call("task.cancel", taskId=made)
        pane.wait("■ work")


def test_the_token_is_sent_to_nobody_else(daemon: Elsewhere, tmp_path: Path) -> None:
    """An impostor at the address: another certificate, and everything he hears is kept."""
    token = daemon.token("admin")
    heard: list[bytes] = []
    listener = socket.create_server(("127.0.0.1", 0))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)

    context.load_cert_chain(*own_pair(tmp_path / "tls", ["127.0.0.1"], dt.datetime.now(dt.UTC)))

    def serve() -> None:
        for _ in range(2):
            connection, _ = listener.accept()
            try:
                with context.wrap_socket(connection, server_side=True) as secured:
                    heard.append(secured.recv(65_536))
            except OSError as error:
                heard.append(str(error).encode())

    thread = threading.Thread(target=serve)
    thread.start()
    url = f"https://127.0.0.1:{listener.getsockname()[1]}"
    for trust in (["--fingerprint", daemon.fingerprint], ["--ca-file", str(daemon.certificate)]):
        flags = ["--url", url, "--token-file", str(token.file), *trust]
        done = subprocess.run(
            [*COMMAND, *flags, "status"], capture_output=True, text=True, env=token.environ(), check=False
        )
        assert done.returncode == 77
        assert "nothing was sent" in done.stderr
    thread.join(PATIENCE)
    listener.close()
    assert not any(token.secret.encode() in each or b"GET" in each for each in heard)


@needs_curl
def test_a_remote_page_has_exactly_the_rights_of_its_token(daemon: Elsewhere) -> None:
    reader = daemon.token("read")
    address = reader.ctl("ui", "--no-browser").stdout.strip()
    assert address.startswith(f"{daemon.url}/?code=")
    jar = str(daemon.home / "cookies")
    trust = ["--cacert", str(daemon.certificate), "-c", jar, "-b", jar, "-H", f"Origin: {daemon.url}"]
    signed_in = subprocess.run(
        ["curl", "-sS", "-i", *trust, address], capture_output=True, text=True, check=True
    ).stdout
    assert "303" in signed_in and "; Secure" in signed_in and "HttpOnly" in signed_in

    def ask(path: str, *options: str) -> str:
        command = ["curl", "-sS", "-o", "/dev/null", "-w", "%{http_code}", *trust, *options, daemon.url + path]
        return subprocess.run(command, capture_output=True, text=True, check=True).stdout

    assert ask("/api/status") == "200"
    assert ask("/api/freeze", *JSON, "-d", "{}") == "403"
    daemon.call("token.revoke", tokenId=reader.id)
    assert ask("/api/status") == "401"
