"""Units of a parallel run and their order."""

from typing import Any

import pytest

from tests.kit.side_by_side import longest_first, unit_of


@pytest.mark.parametrize(
    "nodeid, unit",
    [
        ("tests/page/test_page.py::test_a[x::y]", "tests/page/"),
        ("tests/meta/test_lock.py::test_a", "tests/meta/"),
        ("tests/system/faults/test_time.py::test_a[1]", "tests/system/faults/test_time.py::test_a[1]"),
        ("tests/agents/real/test_claude.py::test_a", "tests/agents/real/test_claude.py::test_a"),
        ("tests/agents/claude/test_stream.py::TestOne::test_a[x::y]", "tests/agents/claude/test_stream.py"),
    ],
)
def test_tests_that_share_something_are_one_unit(nodeid: str, unit: str) -> None:
    assert unit_of(nodeid) == unit


class Item:
    """As much of a test as the order looks at."""

    def __init__(self, nodeid: str, *marks: str) -> None:
        self.nodeid = nodeid
        self.marks = marks

    def get_closest_marker(self, name: str) -> str | None:
        return name if name in self.marks else None


def test_slow_tests_begin_first_and_small_ones_keep_their_order() -> None:
    fast = [Item("tests/api/test_b.py::test_b"), Item("tests/api/test_a.py::test_a")]
    slow = [Item(f"tests/system/test_a.py::test_a[{number}]", "slow") for number in range(4)]
    page, meta = Item("tests/page/test_a.py::test_a", "slow"), Item("tests/meta/test_a.py::test_a")
    items: Any = [*fast, meta, *slow, page]
    order: list[Any] = list(longest_first(items))
    again: Any = [*reversed(slow), meta, page, *fast]
    assert order[:2] == [page, meta] and order[6:] == fast
    assert set(order[2:6]) == set(slow)
    assert order == list(longest_first(again)), "all workers have the same order"
