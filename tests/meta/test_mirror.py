"""Every source file has its test where a reader expects it: ``maestrod/a/b.py`` in ``tests/a/test_b.py``.

A file that defines no function holds values only and is tested by those who use them. ``task_rules.py`` and ``task_state.py`` say how
a noun changes: that is the test of the noun, ``test_task.py``. Any other test that covers a neighbour says so in a line of its
docstring, beginning with ``Covers``, the name of the file and the reason; no folder is named, so files can move.
"""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

from tests.meta.tree import PRODUCT, ROOT, modules, parsed, shown

_COVERS = re.compile(r"^Covers (``.+``): .{10,}", re.MULTILINE)


def mirror_of(path: Path) -> Path:
    """Where the test of a source file belongs."""
    package, *folders = path.relative_to(ROOT).parent.parts
    top = ROOT / "tests" / ("maestroctl" if package == "maestroctl" else "")
    return top.joinpath(*folders, f"test_{path.stem.strip('_')}.py")


def noun_test_of(path: Path) -> Path:
    """Where the test of the noun is whose rules or states a source file holds."""
    return mirror_of(path.with_stem(re.sub("_(rules|state)$", "", path.stem)))


def holds_values_only(path: Path) -> bool:
    return not any(isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) for node in ast.walk(parsed(path)))


def declared() -> Iterator[tuple[str, str]]:
    """The names of source files that tests say they cover, each with its test."""
    for test in modules("tests"):
        for line in _COVERS.findall(ast.get_docstring(parsed(test)) or ""):
            for name in re.findall(r"``(.+?)``", line):
                yield name, shown(test)


def sources() -> list[Path]:
    """A link is tested with the file it leads to (``jsontext.py`` to one of ``hooks/``)."""
    return [path for path in modules(*PRODUCT) if path.name != "__init__.py" and not path.is_symlink()]


def has_own_test(path: Path) -> bool:
    return mirror_of(path).is_file() or noun_test_of(path).is_file()


def uncovered() -> list[Path]:
    """The files with functions that have no test of their own."""
    return [path for path in sources() if not has_own_test(path) and not holds_values_only(path)]


def test_every_source_file_has_its_test() -> None:
    covered = {name for name, _ in declared()}
    assert {shown(path): f"write {shown(mirror_of(path))}" for path in uncovered() if path.name not in covered} == {}


def test_each_file_that_a_test_claims_to_cover_has_no_other_test() -> None:
    stale: dict[str, list[str]] = {}
    for name, test in declared():
        found = [shown(path) for path in uncovered() if path.name == name]
        if len(found) != 1:
            stale[f"{test} covers {name}: name one file that has no test, or remove the line"] = found
    assert stale == {}


def test_every_package_has_only_a_docstring_in_its_init() -> None:
    for path in modules(*PRODUCT):
        if path.name == "__init__.py":
            code = [
                line for line in path.read_text("utf-8").splitlines() if line.startswith(("def ", "class ", "async "))
            ]
            assert code == [], shown(path)
