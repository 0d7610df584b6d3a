"""JSON that people and models write: nothing is lost, and every error has its place."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from maestrod.api.text.json_text import Flaw, loads, repeated, value_at

NAMES = st.sampled_from(["a", "b", "key", ":", '"', "\\", " ", "é"])
SCALARS = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text()
VALUES: st.SearchStrategy[Any] = st.recursive(
    SCALARS | NAMES,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(NAMES, inner, max_size=4),
    max_leaves=15,
)


@pytest.mark.parametrize(
    "text, path, line",
    [
        ('{"a": 1, "a": 2}', "a", 1),
        ('{"groups": [\n {"key": "x", "title": "T",\n  "key": "y"}]}', "groups[0].key", 3),
        ('{"a": {"b": [0, {"c d": 1, "c d": 1}]}}', 'a.b[1]."c d"', 1),
        ('{"a": 1, "\\u0061": 2}', "a", 1),
        ('{"a" : 1,\n"a" : 1}', "a", 2),
    ],
)
def test_a_member_that_appears_twice_is_an_error_with_line_and_path(text: str, path: str, line: int) -> None:
    with pytest.raises(Flaw, match="appears twice") as caught:
        loads(text)
    assert (caught.value.path, caught.value.line) == (path, line)
    assert repeated(text.encode()) == path


@pytest.mark.parametrize(
    "text, what",
    [
        ("", "ends too early"),
        ('{"a": [1, 2', "ends too early"),
        ('{"a": "open', "this string is not closed"),
        ("{a: 1}", "name of a member in double quotes"),
        ('{"a": 1,}', "unexpected comma before"),
        ('{"a" 1}', "colon"),
        ('{"a": 1} x', "after the end"),
        ('{"a": NaN}', "expected a value"),
        ('{"a": 01}', "expected a value"),
        ('{"a": "\\x"}', "in this string"),
        ('{"a": "b\nc"}', "in this string"),
        ("[1 2]", "comma or `]`"),
        ("[" * 200, "nested deeper"),
        ("[" * 200_000, "nested deeper"),
    ],
)
def test_invalid_json_is_reported_with_what_was_expected(text: str, what: str) -> None:
    with pytest.raises(Flaw, match=r"line [12], column") as caught:
        loads(text)
    assert what in str(caught.value)


@pytest.mark.parametrize(
    "text",
    [
        '{"a": [1, 2,], // one\n "b": {"c": "d",}, /* two\n lines */ }',
        "{a: [1, 2], 'b': {\"c\": 'd'}}",
        '// first\n{\'a\': [1, 2], "b": {c: "d"}}\n// last',
    ],
)
def test_relaxed_parsing_accepts_jsonc_and_json5(text: str) -> None:
    assert loads(text, relaxed=True) == {"a": [1, 2], "b": {"c": "d"}}
    with pytest.raises(Flaw):
        loads(text)


def test_relaxed_parsing_keeps_the_content_of_strings() -> None:
    assert loads('{"a": "// no, \'x\' ,]", b: \'say "hi" it\\\'s\',}', relaxed=True) == {
        "a": "// no, 'x' ,]",
        "b": 'say "hi" it\'s',
    }
    assert loads('{"a": "one\ntwo"}', relaxed=True) == {"a": "one\ntwo"}
    with pytest.raises(Flaw, match="twice"):
        loads("{a: 1, 'a': 2,}", relaxed=True)


@given(VALUES, st.booleans(), st.sampled_from([None, 1]))
def test_json_keeps_its_meaning(value: Any, relaxed: bool, indent: int | None) -> None:
    text = json.dumps(value, indent=indent)
    assert loads(text, relaxed=relaxed) == value
    assert repeated(text.encode()) is None
    assert value_at(f"x{text} y", 1, relaxed=relaxed) == (value, len(text) + 1)


def _without_repetition(text: str) -> bool:
    def look(pairs: list[tuple[str, Any]]) -> None:
        if len({name for name, _ in pairs}) != len(pairs):
            raise LookupError

    try:
        json.loads(text, object_pairs_hook=look)
    except LookupError:
        return False
    return True


@st.composite
def objects(draw: st.DrawFn) -> str:
    """Objects as text, in which names may repeat at any level."""
    pairs = draw(st.lists(st.tuples(NAMES, st.one_of(st.just("1"), NAMES.map(json.dumps), objects())), max_size=3))
    colon = draw(st.sampled_from([":", ": ", " : ", "\n:"]))
    return "{" + ",".join(json.dumps(name) + colon + value for name, value in pairs) + "}"


@given(objects(), st.booleans())
def test_a_repeated_member_is_found_exactly_where_there_is_one(text: str, in_list: bool) -> None:
    document = f"[{text}, {text}]" if in_list else text
    assert (repeated(document.encode()) is None) == _without_repetition(document)


@given(st.text(alphabet="{}[]:,\"'\\ab1 \n/*-", max_size=30), st.booleans())
def test_any_text_can_be_read_or_is_a_flaw(text: str, relaxed: bool) -> None:
    flaws: list[Flaw] = []
    try:
        value = loads(text, relaxed=relaxed)
    except Flaw as flaw:
        flaws.append(flaw)
    else:
        assert relaxed or value == json.loads(text)
    assert all(1 <= flaw.line <= text.count("\n") + 1 and flaw.column >= 1 for flaw in flaws)
