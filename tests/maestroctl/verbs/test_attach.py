"""``maestroctl attach``: keys out, output in, the detach key at any cut. With real terminals: tests/system/test_cli.py."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from maestroctl.verbs.attach import Keyboard
from tests.kit.entities import SESSION
from tests.maestroctl.conftest import CommandLine


@pytest.mark.parametrize(
    "pieces, typed, detached",
    [
        ([b"ls\r"], "ls\r", False),
        ([b"a\x1cb"], "a", True),
        ([b"a\x10\x11b"], "a", True),
        ([b"a\x10", b"\x11b"], "a", True),
        ([b"a\x10", b"b"], "a\x10b", False),
        ([b"\xc3", b"\xa4"], "ä", False),
    ],
)
def test_keys(pieces: list[bytes], typed: str, detached: bool) -> None:
    keyboard = Keyboard()
    assert "".join(keyboard.feed(piece) for piece in pieces) == typed
    assert keyboard.detached is detached


@given(st.text(st.characters(exclude_characters="\x1c\x10", codec="utf-8")), st.integers(1, 4))
def test_what_is_typed_arrives_wherever_it_is_cut(text: str, size: int) -> None:
    keyboard, data = Keyboard(), text.encode()
    pieces = [data[start : start + size] for start in range(0, len(data), size)]
    assert "".join(keyboard.feed(piece) for piece in pieces) == text
    assert not keyboard.detached


def test_it_needs_a_terminal(cli: CommandLine) -> None:
    outcome = cli("attach", SESSION)
    assert outcome.code == 2
    assert "maestroctl logs -f" in outcome.err
