"""Limits of size: files of 400 lines, functions of 60 without their docstring, folders of 32 modules."""

import ast
from collections import Counter
from pathlib import Path

from tests.meta.tree import CODE, functions, modules, shown

FILE_LIMIT = 400
FUNCTION_LIMIT = 60

#: Modules of one folder, its ``__init__`` included.
FOLDER_LIMIT = 32

#: What may be longer, and why. ``file`` or ``file::function``.
EXCEPTIONS: dict[str, str] = {
    "tests/core/test_decide.py": "one Hypothesis machine: its rules share the world, and in one class they read as one history",
}


def too_long_files() -> dict[str, int]:
    lengths = {shown(path): len(path.read_text("utf-8").splitlines()) for path in modules(*CODE)}
    return {name: length for name, length in lengths.items() if length > FILE_LIMIT}


def too_long_functions() -> dict[str, int]:
    found = {}
    for path in modules(*CODE):
        for node in functions(path):
            if length_of(node) > FUNCTION_LIMIT:
                found[f"{shown(path)}::{node.name}"] = length_of(node)
    return found


def length_of(function: ast.FunctionDef | ast.AsyncFunctionDef) -> int:
    """Lines from ``def`` to the last, without the docstring."""
    first = function.body[0]
    documented = ast.get_docstring(function, clean=False) is not None
    return lines(function) - (lines(first) if documented else 0)


def lines(node: ast.stmt) -> int:
    return (node.end_lineno or node.lineno) - node.lineno + 1


def test_no_file_and_no_function_is_too_long() -> None:
    too_long = too_long_files() | too_long_functions()
    assert {name: length for name, length in too_long.items() if name not in EXCEPTIONS} == {}


def test_the_exceptions_are_still_needed() -> None:
    too_long = too_long_files() | too_long_functions()
    assert [name for name in EXCEPTIONS if name not in too_long] == []
    assert all(len(reason) > 20 for reason in EXCEPTIONS.values())


def test_half_of_all_functions_of_the_product_are_under_ten_lines() -> None:
    lengths = sorted(length_of(node) for path in modules("maestrod", "maestroctl") for node in functions(path))
    assert lengths[len(lengths) // 2] < 10


def test_the_count_is_what_a_reader_counts(tmp_path: Path) -> None:
    source = 'def f():\n    """One.\n\n    Two.\n    """\n    a = 1\n    return a\n'
    [function] = ast.parse(source).body
    assert isinstance(function, ast.FunctionDef)
    assert length_of(function) == 3


def test_no_folder_has_too_many_modules() -> None:
    counts = Counter(shown(path.parent) for path in modules(*CODE))
    assert {folder: count for folder, count in counts.items() if count > FOLDER_LIMIT} == {}
