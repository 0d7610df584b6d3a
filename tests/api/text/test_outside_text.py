"""Text from outside, whatever its bytes: replaced in pipes, refused with its place in files."""

import json

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from maestrod.api.text.outside_text import (
    NotText,
    decode_repaired,
    file_text,
    is_replaced,
    piped_text,
    sound,
    sound_json,
)

ANY_TEXT = st.text(st.characters() | st.sampled_from("\ud83d\ude00\udcfc\\u"))


@given(ANY_TEXT)
def test_sound_text_can_be_encoded_and_nothing_else_changes(text: str) -> None:
    found = sound(text)
    found.encode()
    if "\ufffd" not in found and not any(0xD800 <= ord(each) < 0xE000 for each in text):
        assert found == text
    assert sound(found) == found


@pytest.mark.parametrize(
    "text, expected",
    [("a\ud83d", "a\ufffd"), ("\ud83d\ude00", "😀"), ("\ude00\ud83d", "\ufffd\ufffd"), ("Gr\udcfcn", "Gr\ufffdn")],
)
def test_halves_are_replaced_and_pairs_are_joined(text: str, expected: str) -> None:
    assert sound(text) == expected


@given(st.recursive(ANY_TEXT | st.integers(), lambda inner: st.lists(inner) | st.dictionaries(ANY_TEXT, inner)))
def test_repaired_json_is_read_strictly_and_is_the_same_except_for_halves(value: object) -> None:
    document = json.dumps(value).encode()
    found = decode_repaired(msgspec.json.decode, document)
    assert found == json.loads(sound(json.dumps(value, ensure_ascii=False)))


@given(st.binary(max_size=60))
def test_repairing_accepts_any_bytes_and_is_idempotent(document: bytes) -> None:
    mended = sound_json(document)
    mended.decode()
    assert sound_json(mended) == mended or mended.startswith(b"\xef\xbb\xbf")


def test_invalid_json_stays_invalid() -> None:
    with pytest.raises(msgspec.DecodeError):
        decode_repaired(msgspec.json.decode, rb'{"a":"\ud83d')


@pytest.mark.parametrize("text", ["", "plain\n", "ü 😀\nb\n"])
@pytest.mark.parametrize("mark", [b"", b"\xef\xbb\xbf"])
@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_byte_order_marks_and_foreign_line_ends_are_accepted(text: str, mark: bytes, end: str) -> None:
    data = mark + text.replace("\n", end).encode()
    assert file_text(data) == text
    assert piped_text(data) == text
    assert not is_replaced(data)


@pytest.mark.parametrize(
    "data, said",
    [
        (b"one\ntw\xfc\n", "line 2, byte 3 is 0xfc, not UTF-8: save it as UTF-8"),
        (b"\xef\xbb\xbfone\r\n\xff", "line 2, byte 1 is 0xff, not UTF-8: save it as UTF-8"),
        ("title".encode("utf-16"), "it is UTF-16, not UTF-8: save it as UTF-8"),
        (b"\xfe\xff\0t", "it is UTF-16, not UTF-8: save it as UTF-8"),
        ("title".encode("utf-32"), "it is UTF-32, not UTF-8: save it as UTF-8"),
        ("title".encode("utf-16-le"), "line 1, byte 2 is a NUL byte, so this is not text: save it as UTF-8"),
    ],
)
def test_a_file_that_is_not_utf8_is_refused_with_its_place(data: bytes, said: str) -> None:
    with pytest.raises(NotText) as refusal:
        file_text(data)
    assert str(refusal.value) == said


@given(st.binary(max_size=60))
def test_a_pipe_is_always_drained(data: bytes) -> None:
    text = piped_text(data)
    text.encode()
    assert (
        is_replaced(data) or "\ufffd" not in text or "\ufffd".encode() in data or data[:2] in {b"\xff\xfe", b"\xfe\xff"}
    )


def test_a_pipe_of_powershell_is_read_in_its_encoding() -> None:
    assert piped_text("für\r\n".encode("utf-16")) == "für\n"
    assert piped_text(b"\xfc") == "\ufffd"
