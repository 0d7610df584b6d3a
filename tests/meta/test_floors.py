"""Imports point down only. Every line of the tables says why; a line about something that is gone fails too."""

import ast
import sys
from collections.abc import Iterator
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

import pytest

from tests.meta.floors import FLOORS
from tests.meta.tree import PRODUCT, ROOT, Import, dotted, imports, is_module, modules, parsed, shown, within

#: Modules above all floors, which see every room; no room may import them.
TOP = {
    "maestrod": "name and version",
    "maestrod.__main__": "flags, exit code",
    "maestrod.app": "the composition root puts the parts together",
    "maestrod.listening": "the composition root's listeners: settings and host's sockets into transport",
}

#: Who may import a third-party package; nobody else may, and what is not here may not be imported at all.
PACKAGES = {
    "msgspec": (("maestrod", "maestroctl"), "types, validation and JSON are one thing everywhere"),
    "platformdirs": (("maestrod.api.local.address",), "one answer to where things are"),
    "trio": (
        (
            *("maestrod.engine", "maestrod.sessions", "maestrod.rpc", "maestrod.transport", "maestrod.supervisor"),
            *("maestrod.app", "maestrod.__main__", "maestrod.host", "maestrod.listening"),
        ),
        "concurrency lives above the pure floors; the store's one thread needs none",
    ),
    "psutil": (
        ("maestrod.sessions", "maestrod.host.instance", "maestrod.transport.bridge.remote_port"),
        "process identity where /proc is not there; the addresses of this machine",
    ),
    "jsonrpcserver": (("maestrod.rpc.dispatch",), "its own dispatch cannot run under trio: types only, in one file"),
    "oslash": (("maestrod.rpc.dispatch",), "what jsonrpcserver's results are made of"),
    "h11": (("maestrod.transport",), "reads HTTP for the bridge"),
    "trio_websocket": (("maestrod.transport",), "reads WebSockets for the bridge"),
    "wsproto": (("maestroctl.client.remote",), "the WebSocket to a daemon elsewhere, without a runtime of its own"),
    "cryptography": (
        ("maestrod.transport.bridge.certificate",),
        "makes certificates, which the standard library cannot",
    ),
    "typer": (("maestroctl",), "the command line"),
    "textual": (("maestroctl.screen",), "panes, keys and drawing of the full-screen view, nowhere else"),
    "rich": (("maestroctl",), "trees and tables for people"),
}

#: What a package may not import, whatever room of it would like to.
FORBIDDEN = {
    "maestrod": {"asyncio": "trio is the one runtime"},
    "maestrod.core": {
        "time": "time enters with the stamp",
        "datetime": "time enters with the stamp",
        "random": "randomness enters with the stamp",
        "secrets": "randomness enters with the stamp",
        "uuid": "ids are made by api/model/ids.py from the stamp",
        "os": "no machine below: files and processes are effects",
        "io": "no files",
        "tempfile": "no files",
        "shutil": "no files",
        "glob": "no files",
        "socket": "no network",
        "subprocess": "processes are effects",
        "signal": "processes are effects",
        "threading": "one caller at a time",
        "multiprocessing": "processes are effects",
        "concurrent": "one caller at a time",
        "pathlib": "no files",
        "fcntl": "no files",
        "select": "no files",
        "ctypes": "no machine below",
        "mmap": "no files",
        "posix": "no machine below: files and processes are effects",
        "_thread": "one caller at a time",
        "_random": "randomness enters with the stamp",
        "platform": "no machine below",
        "locale": "no machine below",
        "importlib": "what is imported stands at the head of a file, where a test sees it",
        "logging": "what is worth saying is an event",
        "maestrod.api.local": "no machine below",
    },
    "maestrod.api": {
        "subprocess": "cheap to import",
        "socket": "connections are the client's and the transport's",
        "threading": "a contract does not run",
        "logging": "a contract does not run",
    },
    "maestroctl": {"asyncio": "synchronous: one question, one answer"},
}

#: Programs started as ``python -I -S``: the standard library and the files beside them, nothing else.
STANDALONE = {
    "maestrod/sessions/shim": "one shim per session: each import costs memory and milliseconds for every agent",
    "maestrod/agents/shell/worker": "one per shell session, started as often as its shim",
    "hooks": "runs inside of other people's agents at every step they take",
}


def room_of(module: str) -> str | None:
    """The room a module of the floors belongs to."""
    return max((name for name in FLOORS if within(module, name)), key=len, default=None) if module not in TOP else None


def is_standalone(path: Path) -> bool:
    return any(shown(path) == place or shown(path).startswith(f"{place}/") for place in STANDALONE)


def is_beside(path: Path, name: str) -> bool:
    """Whether a module is a file in the folder of the program that imports it, by its own name or through its package."""
    package, _, module = name.rpartition(".")
    return (path.parent / f"{module}.py").is_file() and package.rpartition(".")[2] in ("", path.parent.name)


def product() -> list[Path]:
    return [path for path in modules(*PRODUCT) if not is_standalone(path)]


def of_ours(path: Path) -> Iterator[Import]:
    """What a file imports of the repository; the bare packages hold only versions, and whoever imports a name of theirs may."""
    for found in imports(path):
        if found.name.split(".")[0] in (*PRODUCT, "tests", "bench") and found.name not in PRODUCT:
            yield found


