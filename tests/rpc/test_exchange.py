"""One request, one answer."""

from typing import Any

import trio
from msgspec import UNSET

from maestrod.rpc.exchange import Exchange


class Sender:
    def __init__(self) -> None:
        self.sent: list[tuple[Any, Any]] = []
        self.done: list[Exchange] = []

    def send(self, id_: object, result: object) -> None:
        self.sent.append((id_, result))

    def exchange(self, scope: trio.CancelScope | None = None) -> Exchange:
        return Exchange(7, self.send, self.done.append, 10, scope)


def test_the_first_answer_counts() -> None:
    sender = Sender()
    exchange = sender.exchange()
    exchange.answer("cancelled")
    assert (sender.sent, sender.done) == ([(7, "cancelled")], [])
    exchange.finish("done")
    assert (sender.sent, sender.done) == ([(7, "cancelled")], [exchange])


async def test_cutting_sends_the_answer_and_ends_the_task() -> None:
    sender = Sender()
    scope = trio.CancelScope()
    sender.exchange(scope).cut("stopping")
    with scope:
        await trio.lowlevel.checkpoint()
        raise AssertionError("the scope was cancelled")
    assert sender.sent == [(7, "stopping")]


def test_a_notification_hook_returns_its_answer_too() -> None:
    sender = Sender()
    Exchange(UNSET, sender.send, sender.done.append, 0).finish("x")
    assert sender.sent == [(UNSET, "x")]  # whoever sends decides that nobody waits for it
