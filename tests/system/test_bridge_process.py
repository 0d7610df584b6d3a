"""The bridge of a real daemon: switched off, with its port in use, after a crash; and pages that reconnect."""

import json
import random
import signal
import socket
import urllib.error
import urllib.request
from typing import Any

import pytest
import trio
from trio_websocket import ConnectionClosed, WebSocketConnection

from tests.kit.daemons.bridge_process import BridgeOf
from tests.kit.daemons.daemon import Daemon
from tests.kit.patience import PATIENCE

pytestmark = pytest.mark.slow


@pytest.fixture
def project(daemon: Daemon) -> str:
    daemon.start()
    made: str = daemon.call("project.create", name="p", workingDir=str(daemon.home))["id"]
    return made


def test_without_a_bridge_there_is_no_port_and_no_token(daemon: Daemon) -> None:
    daemon.settings["MAESTRO_BRIDGE"] = "false"
    daemon.start()
    assert daemon.call("system.status")["url"] is None
    assert sorted(path.name for path in (daemon.home / "run").iterdir()) == ["maestrod.sock"]
    with pytest.raises(Exception, match=r"bridge\.off"):
        daemon.call("ui.open")


def test_a_port_in_use_moves_the_bridge_and_it_returns_when_free(daemon: Daemon) -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        daemon.settings["MAESTRO_BRIDGE_PORT"] = str(other.getsockname()[1])
        daemon.start()
        first = BridgeOf(daemon)
        assert first.port != other.getsockname()[1]
    assert first.get("/api/status")["url"] == first.url == daemon.call("system.status")["url"]
    daemon.restart()
    second = BridgeOf(daemon)
    assert second.url == first.url and second.token != first.token
    with pytest.raises(urllib.error.HTTPError, match="401"):
        first.get("/api/status")


def test_a_bridge_that_cannot_open_leaves_the_socket_and_says_why(daemon: Daemon) -> None:
    daemon.settings["MAESTRO_BRIDGE_ADDRESS"] = "::1%nowhere"
    daemon.start()
    [problem] = daemon.call("system.status")["problems"]
    assert "cannot listen on ::1%nowhere" in problem


def test_a_stop_removes_the_token_and_the_address(daemon: Daemon) -> None:
    daemon.start()
    assert BridgeOf(daemon).get("/health")["status"] == "ok"
    assert daemon.end(signal.SIGTERM) == 0
    assert not (daemon.home / "run" / "bridge.token").exists()
    assert not (daemon.home / "run" / "maestrod.json").exists()


def test_the_cookie_of_a_page_survives_a_crash(daemon: Daemon) -> None:
    class NoRedirect(urllib.request.HTTPRedirectHandler):
        def redirect_request(self, *parts: Any) -> None:
            return None

    daemon.start()
    opener = urllib.request.build_opener(NoRedirect)
    with pytest.raises(urllib.error.HTTPError) as redirect:
        opener.open(daemon.call("ui.open")["url"], timeout=PATIENCE)
    assert redirect.value.code == 303
    cookie = redirect.value.headers["Set-Cookie"].partition(";")[0]
    redirect.value.close()
    daemon.restart()
    headers = {"Cookie": cookie, "Sec-Fetch-Site": "same-origin"}
    with urllib.request.urlopen(
        urllib.request.Request(BridgeOf(daemon).url + "/api/status", headers=headers), timeout=PATIENCE
    ) as reply:
        assert reply.status == 200


class Returning:
    """A page that loses its connection at random moments and comes back with the last seq it saw."""

    def __init__(self, daemon: Daemon, choice: random.Random) -> None:
        self.seqs: list[int] = []
        self.connections = 0
        self._daemon = daemon
        self._choice = choice

    async def follow(self, until: int) -> None:
        """Read until the event ``until``."""
        while not self.seqs or self.seqs[-1] < until:
            self.connections += 1
            async with BridgeOf(self._daemon).web_socket() as connection:
                since = self.seqs[-1] if self.seqs else 0
                await connection.send_message(json.dumps({"type": "subscribe", "since": since}))
                await self._read(connection, self._choice.randint(0, 900), until)

    async def _read(self, connection: WebSocketConnection, count: int, until: int) -> None:
        for _ in range(count + 1):
            try:
                message = json.loads(await connection.get_message())
            except ConnectionClosed:
                return
            if message["type"] == "event":
                self.seqs.append(message["seq"])
                if message["seq"] >= until:
                    return


async def test_a_page_that_reconnects_often_gets_each_of_10000_events_once_and_in_order(
    daemon: Daemon, project: str
) -> None:
    """Done when, 4."""
    wanted = 10_001
    pages = [Returning(daemon, random.Random(seed)) for seed in range(4)]

    def publish() -> None:
        with daemon.connect() as connection:
            for first in range(1, wanted, 200):
                last = min(first + 200, wanted)
                sent = [
                    connection.send("project.update", {"projectId": project, "description": str(number)})
                    for number in range(first, last)
                ]
                for number in sent:
                    connection.answer(number)

    with trio.fail_after(2 * PATIENCE):
        async with trio.open_nursery() as nursery:
            for page in pages:
                nursery.start_soon(page.follow, wanted)
            await trio.to_thread.run_sync(publish)
    for page in pages:
        assert page.seqs == list(range(1, wanted + 1))
        assert page.connections > 5


async def test_pages_lose_nothing_when_the_daemon_is_killed_under_them(daemon: Daemon, project: str) -> None:
    page = Returning(daemon, random.Random(7))
    for round_ in range(3):
        for number in range(50):
            daemon.call("project.update", projectId=project, description=f"{round_} {number}")
        reached = daemon.call("system.status")["seq"]
        with trio.fail_after(PATIENCE):
            await page.follow(reached - 10)
        await trio.to_thread.run_sync(daemon.restart)
    with trio.fail_after(PATIENCE):
        await page.follow(daemon.call("system.status")["seq"])
    assert page.seqs == list(range(1, daemon.call("system.status")["seq"] + 1))
