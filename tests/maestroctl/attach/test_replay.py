"""Attaching late: the terminal gets the session's modes, and no question is answered a second time."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from maestroctl.attach.replay import LONGEST, Modes, replay

PIECES = st.sampled_from(
    [
        b"text\n",
        b"\x1b[?1049h",
        b"\x1b[?1049l",
        b"\x1b[?25l",
        b"\x1b[?25h",
        b"\x1b[?1;1006h",
        b"\x1b=",
        b"\x1b>",
        b"\x1bc",
        b"\x1b[?",
    ]
)


def modes_of(*pieces: bytes) -> Modes:
    modes = Modes()
    for piece in pieces:
        modes.feed(piece)
    return modes


def test_modes_are_entered_and_left() -> None:
    modes = modes_of(b"\x1b[?1049h\x1b[?25l\x1b[?1;2004h\x1b=hello\x1b[?1l")
    assert modes.enter() == b"\x1b[?1049h\x1b[?25l\x1b[?2004h\x1b="
    assert modes.leave().endswith(b"\x1b[?1049l")


def test_output_that_never_used_the_alternate_screen_leaves_it_alone() -> None:
    assert b"1049" not in modes_of(b"text").leave()


@given(st.lists(PIECES, max_size=20), st.integers(1, 7))
def test_modes_are_the_same_wherever_the_output_is_split(pieces: list[bytes], size: int) -> None:
    data = b"".join(pieces)
    cut = modes_of(*(data[start : start + size] for start in range(0, len(data), size)))
    assert (cut.enter(), cut.alternate) == (modes_of(data).enter(), modes_of(data).alternate)


@given(st.lists(PIECES, max_size=20))
def test_entering_modes_sets_them(pieces: list[bytes]) -> None:
    modes = modes_of(*pieces, b" ")
    assert modes_of(modes.enter()).enter() == modes.enter()


def test_a_full_screen_program_is_replayed_from_where_it_entered_the_mode() -> None:
    picture, modes = replay(b"\x1b[?2004hshell\n\x1b[?1049h\x1b[?25lold\x1b[?1049l\x1b[?1049h\x1b[Hnow")
    assert picture == b"\x1b[?25l\x1b[?2004h\x1b[?1049h\x1b[Hnow".replace(
        b"\x1b[?25l\x1b[?2004h", b"\x1b[?2004h\x1b[?25l"
    )
    assert modes.alternate


def test_a_long_log_is_replayed_from_a_line_in_the_modes_it_had_there() -> None:
    log = b"\x1b[?2004h" + b"x" * 100 + b"\n" + b"y" * LONGEST + b"\nend"
    picture, _ = replay(log)
    assert picture == b"\x1b[?2004hend"


@pytest.mark.parametrize(
    "question",
    [
        b"\x1b[c",
        b"\x1b[>c",
        b"\x1b[6n",
        b"\x1b[?6n",
        b"\x1b[?2026$p",
        b"\x1b[>q",
        b"\x1b[18t",
        b"\x1b[?u",
        b"\x1b]10;?\x07",
        b"\x1b]4;1;?\x1b\\",
        b"\x1bP$qm\x1b\\",
        b"\x1bP+q544e\x1b\\",
        b"\x05",
    ],
)
def test_no_question_is_repeated(question: bytes) -> None:
    assert replay(b"a" + question + b"b")[0] == b"ab"


@pytest.mark.parametrize(
    "kept", [b"\x1b[2;5H", b"\x1b[1;31m", b"\x1b]0;title\x07", b"\x1b[3q", b"\x1b[>1u", b"\x1b[2 q"]
)
def test_sequences_that_ask_the_terminal_nothing_are_kept(kept: bytes) -> None:
    assert replay(b"a" + kept + b"b")[0] == b"a" + kept + b"b"
