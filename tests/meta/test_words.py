"""One word per idea: a class name belongs to one class, unless both are the same idea seen from two sides. No name is a riddle."""

import ast
from collections import defaultdict
from collections.abc import Callable, Container, Iterator

from tests.meta.tree import CODE, PRODUCT, modules, parsed, shown

#: Public class names that two modules define, and why one word is right for both.
SHARED = {
    "Channel": "one connection between a client and the bridge, at each of its ends",
    "Custodian": "what a connection asks of the shim's custodian, and the custodian",
    "EndedProcess": "custody's record and the core's fact of the same process; neither floor knows the other",
    "Stops": "the engine's port, and the supervisor's stops behind it",
    "Store": "the engine's port, and the store behind it",
    "Subscription": "what a client is told of its subscription, and the daemon's end of it",
    "Terminals": "the engine's port, and the supervisor's terminals behind it",
}

#: Names that say nothing about a value: it is a message, a reading, a report, an answer, a setting.
RIDDLES = frozenset({"told"})

#: Words that parameters, attributes and functions of the product must not be called: a reader had to guess what they hold.
GUESSES = frozenset(
    {
        "it",
        "what",
        "who",
        "whom",
        "whose",
        "said",
        "mine",
        "theirs",
        "ours",
        "yours",
        "gone",
        "heard",
        "wanted",
        "meant",
        "asked",
    }
)


def test_a_class_name_means_one_thing() -> None:
    places: dict[str, list[str]] = defaultdict(list)
    for path in modules(*PRODUCT):
        for node in ast.walk(parsed(path)):
            if isinstance(node, ast.ClassDef) and not node.name.startswith("_"):
                places[node.name].append(f"{shown(path)}:{node.lineno}")
    shared = {name: where for name, where in places.items() if len(where) > 1}
    assert {name: where for name, where in shared.items() if name not in SHARED} == {}
    assert set(SHARED) <= set(shared), "nobody needs this line any more"


def bindings(tree: ast.Module) -> Iterator[tuple[str, int]]:
    """The names that a file gives to values, parameters, attributes and functions, with their lines."""
    for node in ast.walk(tree):
        match node:
            case ast.Name(id=name, ctx=ast.Store()) | ast.Attribute(attr=name, ctx=ast.Store()) | ast.arg(arg=name):
                yield name, node.lineno
            case ast.FunctionDef(name=name) | ast.AsyncFunctionDef(name=name) | ast.ExceptHandler(name=str(name)):
                yield name, node.lineno
            case ast.keyword(arg=str(name)):
                yield name, node.lineno


def offenders(
    names: Callable[[ast.Module], Iterator[tuple[str, int]]], banned: Container[str], *folders: str
) -> list[str]:
    """The banned names in the files of some folders, each with its place."""
    return [
        f"{shown(path)}:{line}: {name}"
        for path in modules(*folders)
        for name, line in names(parsed(path))
        if name in banned
    ]


def test_no_name_is_a_riddle() -> None:
    assert offenders(bindings, RIDDLES, *CODE) == []


def test_every_kind_of_binding_is_found() -> None:
    text = "def a(b, *, c=1):\n d = e(f=2)\n g.h = 3\n try: pass\n except E as i: pass\nasync def j(): pass\n"
    assert {name for name, _ in bindings(ast.parse(text))} == set("abcdfhij")
    assert {name for name, _ in signatures(ast.parse(text))} == set("abchj")


def signatures(tree: ast.Module) -> Iterator[tuple[str, int]]:
    """The names of parameters, attributes and functions, without leading underscores, and their lines."""
    for node in ast.walk(tree):
        match node:
            case ast.Attribute(attr=name, ctx=ast.Store()) | ast.arg(arg=name):
                yield name.strip("_"), node.lineno
            case ast.FunctionDef(name=name) | ast.AsyncFunctionDef(name=name):
                yield name.strip("_"), node.lineno


def test_no_parameter_attribute_or_function_has_to_be_guessed() -> None:
    assert offenders(signatures, GUESSES, *PRODUCT) == []
