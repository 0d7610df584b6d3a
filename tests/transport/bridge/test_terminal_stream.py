"""A terminal over a WebSocket."""

from typing import Any

import pytest
import trio
from trio_websocket import ConnectionClosed

from maestrod.transport.bridge import terminal_stream as module
from tests.kit.clients.bridge_client import BridgeServer, bridging
from tests.kit.parts.rpc_parts import ScriptedTerminals


async def session(server: BridgeServer) -> tuple[str, ScriptedTerminals]:
    project = await server.call("POST", "/api/projects", {"name": "p", "workingDir": "/p"})
    task = await server.call("POST", "/api/tasks", {"title": "t", "projectId": project["id"]})
    made = await server.call("POST", "/api/sessions/spawn", {"taskIds": [task["id"]]})
    terminals = server.services.terminals
    assert isinstance(terminals, ScriptedTerminals)
    return made["id"], terminals


async def test_output_is_read_from_the_offset_and_then_live() -> None:
    async with bridging() as server:
        id_, terminals = await session(server)
        terminals.print(id_, b"before\n")
        async with server.web_socket(f"/api/sessions/{id_}/terminal?offset=3") as page:
            start = {"type": "start", "offset": 3, "cols": 120, "rows": 40, "status": "spawning"}
            assert await page.read() == start
            assert await page.read() == b"ore\n"
            terminals.print(id_, b"\x1b[1mlive\xff")
            assert await page.read() == b"\x1b[1mlive\xff"
            terminals.print(id_, b"last", end=True)
            assert await page.read() == b"last"
            assert (await page.read())["type"] == "end"
            with pytest.raises(ConnectionClosed):
                await page.read()


async def test_without_an_offset_output_begins_at_the_end() -> None:
    async with bridging() as server:
        id_, terminals = await session(server)
        terminals.print(id_, b"before")
        async with server.web_socket(f"/api/sessions/{id_}/terminal") as page:
            assert (await page.read())["offset"] == 6


async def test_input_and_size_reach_the_agent() -> None:
    async with bridging() as server:
        id_, terminals = await session(server)
        async with server.web_socket(f"/api/sessions/{id_}/terminal") as page:
            await page.read()
            await page.send(b"ls\r\x03\xff")
            await page.send({"type": "resize", "cols": 80, "rows": 24})
            await page.send({"type": "ping"})
            assert (await page.read())["type"] == "pong"
            assert terminals.typed == [(id_, b"ls\r\x03\xff")] and terminals.sizes == [(id_, 80, 24)]
        async with server.web_socket(f"/api/sessions/{id_}/terminal") as page:
            start = await page.read()
            assert (start["cols"], start["rows"]) == (80, 24)


@pytest.mark.parametrize(
    "message, code",
    [
        ('{"type":"resize","cols":0,"rows":1}', "terminal.message"),
        ('{"type":"dance"}', "terminal.message"),
        ("x", "terminal.message"),
        (b"typed", "terminal.deaf"),
    ],
)
async def test_invalid_messages_are_reported(message: str | bytes, code: str) -> None:
    async with bridging() as server:
        id_, terminals = await session(server)
        terminals.deaf = True
        async with server.web_socket(f"/api/sessions/{id_}/terminal") as page:
            await page.read()
            await page.send(message)
            assert (await page.read())["code"] == code


async def test_a_read_only_client_cannot_type() -> None:
    async with bridging() as server:
        id_, terminals = await session(server)
        async with server.web_socket(f"/api/sessions/{id_}/terminal?readonly=1") as page:
            await page.read()
            await page.send(b"x")
            assert (await page.read())["code"] == "terminal.readonly"
            await page.send({"type": "resize", "cols": 80, "rows": 24})
            assert (await page.read())["code"] == "terminal.readonly"
        assert terminals.typed == [] and terminals.sizes == []


@pytest.mark.parametrize("query", ["?offset=x", "?offset=-1", "?offset=" + "9" * 30])
async def test_an_invalid_offset_is_refused(query: str) -> None:
    from tests.kit.clients.attacked import UPGRADE

    async with bridging() as server:
        id_, _ = await session(server)
        answer = await server.ask("GET", f"/api/sessions/{id_}/terminal{query}", headers=UPGRADE)
        assert (answer.status, answer.code) == (400, "params.invalid")
        missing = await server.ask("GET", "/api/sessions/ses_none/terminal", headers=UPGRADE)
        assert (missing.status, missing.code) == (404, "session.not_found")


async def test_output_that_was_rotated_away_is_a_gap() -> None:
    async with bridging() as server:
        id_, terminals = await session(server)
        terminals.print(id_, b"0123456789")
        terminals.rotated[id_] = 4
        async with server.web_socket(f"/api/sessions/{id_}/terminal?offset=1") as page:
            await page.read()
            assert await page.read() == {"type": "gap", "offset": 4}
            assert await page.read() == b"456789"


@pytest.mark.slow
async def test_a_reader_that_never_keeps_up_skips_ahead(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "BEHIND_LIMIT", 3 << 20)
    async with bridging() as server:
        id_, terminals = await session(server)
        async with server.web_socket(f"/api/sessions/{id_}/terminal?offset=0") as page:
            await page.read()
            for number in range(40):
                terminals.print(id_, bytes([number]) * (1 << 20))
                await trio.lowlevel.checkpoint()
            terminals.print(id_, b"", end=True)
            offset, gaps = 0, 0
            while not isinstance(message := await page.read(), dict) or message["type"] != "end":
                if isinstance(message, bytes):
                    expected = terminals.logs[id_][offset : offset + len(message)]
                    assert message == expected, "bytes of another offset"
                    offset += len(message)
                else:
                    offset, gaps = message["offset"], gaps + 1
            assert offset == len(terminals.logs[id_]) and gaps >= 1


async def test_a_terminal_stream_ends_with_the_daemon() -> None:
    async with bridging() as server:
        id_, _ = await session(server)
        async with server.web_socket(f"/api/sessions/{id_}/terminal") as page:
            await page.read()
            server.services.stopping.set()
            with pytest.raises(ConnectionClosed) as closed:
                await page.read()
            reason: Any = closed.value.reason
            assert reason.code == 1001
