"""A bridge under attack: what every attack must leave intact, and the bytes of attacks."""

import logging
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager

import pytest

from tests.kit.clients.bridge_client import TOKEN, BridgeServer, bridging

#: A credential that must never be in a log.
SECRET = "s3cret" * 8


@asynccontextmanager
async def attacked(caplog: pytest.LogCaptureFixture) -> AsyncGenerator[BridgeServer]:
    """A bridge that must be healthy after the attack and must have logged no secret."""
    caplog.set_level(logging.INFO)
    async with bridging() as server:
        yield server
        assert await server.is_healthy()
    assert TOKEN.decode() not in caplog.text and SECRET not in caplog.text
    assert "Traceback" not in caplog.text and "failed" not in caplog.text


def refusals(caplog: pytest.LogCaptureFixture) -> list[str]:
    return [record.getMessage() for record in caplog.records if record.getMessage().startswith("refused")]


UPGRADE: dict[str, str] = {
    "Connection": "Upgrade",
    "Upgrade": "websocket",
    "Sec-WebSocket-Version": "13",
    "Sec-WebSocket-Key": "dGhlIHNhbXBsZSBub25jZQ==",
}


async def sign_in(server: BridgeServer) -> str:
    """Sign in, and return the cookie."""
    code, _ = server.services.sign_in.code(server.services.engine.clock.steady())
    answer = await server.ask("GET", f"/?code={code}", token=False)
    assert answer.status == 303
    return answer.headers["set-cookie"].partition(";")[0]


def masked(first: int, payload: bytes, length: int | None = None) -> bytes:
    """A frame from a client, masked with zeros."""
    size = len(payload) if length is None else length
    head = bytes([first]) + (
        bytes([0x80 | size])
        if size < 126
        else b"\xfe" + size.to_bytes(2, "big")
        if size < 65536
        else b"\xff" + size.to_bytes(8, "big")
    )
    return head + bytes(4) + payload
