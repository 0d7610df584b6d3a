"""Paths as they are written. How folders are looked at: tests/host/test_folders.py."""

import posixpath

from hypothesis import given
from hypothesis import strategies as st

from maestrod.core.values.folders import as_written

PARTS = st.lists(st.text(st.characters(exclude_characters="/\0"), min_size=1), max_size=8)


def test_a_folder_has_itself_and_all_its_parents() -> None:
    assert as_written("/a/../b/c/").around == ("/b/c", "/b", "/")
    assert as_written("/").around == ("/",)


@given(parts=PARTS)
def test_each_surrounding_folder_is_the_parent_of_the_one_before(parts: list[str]) -> None:
    place = as_written("/" + "/".join(parts))
    assert place.around[0] == place.path
    assert [posixpath.dirname(each) for each in place.around[:-1]] == list(place.around[1:])
    assert place.around[-1] in {"/", "//"}
