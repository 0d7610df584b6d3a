"""Attributes of headings and items, and keys made of titles."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from maestrod.core.plan import markdown_attributes
from maestrod.core.plan.markdown_attributes import GROUP, SUBTASK, slug


def test_braces_without_attributes_stay_in_the_title() -> None:
    assert markdown_attributes.read("Use {x} here {y}", markdown_attributes.SUBTASK) == ("Use {x} here {y}", {}, [])
    assert markdown_attributes.read('T {key="a b" after=x,,y}  ', markdown_attributes.GROUP) == (
        "T",
        {"key": "a b", "dependsOn": ["x", "y"]},
        [],
    )


@pytest.mark.parametrize("text, value", [("5ms", 5), ("30s", 30_000), ("10m", 600_000), ("2h", 7_200_000)])
def test_durations_are_shown(text: str, value: int) -> None:
    assert markdown_attributes.read(f"T {{timeout={text}}}", SUBTASK)[1:] == ({"timeoutMs": value}, [])


@pytest.mark.parametrize("block", ["timeout=10", "timeout=m", "attempts=x", "colour=red", "key", "a=b c", 'key="open'])
def test_unreadable_attributes_stay_in_the_title_and_are_reported(block: str) -> None:
    title, _, problems = markdown_attributes.read(f"T {{{block}}}", SUBTASK)
    assert (problems and title == "T") or title == f"T {{{block}}}"


@given(st.text(max_size=40))
def test_any_title_can_be_read_and_slugs_are_keys(text: str) -> None:
    markdown_attributes.read(text, GROUP)
    assert all(part.isalnum() and part.isascii() for part in slug(text).split("-") if slug(text))
