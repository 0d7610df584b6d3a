"""The keys of ``attach``: how they are written, and that they are found however the input is split."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from maestroctl.attach.keys import DETACH_KEYS, SWITCH_KEYS, Keyboard, KeyCommand, bindings, sequences
from maestrod.api.errors import Malformed

USUAL = bindings(DETACH_KEYS, SWITCH_KEYS)


def test_keys_are_written_as_docker_writes_them() -> None:
    assert sequences("ctrl-\\ ctrl-p,ctrl-q CTRL-a,d ctrl-@") == [b"\x1c", b"\x10\x11", b"\x01d", b"\x00"]


@pytest.mark.parametrize(
    "detach, switch", [("", ""), ("ctrl-1", ""), ("escape", ""), ("ctrl-a", "ctrl-a,b"), ("é", "")]
)
def test_invalid_keys_are_refused(detach: str, switch: str) -> None:
    with pytest.raises(Malformed):
        bindings(detach, switch)


def test_the_switch_key_can_be_disabled() -> None:
    assert bindings("ctrl-a", "") == {b"\x01": KeyCommand.DETACH}


@pytest.mark.parametrize(
    "pieces, typed, command",
    [
        ([b"ls\r"], "ls\r", None),
        ([b"a\x1cb"], "a", KeyCommand.DETACH),
        ([b"a\x10\x11b"], "a", KeyCommand.DETACH),
        ([b"a\x10", b"\x11b"], "a", KeyCommand.DETACH),
        ([b"a\x10", b"b"], "a\x10b", None),
        ([b"a\x1db\x1c"], "a", KeyCommand.SWITCH),
        ([b"\xc3", b"\xa4"], "ä", None),
    ],
)
def test_keys(pieces: list[bytes], typed: str, command: KeyCommand | None) -> None:
    keyboard = Keyboard(USUAL)
    outcomes = [keyboard.feed(piece) for piece in pieces]
    assert "".join(text for text, _ in outcomes) == typed
    assert outcomes[-1][1] is command


def test_a_key_that_began_nothing_is_released() -> None:
    keyboard = Keyboard(USUAL)
    assert keyboard.feed(b"a\x10") == ("a", None)
    assert keyboard.release() == "\x10"
    assert keyboard.release() == ""


@given(st.text(st.characters(exclude_characters="\x1c\x10\x1d", codec="utf-8")), st.integers(1, 4))
def test_input_arrives_wherever_it_is_split(text: str, size: int) -> None:
    keyboard, data = Keyboard(USUAL), text.encode()
    pieces = [data[start : start + size] for start in range(0, len(data), size)]
    outcomes = [keyboard.feed(piece) for piece in pieces]
    assert "".join(text for text, _ in outcomes) == text
    assert {command for _, command in outcomes} <= {None}


@given(st.lists(st.sampled_from([b"\x10", b"\x11", b"x", b"\x1c", b"\x1d"]), max_size=12), st.integers(1, 4))
def test_the_first_command_is_found_wherever_it_is_split(keys: list[bytes], size: int) -> None:
    data = b"".join(keys)
    whole = Keyboard(USUAL)
    expected, command = whole.feed(data)
    expected += whole.release() if command is None else ""
    cut, typed, found = Keyboard(USUAL), "", None
    for start in range(0, len(data), size):
        text, found = cut.feed(data[start : start + size])
        typed += text
        if found is not None:
            break
    assert (typed + ("" if found else cut.release()), found) == (expected, command)
