"""Turns and waits as they are stored."""

from typing import Any

import msgspec

from maestrod.api.reason import Source
from maestrod.api.turn import RunningTurn, Turn, Wait
from maestrod.core.world.sparse import sparse


def test_a_turn_is_encoded_for_the_wire() -> None:
    turn = RunningTurn(since=5, source=Source.STREAM, doing="Bash: make test")
    assert msgspec.to_builtins(sparse(turn)) == {
        "state": "running",
        "since": 5,
        "source": "stream",
        "doing": "Bash: make test",
    }
    kind: Any = Turn
    assert msgspec.convert(msgspec.to_builtins(turn), kind) == turn


def test_a_wait_says_when_it_ends() -> None:
    assert msgspec.to_builtins(sparse(Wait(kind="usage", until=9, since=5))) == {
        "kind": "usage",
        "until": 9,
        "since": 5,
    }
