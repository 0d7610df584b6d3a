"""Required docstrings: a paragraph for every package, one for every module, one for every name of the contract and the core."""

import ast
from collections.abc import Iterator

from tests.meta.tree import PRODUCT, dotted, modules, parsed, shown, within

#: Where every public class and function says what it is for.
SPOKEN = ("maestrod.api", "maestrod.core")

Definition = ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef


def test_every_package_has_a_paragraph() -> None:
    short = [
        shown(path)
        for path in modules(*PRODUCT)
        if path.name == "__init__.py" and len((ast.get_docstring(parsed(path)) or "").split()) < 25
    ]
    assert short == []


def test_every_module_says_what_it_is() -> None:
    silent = [
        shown(path) for path in modules(*PRODUCT, "hooks", "bench", "tests") if not ast.get_docstring(parsed(path))
    ]
    assert silent == []


def test_every_public_name_of_the_contract_and_the_core_says_what_it_is_for() -> None:
    silent = [
        f"{shown(path)}:{node.lineno} {node.name}"
        for path in modules(*PRODUCT)
        if any(within(dotted(path), package) for package in SPOKEN)
        for node in public(parsed(path))
        if not ast.get_docstring(node) and not is_signature(node)
    ]
    assert silent == []


def public(module: ast.Module | ast.ClassDef) -> Iterator[Definition]:
    """Public classes and functions, and the public methods of those classes."""
    for node in module.body:
        if isinstance(node, Definition) and not node.name.startswith("_"):
            yield node
            if isinstance(node, ast.ClassDef):
                yield from public(node)


def is_signature(node: Definition) -> bool:
    """Whether a function is a protocol's, all of it signature: the protocol's own words cover it."""
    [*_, last] = node.body
    return not isinstance(node, ast.ClassDef) and isinstance(last, ast.Expr) and ast.unparse(last) == "..."
