"""Groups the tests of a parallel run into units and orders them: long ones first, so that no worker runs alone at the end.

``make test`` starts workers with pytest-xdist; each takes the next unit when it is free.
"""

import zlib
from collections.abc import Sequence

import pytest

#: Folders whose tests run in one worker: tests of the page share a browser, tests of the repository share parsed files.
TOGETHER = ("tests/page/", "tests/meta/")
#: Folders whose tests take seconds each and share nothing: every test is a unit.
APART = ("tests/agents/real/", "tests/system/")


def unit_of(nodeid: str) -> str:
    """The unit that a test belongs to."""
    for folder in TOGETHER:
        if nodeid.startswith(folder):
            return folder
    return nodeid if nodeid.startswith(APART) else nodeid.partition("::")[0]


def longest_first(items: Sequence[pytest.Item]) -> list[pytest.Item]:
    """The order of units: pages, then slow tests of all kinds mixed (some wait, some compute), then small ones to fill the gaps."""

    def place(item: pytest.Item) -> tuple[int, int]:
        if item.nodeid.startswith(TOGETHER):
            return 0, TOGETHER.index(unit_of(item.nodeid))
        if item.get_closest_marker("slow") is not None:
            return 1, zlib.crc32(item.nodeid.encode())
        return 2, 0

    return sorted(items, key=place)
