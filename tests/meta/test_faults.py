"""Every fault we promise to survive has a test named after it, or says why not yet.

A test is named ``test_fault_16_...``, or ``test_16_...`` in the folders that are about nothing but faults of that list. The numbers are those of the design's list of thirty; a row of ``docs/reliability.md`` that begins with ``| 16 |`` speaks of a fault.
"""

import re
from collections import defaultdict

from tests.meta.tree import ROOT, functions, modules, shown

FAULTS = range(1, 31)

NUMBERED = ("store", "sessions", "system")

RELIABILITY = ROOT / "docs" / "reliability.md"


def named_after() -> dict[int, list[str]]:
    """The tests of each fault."""
    found: dict[int, list[str]] = defaultdict(list)
    for path in modules("tests"):
        for node in functions(path):
            match = re.match(r"test_(fault_)?(\d+)_", node.name)
            if match and (match[1] or path.relative_to(ROOT).parts[1] in NUMBERED):
                found[int(match[2])].append(f"{shown(path)}::{node.name}")
    return found


def documented() -> dict[int, str]:
    """The row of each fault in the documentation."""
    rows = re.findall(r"^\| *(\d+) *\|(.*)$", RELIABILITY.read_text("utf-8"), re.MULTILINE)
    return {int(number): str(row) for number, row in rows}


def test_every_fault_has_its_test_or_its_reason() -> None:
    tests, reasons = named_after(), documented()
    silent = [fault for fault in FAULTS if not tests[fault] and len(reasons.get(fault, "")) < 40]
    assert silent == []


def test_the_documentation_covers_every_fault() -> None:
    assert sorted(set(documented()) & set(FAULTS)) == list(FAULTS)


def test_no_test_is_named_after_an_unknown_fault() -> None:
    assert sorted(set(named_after()) - set(FAULTS)) == []
