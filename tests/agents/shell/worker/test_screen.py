"""Changes that a command makes to the terminal are undone at its end, and nothing else is written."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from maestrod.agents.shell.worker.screen import RESET, Screen


def settled(*pieces: bytes) -> bytes:
    screen = Screen()
    for piece in pieces:
        screen.feed(piece)
    return screen.settle()


@pytest.mark.parametrize(
    "output, undo",
    [
        (b"", b""),
        (b"a line\n", b""),
        (b"10%\r100%\r\n", b""),
        (b"no line end", b"\n"),
        (b"\x1b[1;31mred\x1b[0m\n", b""),
        (b"\x1b[31mred\n\x1b[m", b""),
        (b"\x1b[38;5;0mblack\n", b"\x1b[0m"),
        (b"\x1b]0;whole title\x07", b""),
        (b"\x1b]8;;http://x\x1b\\link\x1b]8;;\x1b\\\n", b""),
        (b"\x1b]0;cut off", b"\x18\x1b\\"),
        (b"\x1b]0;cut off\nby a line end\n", b"\x18\x1b\\"),
        (b"\x1bPq#0", b"\x18\x1b\\"),
        (b"\x1b[3", b"\x18\x1b\\"),
        (b"\x1b", b"\x18\x1b\\"),
        (b"\x1b(", b"\x18\x1b\\"),
        (b"\x1b[?1049hfull screen", b"\x1b[?1049l\n"),
        (b"\x1b[?1049hvim\x1b[?1049l", b"\n"),
        (b"\x1b[?25l", b"\x1b[?25h"),
        (b"\x1b[?7l\x1b[?1000;1006h\x1b[?2004h", b"\x1b[?1000l\x1b[?1006l\x1b[?2004l\x1b[?7h"),
        (b"\x1b[5;10r", b"\x1b7\x1b[r\x1b8"),
        (b"\x1b[?6h", b"\x1b[?6l\n"),
        (b"\x1b[4h\x1b=", b"\x1b[4l\x1b>"),
        (b"\x1b(0\x0e", b"\x1b(B\x0f"),
        (b"\x1b(0lines\x1b(B\n", b""),
        (b"\x1b[>4;2m\x1b[>1u\x1b[4 q", b"\x1b[>4m\x1b[<u\x1b[0 q"),
        (b"\x1b[31m\x1b[?25l\x1bc", b""),
    ],
)
def test_screen_modes_set_by_the_output_are_reset(output: bytes, undo: bytes) -> None:
    assert settled(output) == undo


_SEQUENCES = (
    *(b"\x1b", b"[", b"]0;", b"P", b"\\", b"\x07", b"\x18", b"\n", b"\r", b"?25l", b"?1049h", b"?1049l", b"31m", b"0m"),
    *(b"\x1b[2;3r", b"\x1b(0", b"\x0e", b"\x0f", b"\x1b=", b"\x1b[>1u", b"\x1b[?6h", b"\x1bc", b"text"),
)
_PIECES = st.binary(max_size=12) | st.sampled_from(_SEQUENCES)


@given(st.lists(_PIECES, max_size=12))
def test_after_an_event_that_cancels_it_nothing_is_left_to_undo(pieces: list[bytes]) -> None:
    output = b"".join(pieces)
    assert settled(output + settled(output)) == b""


@given(st.lists(_PIECES, max_size=12))
def test_the_screen_is_the_same_wherever_output_is_split(pieces: list[bytes]) -> None:
    output = b"".join(pieces)
    assert settled(*(output[place : place + 1] for place in range(len(output)))) == settled(output)


@given(st.lists(_PIECES, max_size=12).map(b"".join))
def test_a_reset_sequence_ends_everything_open_and_can_appear_anywhere(output: bytes) -> None:
    undone = settled(output + RESET)
    assert b"\x18" not in undone and b"\x1b[0m" not in undone and b"\x1b[?25h" not in undone


def test_a_settled_screen_is_like_new() -> None:
    screen = Screen()
    screen.feed(b"\x1b[31mred")
    screen.settle()
    assert screen.settle() == b""


def test_an_endless_sequence_is_not_kept() -> None:
    assert settled(b"\x1b[" + b"1;" * 100_000 + b"m\n") == b""
