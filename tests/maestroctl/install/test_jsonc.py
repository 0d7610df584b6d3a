"""JSON with comments: the same values as the standard library, correct positions, clear errors."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from maestroctl.install.jsonc import DEPTH, Invalid, Value, insert, parse, remove, unit_of
from tests.kit.jsonc_texts import texts


@given(texts(comments=False))
def test_strict_json_means_what_the_standard_library_says(made: tuple[Any, str]) -> None:
    document, text = made
    assert parse(text, comments=False).data == document


@given(texts(comments=True))
def test_comments_and_trailing_commas_change_nothing(made: tuple[Any, str]) -> None:
    document, text = made
    assert parse(text, comments=True).data == document


@given(texts(comments=True))
def test_every_value_is_where_the_documentation_says(made: tuple[Any, str]) -> None:
    _, text = made

    def check(value: Value) -> None:
        assert parse(text[value.start : value.end], comments=True).data == value.data
        if value.name is not None:
            assert text[value.begin :].startswith(json.dumps(value.name))
        for element in value.elements:
            check(element)

    check(parse(text, comments=True))


@given(st.text('{}[]",:/*\n 1tna\\u-.e', max_size=30))
def test_strict_parsing_agrees_with_the_standard_library(text: str) -> None:
    try:
        expected = json.loads(text)
    except ValueError:
        with pytest.raises(Invalid):
            parse(text, comments=False)
    else:
        assert parse(text, comments=False).data == expected


@pytest.mark.parametrize(
    "text, message",
    [
        ("", "line 1, column 1: the document ends too early"),
        ('{"a": 1\n "b": 2}', "line 2, column 2: missing comma or }"),
        ('{"a" 1}', "line 1, column 6: missing colon"),
        ("{a: 1}", "line 1, column 2: missing name of a member"),
        ('{"a": "x\n"}', "line 1, column 7: unterminated string"),
        ('{"a": "\\x"}', "invalid escape in a string"),
        ('{"a": 1,}', "missing name of a member"),
        ("{} {}", "after the end of the document"),
        ("[" * (DEPTH + 2), f"more than {DEPTH} levels"),
        ('{"a": 1 // no\n}', "missing comma or }"),
    ],
)
def test_errors_are_reported_with_their_place(text: str, message: str) -> None:
    with pytest.raises(Invalid) as refused:
        parse(text, comments=False)
    assert message in str(refused.value)


@given(texts(comments=True), st.data())
def test_an_entry_added_to_any_container_is_removed_without_a_trace(made: tuple[Any, str], data: st.DataObject) -> None:
    _, text = made
    number = data.draw(st.integers(0, 50))
    container = containers(parse(text, comments=True))[number % len(containers(parse(text, comments=True)))]
    added = json.dumps({"deep": ["ours"]}, indent=2)
    written = f'"added": {added}' if isinstance(container.data, dict) else added
    changed = insert(text, container, written, "  ")
    place = containers(parse(changed, comments=True))
    found = next(each for each in place if each.start == container.start)
    assert found.elements[-1].data == {"deep": ["ours"]}
    assert remove(changed, found, len(found.elements) - 1) == text


def containers(value: Value) -> list[Value]:
    """Every object and array, outermost first."""
    own = [value] if isinstance(value.data, dict | list) else []
    return own + [below for element in value.elements for below in containers(element)]


@given(texts(comments=True), st.data())
def test_removing_any_element_leaves_the_others_and_every_comment(made: tuple[Any, str], data: st.DataObject) -> None:
    _, text = made
    full = [each for each in containers(parse(text, comments=True)) if each.elements]
    if not full:
        return
    container = full[data.draw(st.integers(0, len(full) - 1))]
    number = data.draw(st.integers(0, len(container.elements) - 1))
    element = container.elements[number]
    changed = remove(text, container, number)
    left = next(each for each in containers(parse(changed, comments=True)) if each.start == container.start)
    assert [each.data for each in left.elements] == [
        each.data for at, each in enumerate(container.elements) if at != number
    ]
    kept = text[: element.begin] + text[element.end :]
    assert changed.count("/*") == kept.count("/*") and changed.count("//") == kept.count("//")


def test_the_indentation_is_the_documents_own() -> None:
    for text, unit in (('{\n\t"a": 1\n}', "\t"), ('{\n    "a": 1\n}', "    "), ('{"a": 1}', "  "), ("{}", "  ")):
        assert unit_of(text, parse(text, comments=False)) == unit
