"""Tables: straight columns in every script of the world."""

from hypothesis import given
from hypothesis import strategies as st

from maestroctl.show.table import clip, table, width


def test_columns_are_as_wide_as_their_cells() -> None:
    assert table(("ID", "NAME"), [("1", "a"), ("100", "大")]) == ["ID   NAME", "1    a", "100  大"]


def test_wide_characters_take_two_cells_and_marks_none() -> None:
    assert width("大") == 2
    assert width("e\u0301") == 1
    assert table(("A", "B"), [("大", "x"), ("ab", "y")]) == ["A   B", "大  x", "ab  y"]


def test_a_line_too_long_is_reported() -> None:
    assert table(("A", "B"), [("x", "a long sentence")], limit=8) == ["A  B", "x  a lo…"]


@given(st.text(), st.integers(1, 40))
def test_clipped_text_fits(text: str, cells: int) -> None:
    assert width(clip(text, cells)) <= cells


@given(st.text(), st.integers(1, 40))
def test_text_that_fits_is_left_alone(text: str, cells: int) -> None:
    if width(text) <= cells:
        assert clip(text, cells) == text
