"""The loop: who may connect, how many, and what happens when the machine runs out of resources."""

import errno
import os
import selectors
import socket
from pathlib import Path
from typing import Any

import pytest
import trio

import maestrod.transport.unix.socket_loop as module
from maestrod.api.errors import NotAllowed
from maestrod.rpc.conversation import Conversation
from tests.kit.clients.socket_client import serving
from tests.kit.patience import PATIENCE


async def test_beyond_the_limit_a_client_waits_until_another_leaves(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "connection_limit", lambda: 2)
    async with serving(tmp_path) as server, server.client() as first, server.client() as second:
        await first.call("system.status")
        await second.call("system.status")
        async with server.client() as third:
            id_ = await third.post("system.status")
            await first.call("system.status")
            await second.stream.aclose()
            assert (await third.answer(id_))["result"]["pid"]


async def test_fault_21_without_descriptors_accepting_pauses_and_resumes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    real, refusals = socket.socket.accept, [errno.EMFILE, errno.ENFILE, errno.ENOMEM, errno.ECONNABORTED]

    def accept(self: socket.socket) -> tuple[socket.socket, Any]:
        if refusals:
            number = refusals.pop(0)
            raise OSError(number, os.strerror(number))
        return real(self)

    monkeypatch.setattr(module, "_SHORTAGE_PAUSE", 0.01)
    async with serving(tmp_path) as server:
        monkeypatch.setattr(socket.socket, "accept", accept)
        with trio.fail_after(PATIENCE):
            assert await server.is_healthy()
    assert refusals == [] and caplog.text.count("cannot accept a connection") == 3


async def test_attack_21_another_user_is_turned_away(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def admit(connection: socket.socket) -> None:
        raise NotAllowed("peer.foreign", "this daemon belongs to user 1, not to user 2")

    async with serving(tmp_path) as server:
        monkeypatch.setattr(module, "admit", admit)
        async with server.client() as stranger:
            assert await stranger.hung_up()
        monkeypatch.undo()
        assert await server.is_healthy()
    assert caplog.text.count("not to user 2") == 1


async def test_a_failing_connection_affects_no_other(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    real = Conversation.receive

    def receive(self: Conversation, message: bytes) -> None:
        if b"poison" in message:
            raise RuntimeError("a bug below the methods")
        real(self, message)

    monkeypatch.setattr(Conversation, "receive", receive)
    async with serving(tmp_path) as server, server.client() as witness:
        await witness.call("system.status")
        async with server.client() as victim:
            await victim.send(b"poison\n")
            assert await victim.hung_up()
        await witness.call("system.status")
    assert "a connection failed" in caplog.text


async def test_a_failing_task_affects_only_its_connection(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    async def fail() -> None:
        await trio.lowlevel.checkpoint()
        raise RuntimeError("a bug in a stream")

    async with serving(tmp_path) as server, server.client() as witness:
        await witness.call("system.status")
        real = Conversation.receive
        monkeypatch.setattr(
            Conversation, "receive", lambda self, message: self.client.wire.start(fail) or real(self, message)
        )
        async with server.client() as victim:
            await victim.send(b'{"jsonrpc":"2.0","method":"system.status"}\n')
            assert await victim.hung_up()
        monkeypatch.undo()
        await witness.call("system.status")
    assert "a bug in a stream" in caplog.text


async def test_a_sending_error_never_reaches_the_sender(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """A subscriber is told by the engine itself, which must not stumble over it."""
    real = module.SocketLoop.watch

    def watch(self: module.SocketLoop, connection: object, events: int) -> None:
        if events & selectors.EVENT_WRITE:
            raise OSError(errno.ENOSPC, "no room for another watch")
        real(self, connection, events)  # type: ignore[arg-type]  # the method's own arguments, passed on

    monkeypatch.setattr(module.SocketLoop, "watch", watch)
    async with serving(tmp_path) as server, server.client() as deaf, server.client() as author:
        await deaf.call("event.subscribe")
        project = (await author.call("project.create", {"name": "p", "workingDir": "/p"}))["id"]
        with trio.fail_after(PATIENCE):
            while server.services.engine.bus.subscribers:
                text = {"projectId": project, "description": str(author._last) + "x" * 200_000}
                await author.call("project.update", text)
    assert "no room for another watch" in caplog.text


async def test_nothing_wakes_up_while_nothing_happens(tmp_path: Path) -> None:
    class Alarm(trio.abc.Instrument):
        wakes = 0

        def after_io_wait(self, timeout: float) -> None:
            self.wakes += timeout > 0

    async with serving(tmp_path) as server, server.client() as client:
        await client.call("system.status")
        alarm = Alarm()
        trio.lowlevel.add_instrument(alarm)
        await trio.sleep(0.2)
        trio.lowlevel.remove_instrument(alarm)
        assert alarm.wakes <= 2
