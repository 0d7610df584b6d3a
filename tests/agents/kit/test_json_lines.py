"""Any line that an agent sends yields bounded values and raises nothing."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from maestrod.agents.kit.json_lines import (
    INPUT,
    ITEMS,
    LINE_BYTES,
    Members,
    cut,
    json_text,
    object_of,
    one_line,
    read_object,
)
from maestrod.core.values.signs import LINE, NOTHING, TEXT, Reading, Said, Trouble

JSON: st.SearchStrategy[Any] = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.sampled_from("abcd") | st.text(), inner, max_size=4),
    max_leaves=20,
)


def test_members_are_read_by_path() -> None:
    found = object_of(b'{"a": {"b": "text", "n": 3, "yes": true, "list": [{"c": "d"}, 5, {"c": "e"}]}}')
    assert found.text("a", "b") == "text" and found.name("a", "b") == "text"
    assert found.whole("a", "n") == 3 and found.number("a", "n") == 3.0
    assert found.true("a", "yes") and not found.true("a", "n")
    assert [item.text("c") for item in found.each("a", "list")] == ["d", "e"] and found.count("a", "list") == 3
    assert "a" in found and "b" in found.members("a") and "b" not in found


def test_values_that_are_not_objects_have_no_members() -> None:
    lines = (b"", b"plain text", b"[1]", b'{"cut', b"\xff\xfe", b"{" * 100_000, b'{"a":' * 100_000)
    for line in lines:
        assert not object_of(line), line[:20]


@pytest.mark.parametrize(
    "text, read",
    [
        (rb"cut \ud83d", "cut \ufffd"),
        (rb"\ude00 alone", "\ufffd alone"),
        (rb"\uD83D\uD83D\uDE00", "\ufffd😀"),
        (rb"\\ud83d", "\\ud83d"),
        (b"Latin-1 \xfc", "Latin-1 \ufffd"),
        (b"CESU \xed\xa0\xbd", "CESU \ufffd\ufffd\ufffd"),
    ],
)
def test_undecodable_characters_are_replaced_and_the_line_is_read(text: bytes, read: str) -> None:
    found = object_of(b'{"type":"result","result":"' + text + b'","n":1}\r\n')
    assert (found.text("type"), found.text("result"), found.whole("n")) == ("result", read, 1)
    assert not found.is_broken


def test_the_beginning_of_a_broken_line_is_read_and_the_break_reported() -> None:
    def read(message: Members) -> Reading:
        return Reading((Said(message.line("subtype")),)) if message.line("type") == "result" else NOTHING

    line = rb'{"type":"result", "subtype":"succ\ud83dess","is_error":false,"num_turns":3,"result":"cut off'
    assert object_of(line).value("is_error") is False and object_of(line).whole("num_turns") == 3
    assert read_object(line, read).signs == (
        Trouble(f"a line of {len(line)} bytes could not be read as JSON", "unreadable_line"),
        Said("succ\ufffdess"),
    )
    for other in (b"{ code: 'ENOENT' }", b"{", b"plain"):  # what programs print to people is no broken line
        assert read_object(other, read) == NOTHING


def test_the_beginning_of_a_huge_line_is_read() -> None:
    found = object_of(b'{"a":1,"b": "' + b"x" * LINE_BYTES + b'"}')
    assert found.is_broken and "a" in found and "b" not in found


def test_texts_are_shortened_and_free_of_control_characters() -> None:
    found = Members({"long": "x" * 100_000, "sneaky": "a\x1b[2Jb\x07\ud800c", "lines": " one\n two\t three "})
    assert len(found.text("long")) == TEXT and len(found.line("long")) == LINE
    assert found.name("long") is None
    assert found.text("sneaky") == "ab\ufffdc"
    assert found.line("lines") == "one two three"


def test_a_list_is_read_up_to_its_bound() -> None:
    assert len(list(Members({"l": [{"a": 1}] * 10_000}).each("l"))) == ITEMS


def test_invalid_numbers_count_nothing() -> None:
    values: tuple[Any, ...] = (True, -1, 1 << 60, float("nan"), float("inf"), "5", None, [])
    for value in values:
        assert Members({"n": value}).whole("n") == 0
        assert Members({"n": value}).number("n") is None


def test_input_is_kept_as_json_up_to_its_bound() -> None:
    assert json.loads(json_text({"command": "ls"})) == {"command": "ls"}
    assert len(json_text({"content": "x" * 100_000})) == INPUT
    assert json_text(object()) == ""


@given(JSON, st.lists(st.sampled_from("abcd"), max_size=3))
def test_no_shape_does_harm(value: Any, path: list[str]) -> None:
    found = Members(value)
    assert len(found.text(*path)) <= TEXT and len(found.line(*path)) <= LINE
    assert found.whole(*path) >= 0 and found.count(*path) >= 0
    assert found.number(*path) is None or found.name(*path) is None
    list(found.members(*path).each(*path))
    json_text(value).encode()


@given(st.binary(max_size=200))
def test_no_bytes_do_harm(line: bytes) -> None:
    object_of(line).text("a").encode()
    object_of(b'{"a": ' + line + b"}").text("a").encode()


@given(st.text(), st.integers(1, 50))
def test_a_shortened_text_is_never_longer_than_its_limit(text: str, limit: int) -> None:
    assert len(cut(text, limit)) <= limit and len(one_line(text, limit)) <= limit
    assert "\n" not in one_line(text, limit)
