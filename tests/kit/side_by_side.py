"""Which tests of a parallel run go together, and in which order they begin: long ones first, so that no worker ends alone.

``make test`` starts workers with pytest-xdist; each takes the next unit when it is free.
"""

import zlib
from collections.abc import Sequence

import pytest

#: Folders whose tests stay in one worker: pages share a browser, tests of the repository its parsed files.
TOGETHER = ("tests/page/", "tests/meta/")
#: Folders whose tests take seconds each and share nothing: every test is a unit.
APART = ("tests/agents/real/", "tests/system/")


def unit_of(nodeid: str) -> str:
    """The unit that a test is part of."""
    for folder in TOGETHER:
        if nodeid.startswith(folder):
            return folder
    return nodeid if nodeid.startswith(APART) else nodeid.partition("::")[0]


def longest_first(items: Sequence[pytest.Item]) -> list[pytest.Item]:
    """The order in which units begin: pages, then slow tests of all kinds mixed (some wait, some compute), and small ones to fill up."""

    def place(item: pytest.Item) -> tuple[int, int]:
        if item.nodeid.startswith(TOGETHER):
            return 0, TOGETHER.index(unit_of(item.nodeid))
        if item.get_closest_marker("slow") is not None:
            return 1, zlib.crc32(item.nodeid.encode())
        return 2, 0

    return sorted(items, key=place)
