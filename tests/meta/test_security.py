"""``docs/security.md`` names tests as evidence: every one of them exists, and every promise has some."""

import ast
import re

import pytest

from tests.meta.tree import ROOT, parsed

PAGE = (ROOT / "docs" / "security.md").read_text("utf-8")


@pytest.mark.parametrize("named", sorted(set(re.findall(r"`(tests/[\w/]+\.py::\w+)`", PAGE))))
def test_every_test_that_is_named_exists(named: str) -> None:
    path, _, name = named.partition("::")
    functions = ast.walk(parsed(ROOT / path))
    assert name in {node.name for node in functions if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)}


@pytest.mark.parametrize("row", re.findall(r"^\| [A-Z]\d+ \|.*$", PAGE, re.MULTILINE), ids=lambda row: row[2:4])
def test_every_promise_has_evidence(row: str) -> None:
    assert "::test_" in row


def test_promises_are_numbered() -> None:
    found = re.findall(r"^\| ([A-Z])(\d+) \|", PAGE, re.MULTILINE)
    for letter in {letter for letter, _ in found}:
        numbers = [int(number) for each, number in found if each == letter]
        assert numbers == list(range(1, len(numbers) + 1))
