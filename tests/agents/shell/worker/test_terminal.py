"""Output of programs as plain lines."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from maestrod.agents.shell.worker.terminal import TAIL_BYTES, TAIL_LINES, plain, tail


@pytest.mark.parametrize(
    "output, lines",
    [
        (b"one\ntwo\r\n\n", ["one", "two"]),
        (b"\x1b[1;31mred\x1b[0m\x1b]0;title\x07 rest", ["red rest"]),
        (b"\x1b]8;;http://x\x1b\\link\x1b]8;;\x1b\\", ["link"]),
        (b"10%\r50%\r100%\n", ["100%"]),
        (b"a\tb\x08\x00", ["a b"]),
        (b"\xff\xc3\xa9", ["\ufffdé"]),
        (b"cut \x1b[3", ["cut"]),
        (b"cut \x1b", ["cut"]),
        (b"\x1b(Bset", ["set"]),
        (b"\x1b]0;cut off\nnext", ["next"]),
        (b"one \x1b[3\nnext", ["one", "next"]),
        (b"one \x1b\nnext", ["one", "next"]),
        (b"one \x1b(\nnext", ["one", "next"]),
        (b"\x1b]0;cancelled\x18rest", ["rest"]),
        ("\u202ereversed\n".encode(), ["reversed"]),
    ],
)
def test_plain(output: bytes, lines: list[str]) -> None:
    assert plain(output) == lines


@given(st.binary(max_size=200))
def test_nothing_of_a_terminals_language_survives(output: bytes) -> None:
    assert all(line.isprintable() for line in plain(output))


@given(st.lists(st.binary(max_size=900), max_size=60).map(b"\n".join))
def test_a_tail_is_bounded(output: bytes) -> None:
    text = tail(output)
    assert len(text.encode()) <= TAIL_BYTES and text.count("\n") < TAIL_LINES
