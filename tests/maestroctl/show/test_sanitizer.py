"""The terminal is safe whatever is printed to it."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from maestroctl.show.sanitizer import Sanitizer


def sanitized(*pieces: bytes) -> bytes:
    sanitizer = Sanitizer()
    return b"".join(sanitizer.feed(piece) for piece in pieces)


@pytest.mark.parametrize(
    "data, kept",
    [
        (b"plain \xc3\xa4\n\tx\r\n", b"plain \xc3\xa4\n\tx\r\n"),
        (b"\x1b[1;31mred\x1b[0m", b"\x1b[1;31mred\x1b[0m"),
        (b"\x1b[38:5:200mred", b"\x1b[38:5:200mred"),
        (b"a\x1b[2J\x1b[Hb", b"ab"),
        (b"a\x1b]0;title\x07b", b"ab"),
        (b"a\x1b]52;c;ZXZpbA==\x1b\\b", b"ab"),
        (b"a\x1bPdevice\x1b\\b", b"ab"),
        (b"a\x1b[?1049hb", b"ab"),
        (b"a\x1bcb\x1b7", b"ab"),
        (b"a\x07\x08\x00b", b"ab"),
        (b"a\xc2\x9b2Jb", b"ab"),
        (b"\xff", "\ufffd".encode()),
        (b"a\x1b]0;cut off\r\nnext", b"a\nnext"),
        (b"a\x1b[3\nnext", b"a\nnext"),
        (b"a\x1b\nnext", b"a\nnext"),
        (b"a\x1b(\nnext", b"a\nnext"),
        (b"a\x1b]0;cut off\x1b\nnext", b"a\nnext"),
        (b"a\x1b]0;cancelled\x18next", b"anext"),
        ("if \u202eevil\u2066 a\u200bb\ufeff".encode(), b"if <U+202E>evil<U+2066> a<U+200B>b<U+FEFF>"),
        ("\U000e0041tag".encode(), b"<U+E0041>tag"),
        ("\U0001f468\u200d\U0001f469".encode(), "\U0001f468\u200d\U0001f469".encode()),
    ],
)
def test_only_colours_pass(data: bytes, kept: bytes) -> None:
    assert sanitized(data) == kept
    assert sanitized(*(data[index : index + 1] for index in range(len(data)))) == kept


@given(
    st.lists(
        st.one_of(st.binary(), st.sampled_from([b"\x1b", b"[", b"]", b"2J", b"0m", b"\x07", b"\\", b"P"])), max_size=12
    )
)
def test_only_colours_ever_pass(pieces: list[bytes]) -> None:
    kept = sanitized(*pieces).decode()
    for part in kept.split("\x1b")[1:]:
        assert part.startswith("[")
        body = part[1:].lstrip("0123456789;:")
        assert body.startswith("m")
    assert not any(ord(character) < 0x20 and character not in "\t\n\r\x1b" for character in kept)
    assert not any(0x7F <= ord(character) < 0xA0 for character in kept)
    assert kept.count("\n") >= sum(piece.count(b"\n") for piece in pieces), "no line is lost"


@given(
    st.text(st.characters(codec="utf-8", exclude_categories=("Cc", "Cf", "Cs", "Cn", "Zl", "Zp"))), st.integers(1, 5)
)
def test_text_passes_wherever_it_is_split(text: str, size: int) -> None:
    data = text.encode()
    assert sanitized(*(data[start : start + size] for start in range(0, len(data), size))).decode() == text


def test_an_endless_sequence_does_not_hold_back_the_output() -> None:
    sanitizer = Sanitizer()
    assert sanitizer.feed(b"\x1b]0;" + b"x" * 10_000) != b""
