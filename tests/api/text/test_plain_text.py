"""Text of an agent never moves a cursor."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from maestrod.api.text.plain_text import last_line, plain_text

_CONTROLS = {chr(code) for code in (*range(0x20), 0x7F, *range(0x80, 0xA0))}
_HOSTILE = st.text(st.sampled_from("\x1b[]0;?mHJ\x07\\\x9b\x9d\x9cP^_X\r\n\tab\x00\x7f"), max_size=60)


@given(st.text() | _HOSTILE)
def test_no_control_character_is_left(text: str) -> None:
    assert not set(plain_text(text)) & (_CONTROLS - {"\t", "\n"})


@given(st.binary() | _HOSTILE.map(str.encode))
def test_the_last_line_is_one_line_without_control_characters(output: bytes) -> None:
    line = last_line(output)
    assert not set(line) & _CONTROLS and line == line.strip()


@given(st.text(st.characters(min_codepoint=0x20, max_codepoint=0x7E)))
def test_ordinary_text_stays(text: str) -> None:
    assert plain_text(text) == text


@pytest.mark.parametrize(
    "text, shown",
    [
        ("\x1b[1;31mred\x1b[0m", "red"),
        ("\x1b]0;evil title\x07after", "after"),
        ("\x1b]8;;http://x\x1b\\link\x1b]8;;\x1b\\", "link"),
        ("\x1bPq#0\x1b\\sixel", "sixel"),
        ("\x9b31mred", "red"),
        ("\x1b(Bplain\x1b7", "plain"),
        ("a\r\nb", "a\nb"),
        ("tab\tstays", "tab\tstays"),
        ("\u202egnol", "gnol"),
        ("cut off \x1b]0;title", "cut off "),
    ],
)
def test_control_sequences_are_removed_with_their_arguments(text: str, shown: str) -> None:
    assert plain_text(text) == shown


@pytest.mark.parametrize(
    "output, shown",
    [
        (b"one\ntwo\n\n", "two"),
        (b"10%\r50%\r100%", "100%"),
        (b"done\r\n\x1b[?25h\r\n", "done"),
        (b"", ""),
        (b"\xff\xfe half\xc3", "\ufffd\ufffd half\ufffd"),
    ],
)
def test_the_last_visible_line_is_found(output: bytes, shown: str) -> None:
    assert last_line(output) == shown
