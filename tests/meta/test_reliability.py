"""``docs/reliability.md`` names tests as evidence: every one of them exists, and every promise and fault has some."""

import ast
import re

import pytest

from tests.meta.tree import ROOT, parsed

PAGE = (ROOT / "docs" / "reliability.md").read_text("utf-8")


@pytest.mark.parametrize("named", sorted(set(re.findall(r"`(tests/[\w/]+\.py::\w+)`", PAGE))))
def test_every_test_that_is_named_exists(named: str) -> None:
    path, _, name = named.partition("::")
    functions = ast.walk(parsed(ROOT / path))
    assert name in {node.name for node in functions if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)}


@pytest.mark.parametrize(
    "row", re.findall(r"^\| *(?:P?\d+) *\|.*$", PAGE, re.MULTILINE), ids=lambda row: row[2:5].strip(" |")
)
def test_every_promise_and_every_fault_has_evidence(row: str) -> None:
    assert "::test_" in row


def test_all_promises_are_there() -> None:
    assert re.findall(r"^\| (P\d) \|", PAGE, re.MULTILINE) == [f"P{number}" for number in range(1, 8)]
