"""Bytes leave in the order they entered, whatever the socket accepts at a time."""

from hypothesis import given
from hypothesis import strategies as st

from maestrod.transport.outbox import Outbox


@given(st.lists(st.one_of(st.binary(min_size=1, max_size=50), st.integers(1, 60)), max_size=40))
def test_bytes_pass_unchanged(steps: list[bytes | int]) -> None:
    outbox, put, got = Outbox(), b"", b""
    for step in steps:
        if isinstance(step, bytes):
            outbox.append(step)
            put += step
        else:
            piece = outbox.peek()[:step]
            got += piece
            outbox.taken(len(piece))
        assert outbox.size == len(put) - len(got)
        assert (outbox.count == 0) == (outbox.size == 0)
    while piece := outbox.peek():
        got += piece
        outbox.taken(len(piece))
    assert (got, outbox.size, outbox.count) == (put, 0, 0)


def test_small_messages_go_out_together() -> None:
    outbox = Outbox()
    for _ in range(64):
        outbox.append(b"{}\n")
    assert (len(outbox.peek()), outbox.count) == (192, 64)


def test_a_piece_is_bounded() -> None:
    outbox = Outbox()
    for _ in range(100):
        outbox.append(b"x" * 100_000)
    assert len(outbox.peek()) <= 400_000


def test_a_client_that_left_needs_nothing_more() -> None:
    outbox = Outbox()
    outbox.append(b"a")
    outbox.append(b"b")
    outbox.peek()
    outbox.clear()
    assert (outbox.size, outbox.count, bytes(outbox.peek())) == (0, 0, b"")