def test_every_module_stands_on_a_floor() -> None:
    homeless = [shown(path) for path in product() if room_of(dotted(path)) is None and dotted(path) not in TOP]
    assert homeless == []


def covers(room: str, below: str, module: str) -> bool:
    """Whether ``module`` is what a room means by ``below``: anything in that package, or, if it is around the room, its own files."""
    return within(module, below) and (not within(room, below) or room_of(module) == below)


def test_every_room_knows_only_rooms_that_stand_before_it() -> None:
    order = list(FLOORS)
    wrong = []
    for place, (room, floor) in enumerate(FLOORS.items()):
        for below in floor.knows:
            inside = [name for name in order if covers(room, below, name) or name == room_of(below)]
            wrong += [f"{room} knows {name}" for name in inside if order.index(name) >= place]
    assert wrong == []


def test_imports_point_down() -> None:
    wrong = [
        f"{found}: {room} is {FLOORS[room].purpose}"
        for path in product()
        if (room := room_of(dotted(path))) is not None
        for found in of_ours(path)
        if room_of(found.name) != room and not any(covers(room, below, found.name) for below in FLOORS[room].knows)
    ]
    assert wrong == []


@pytest.mark.parametrize("package", PRODUCT)
def test_no_modules_import_each_other_in_a_circle(package: str) -> None:
    graph: dict[str, set[str]] = {}
    for path in modules(package):
        module = dotted(path)
        graph[module] = {found.name for found in imports(path) if within(found.name, package) and found.name != module}
    try:
        TopologicalSorter(graph).prepare()
    except CycleError as error:
        pytest.fail(" -> ".join(error.args[1]))


def test_nothing_imports_the_composition_root() -> None:
    roots = ("maestrod.app", "maestrod.__main__", "maestroctl.__main__")
    wrong = [
        str(found) for path in product() for found in imports(path) if found.name in roots and dotted(path) not in roots
    ]
    assert wrong == []


def test_third_party_packages_are_imported_only_where_they_belong() -> None:
    wrong = []
    for path in product():
        for found in imports(path):
            package = found.name.split(".")[0]
            if package in sys.stdlib_module_names or package in PRODUCT:
                continue
            homes, reason = PACKAGES.get(package, ((), "not a dependency of ours"))
            if not any(within(dotted(path), home) for home in homes):
                wrong.append(f"{found}: {reason}")
    assert wrong == []


@pytest.mark.parametrize("floor", FORBIDDEN)
def test_no_floor_imports_what_is_forbidden_to_it(floor: str) -> None:
    wrong = [
        f"{found}: {reason}"
        for path in product()
        if within(dotted(path), floor)
        for found in imports(path)
        for name, reason in FORBIDDEN[floor].items()
        if within(found.name, name)
    ]
    assert wrong == []


@pytest.mark.parametrize("place", STANDALONE)
def test_programs_that_run_alone_import_only_the_standard_library(place: str) -> None:
    wrong = [
        f"{found}: {STANDALONE[place]}"
        for path in modules(*PRODUCT, "hooks")
        if shown(path) == place or shown(path).startswith(f"{place}/")
        for found in imports(path)
        if found.name.split(".")[0] not in sys.stdlib_module_names
        and not is_beside(path, found.name)
        and not is_beside(path.parent, found.name)  # hooks/<agent>/ uses the modules of hooks/
    ]
    assert wrong == []


def test_the_bare_packages_import_nothing() -> None:
    for package in PRODUCT:
        assert list(imports(ROOT / package / "__init__.py")) == []


def test_the_tables_name_only_what_exists() -> None:
    named = {name for room, floor in FLOORS.items() for name in (room, *floor.knows)} | set(TOP) | set(FORBIDDEN)
    named |= {home for homes, _ in PACKAGES.values() for home in homes}
    assert sorted(name for name in named if not is_module(name)) == []
    assert sorted(place for place in STANDALONE if not (ROOT / place).exists()) == []


def test_the_tables_allow_only_what_is_used() -> None:
    used = {(dotted(path), found.name) for path in product() for found in imports(path)}
    unused = [
        f"{room} may import {below}"
        for room, floor in FLOORS.items()
        for below in floor.knows
        if not any(room_of(module) == room and covers(room, below, name) for module, name in used)
    ]
    unused += [
        f"{home} may import {package}"
        for package, (homes, _) in PACKAGES.items()
        for home in homes
        if not any(within(module, home) and within(name, package) for module, name in used)
    ]
    assert unused == []


def test_the_core_calls_nothing_that_opens_or_imports() -> None:
    """What needs no import, and so stands in no table."""
    banned = {"open", "__import__", "eval", "exec", "compile", "input", "breakpoint"}
    found = [
        f"{shown(path)}:{node.lineno}: {node.func.id}"
        for path in product()
        if within(dotted(path), "maestrod.core")
        for node in ast.walk(parsed(path))
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in banned
    ]
    assert found == []


def test_nothing_is_imported_through_the_bare_package() -> None:
    """``import maestrod`` gives its version; a module would be reached as its attribute, past every table."""
    found = [
        f"{shown(path)}:{node.lineno}: maestrod.{node.attr}"
        for path in product()
        for node in ast.walk(parsed(path))
        if isinstance(node, ast.Attribute)
        and isinstance(node.value, ast.Name)
        and node.value.id in PRODUCT
        and not node.attr.startswith("__")
    ]
    assert found == []
