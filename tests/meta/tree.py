"""The repository as the tests in this folder see it: files, modules and who imports whom, read by ``ast``, never imported."""

import ast
import functools
import os
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]

#: The packages that ship.
PRODUCT = ("maestrod", "maestroctl")

#: Where code of ours is.
CODE = (*PRODUCT, "hooks", "skills", "examples", "bench", "requirements", "tests")

_NOT_OURS = {
    ".git",
    ".venv",
    ".venv-lowest",
    ".venv-newest",
    "build",
    "dist",
    "fixtures",
    "__pycache__",
    ".hypothesis",
    "vendor",
}


@functools.cache
def texts() -> tuple[Path, ...]:
    """Every file of the repository that holds text of ours; recorded fixtures, caches and builds are not."""
    found = []
    for folder, folders, names in os.walk(ROOT):
        folders[:] = [name for name in folders if name not in _NOT_OURS and not name.endswith(("_cache", ".egg-info"))]
        found += [Path(folder, name) for name in names if name not in _NOT_OURS]  # `.git` of a worktree is a file
    return tuple(sorted(path for path in found if _is_text(path)))


def _is_text(path: Path) -> bool:
    with path.open("rb") as file:
        return b"\0" not in file.read(2048)


@functools.cache
def modules(*folders: str) -> tuple[Path, ...]:
    """Every Python file under ``folders`` of the repository, programs without a suffix included."""
    return tuple(path for path in texts() if path.relative_to(ROOT).parts[0] in folders and _is_python(path))


def _is_python(path: Path) -> bool:
    if path.suffix:
        return path.suffix == ".py"
    with path.open("rb") as file:
        first = file.readline()
    return first.startswith(b"#!") and b"python" in first


@functools.cache
def parsed(path: Path) -> ast.Module:
    """The syntax tree of a file."""
    return ast.parse(path.read_text("utf-8"), str(path))


@functools.cache
def functions(path: Path) -> tuple[ast.FunctionDef | ast.AsyncFunctionDef, ...]:
    """Every function and method of a file, nested ones included."""
    return tuple(_functions(parsed(path).body))


def _functions(body: Iterable[ast.AST]) -> Iterator[ast.FunctionDef | ast.AsyncFunctionDef]:
    """Only statements are looked into: expressions hold no ``def``, and are most of a tree."""
    for node in body:
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            yield node
        for block in ("body", "orelse", "finalbody", "handlers", "cases"):
            inner = getattr(node, block, ())
            yield from _functions(inner if isinstance(inner, list) else ())


@functools.cache
def shown(path: Path) -> str:
    """The path as messages and tables write it."""
    return path.relative_to(ROOT).as_posix()


def dotted(path: Path) -> str:
    """The module name of a file of the product."""
    parts = path.relative_to(ROOT).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


@dataclass(frozen=True)
class Import:
    """One import: the file, the line, and the full name of what is imported."""

    path: Path
    line: int
    name: str

    def __str__(self) -> str:
        return f"{shown(self.path)}:{self.line} imports {self.name}"


def imports(path: Path) -> Iterator[Import]:
    """Every import of a file, those inside of functions and type-checking blocks included.

    ``from a.b import c`` counts as ``a.b.c`` where that is a module of ours, else as ``a.b``.
    """
    for node in ast.walk(parsed(path)):
        if isinstance(node, ast.Import):
            for alias in node.names:
                yield Import(path, node.lineno, alias.name)
        elif isinstance(node, ast.ImportFrom):
            base = _absolute(path, node)
            for alias in node.names:
                name = f"{base}.{alias.name}"
                yield Import(path, node.lineno, name if is_module(name) else base)


def _absolute(path: Path, node: ast.ImportFrom) -> str:
    """The full name of what a ``from`` names, its leading dots resolved."""
    if not node.level:
        return node.module or ""
    package = path.relative_to(ROOT).parent.parts
    package = package[: len(package) - node.level + 1]
    return ".".join([*package, *(node.module or "").split(".")]).rstrip(".")


@functools.cache
def is_module(name: str) -> bool:
    """Whether ``name`` is a module or package of this repository."""
    place = ROOT.joinpath(*name.split("."))
    return place.with_suffix(".py").is_file() or (place.is_dir() and name.partition(".")[0] in CODE)


def within(name: str, package: str) -> bool:
    """Whether the module ``name`` is ``package`` or inside of it."""
    return name == package or name.startswith(package + ".")
