"""The pages of promises name tests as evidence: each of them exists, and every promise and fault has some."""

import re
from pathlib import Path

from tests.meta.tree import ROOT, functions

RELIABILITY = (ROOT / "docs" / "reliability.md").read_text("utf-8")
SECURITY = (ROOT / "docs" / "security.md").read_text("utf-8")


def functions_of(path: Path) -> set[str]:
    """The names of all functions and methods of a file; none if there is no such file."""
    return {node.name for node in functions(path)} if path.is_file() else set()


def test_every_test_that_is_named_exists() -> None:
    named = set(re.findall(r"`(tests/[\w/]+\.py)::(\w+)`", RELIABILITY + SECURITY))
    assert len(named) > 100
    assert sorted(f"{path}::{name}" for path, name in named if name not in functions_of(ROOT / path)) == []


def test_every_promise_and_every_fault_has_evidence() -> None:
    rows = re.findall(r"^\| *(?:P?\d+) *\|.*$", RELIABILITY, re.MULTILINE)
    rows += re.findall(r"^\| [A-Z]\d+ \|.*$", SECURITY, re.MULTILINE)
    assert [row for row in rows if "::test_" not in row] == []


def test_promises_are_numbered() -> None:
    assert re.findall(r"^\| (P\d) \|", RELIABILITY, re.MULTILINE) == [f"P{number}" for number in range(1, 8)]
    found = re.findall(r"^\| ([A-Z])(\d+) \|", SECURITY, re.MULTILINE)
    assert found
    for letter in {letter for letter, _ in found}:
        numbers = [int(number) for each, number in found if each == letter]
        assert numbers == list(range(1, len(numbers) + 1)), letter
