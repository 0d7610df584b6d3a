"""Every name has one home: it is imported from the module that defines it, and the world is changed by its own room only."""

import ast
import functools
from collections.abc import Iterator
from pathlib import Path

from tests.meta.tree import CODE, PRODUCT, ROOT, is_module, modules, parsed, shown

#: Names that a module hands on: where, and why it does.
HANDED_ON = {
    ("maestrod.sessions.shim.signals", "kernel"): "which module of the kernel's signals to load is chosen once, there",
}

#: What changes a world from outside of a decision, and who may: everybody else goes through a ``Draft``.
WRITERS = {
    "put": ("maestrod/core/world/", "decisions and the index"),
    "drop": ("maestrod/core/world/", "decisions"),
    "sort": ("maestrod/core/world/", "an undo"),
    "apply": ("maestrod/store/", "a journal is replayed"),
    "fill": ("maestrod/store/", "a snapshot is read"),
    "load": ("maestrod/store/", "a store is taken over"),
    "index": ("maestrod/store/", "a snapshot was read"),
    "reach": ("maestrod/store/", "a line of the journal that changes no entity"),
    "take_moved_deadlines": ("maestrod/engine/", "the timers look at each deadline once"),
    "move_all_deadlines": ("maestrod/engine/", "the clock was set"),
}

_WORLD_ROOM = "maestrod/core/world/"
_CHANGES = frozenset(
    {"add", "append", "clear", "discard", "extend", "insert", "pop", "popitem", "remove", "setdefault", "update"}
)


def test_names_are_imported_from_where_they_are_defined() -> None:
    handed = {
        (module, name): f"{shown(path)}:{line}"
        for path in modules(*CODE)
        for line, module, name in _from_ours(path)
        if not is_module(f"{module}.{name}") and name not in _defined(module)
    }
    assert {found: place for found, place in handed.items() if found not in HANDED_ON} == {}
    assert set(HANDED_ON) <= set(handed), "nobody needs this line any more"


def _from_ours(path: Path) -> Iterator[tuple[int, str, str]]:
    """Every name that is imported from a module of ours."""
    for node in ast.walk(parsed(path)):
        if isinstance(node, ast.ImportFrom) and not node.level and is_module(node.module or ""):
            yield from ((node.lineno, str(node.module), alias.name) for alias in node.names)


@functools.cache
def _defined(module: str) -> frozenset[str]:
    place = ROOT.joinpath(*module.split("."))
    path = place.with_suffix(".py") if place.with_suffix(".py").is_file() else place / "__init__.py"
    return frozenset(_names(parsed(path).body)) if path.is_file() else frozenset()


def _names(body: list[ast.stmt]) -> Iterator[str]:
    """What statements define, those in blocks included."""
    for node in body:
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            yield node.name
        elif isinstance(node, ast.Assign | ast.AnnAssign):
            targets = node.targets if isinstance(node, ast.Assign) else [node.target]
            yield from (each.id for target in targets for each in ast.walk(target) if isinstance(each, ast.Name))
        else:
            for block in ("body", "orelse", "finalbody"):
                yield from _names(getattr(node, block, []))


def test_only_a_draft_changes_the_world() -> None:
    wrong = [
        f"{shown(path)}:{node.lineno}: {ast.unparse(node)}"
        for path in modules(*PRODUCT)
        if not shown(path).startswith(_WORLD_ROOM)
        for node in ast.walk(parsed(path))
        if isinstance(node, ast.stmt | ast.expr) and _writes(node) and not _is_allowed(shown(path), node)
    ]
    assert wrong == []


def test_the_table_of_writers_is_complete() -> None:
    """Every public method of ``World`` that changes it stands in the table."""
    path = ROOT / _WORLD_ROOM / "world.py"
    [world] = [node for node in parsed(path).body if isinstance(node, ast.ClassDef) and node.name == "World"]
    methods = [node for node in world.body if isinstance(node, ast.FunctionDef)]
    changing = {method.name for method in methods if any(_changes(node, "self") for node in ast.walk(method))}
    while more := {method.name for method in methods if _calls(method, changing)} - changing:
        changing |= more
    assert {name for name in changing if not name.startswith("_")} <= set(WRITERS)
    assert set(WRITERS) <= {method.name for method in methods}


def _calls(method: ast.FunctionDef, names: set[str]) -> bool:
    called = {node.func for node in ast.walk(method) if isinstance(node, ast.Call)}
    return any(
        isinstance(each, ast.Attribute) and isinstance(each.value, ast.Name) and each.attr in names for each in called
    )


def _writes(node: ast.AST) -> bool:
    return _changes(node, "world") or (_call(node) in WRITERS)


def _is_allowed(place: str, node: ast.AST) -> bool:
    folder, _ = WRITERS.get(_call(node), ("", ""))
    return bool(folder) and place.startswith(folder)


def _call(node: ast.AST) -> str:
    """The method of a world that is called."""
    if not isinstance(node, ast.Call) or not isinstance(node.func, ast.Attribute):
        return ""
    subject = node.func.value
    name = subject.attr if isinstance(subject, ast.Attribute) else getattr(subject, "id", "")
    return node.func.attr if name.strip("_") == "world" else ""


def _changes(node: ast.AST, of: str) -> bool:
    """Whether a statement assigns to a member of it, or changes what a member holds."""
    targets: list[ast.expr] = []
    if isinstance(node, ast.Assign | ast.Delete):
        targets = node.targets
    elif isinstance(node, ast.AugAssign | ast.AnnAssign):
        targets = [node.target]
    elif isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr in _CHANGES:
        return isinstance(node.func.value, ast.Attribute | ast.Subscript) and _leads_to(node.func.value, of)
    inner = [each for target in targets for each in ast.walk(target)]
    return any(isinstance(each, ast.Attribute | ast.Subscript) and _leads_to(each.value, of) for each in inner)


def _leads_to(node: ast.expr, name: str) -> bool:
    """Whether an expression is of something that is called so, or of a member of it."""
    while isinstance(node, ast.Attribute | ast.Subscript | ast.Call):
        if isinstance(node, ast.Attribute) and node.attr.strip("_") == name:
            return True
        node = node.func if isinstance(node, ast.Call) else node.value
    return isinstance(node, ast.Name) and node.id.strip("_") == name
