"""Imports point down only. Every line of the tables says why; a line about something that is gone fails too."""

import sys
from pathlib import Path

import pytest

from tests.meta.tree import PRODUCT, ROOT, dotted, imports, is_module, modules, shown, within

#: Who may import which part of ours, besides itself. Programs that run alone are in STANDALONE and import nothing.
FLOORS = {
    ("maestrod.api.text", ()): "safe text needs nothing of the contract",
    ("maestrod.api.model", ("maestrod.api.errors",)): "below the nouns: rows name errors",
    (
        "maestrod.api.local",
        ("maestrod.api.errors", "maestrod.api.model.base", "maestrod.api.text.outside_text"),
    ): "the machine both sides share knows no noun",
    ("maestrod.api.protocol", ("maestrod.api",)): "made from the rows, so it stands above the nouns",
    ("maestrod.api", ()): "the contract stands on nothing, so that every client can afford it",
    ("maestrod.core", ("maestrod.api",)): "pure: decides about the contract's entities and knows nothing else",
    ("maestrod.agents.adapter", ("maestrod.api", "maestrod.core")): "what an agent is to the daemon",
    ("maestrod.agents.settings", ("maestrod.api",)): "what the configuration says of an agent: values",
    (
        "maestrod.agents.kit",
        ("maestrod.agents.adapter", "maestrod.api", "maestrod.core"),
    ): "small ideas that adapters share; knows no agent",
    (
        "maestrod.agents.catalog",
        ("maestrod.agents.adapter", "maestrod.api", "maestrod.core"),
    ): "reads folders; agents come to it as adapters",
    (
        "maestrod.agents.shell",
        ("maestrod.agents.adapter", "maestrod.agents.settings", "maestrod.agents.kit", "maestrod.api", "maestrod.core"),
    ): "knows no other agent",
    (
        "maestrod.agents.claude",
        ("maestrod.agents.adapter", "maestrod.agents.kit", "maestrod.api", "maestrod.core"),
    ): "knows no other agent",
    (
        "maestrod.agents.codex",
        ("maestrod.agents.adapter", "maestrod.agents.kit", "maestrod.api", "maestrod.core"),
    ): "knows no other agent",
    (
        "maestrod.agents.gemini",
        ("maestrod.agents.adapter", "maestrod.agents.kit", "maestrod.api", "maestrod.core"),
    ): "knows no other agent",
    (
        "maestrod.agents.opencode",
        ("maestrod.agents.adapter", "maestrod.agents.kit", "maestrod.api", "maestrod.core"),
    ): "knows no other agent",
    ("maestrod.agents", ("maestrod.api", "maestrod.core")): "the registry is the one place that names them all",
    ("maestrod.store", ("maestrod.api", "maestrod.core")): "writes what the core decided",
    ("maestrod.sessions", ()): "holds processes and knows nothing of tasks: what to start is told to it",
    ("maestrod.engine", ("maestrod.api", "maestrod.core")): "knows store and sessions by its ports only",
    ("maestrod.rpc", ("maestrod.api", "maestrod.core", "maestrod.engine")): "a handler turns params into a command",
    ("maestrod.config", ("maestrod.api", "maestrod.agents.settings")): "settings are values, read once",
    (
        "maestrod.host",
        ("maestrod.api", "maestrod.core.values.folders", "maestrod.core.values.seen"),
    ): "asks the machine: lock, socket path, service manager, log, folders",
    (
        "maestrod.supervisor",
        (
            *("maestrod.api", "maestrod.core", "maestrod.agents", "maestrod.config", "maestrod.engine"),
            *("maestrod.host.inherited", "maestrod.sessions"),
        ),
    ): "carries effects out by custody and tells the engine what came of them; knows no client",
    (
        "maestrod.transport.unix",
        (
            *("maestrod.transport.outbox", "maestrod.transport.connection_limit"),
            *("maestrod.api", "maestrod.host.peer", "maestrod.rpc"),
        ),
    ): "local clients; asks the kernel who they are, and knows nothing of HTTP",
    (
        "maestrod.transport.bridge",
        (
            *("maestrod.transport.outbox", "maestrod.transport.connection_limit"),
            *("maestrod.api", "maestrod.config", "maestrod.host", "maestrod.rpc"),
        ),
    ): "opens its ports as the settings say; does not know the Unix socket",
    ("maestrod.transport", ()): "what both sides share moves bytes and nothing else",
    ("maestroctl.output", ()): "the one place that writes to the user's terminal: a leaf for all",
    ("maestroctl.lines", ("maestroctl.output",)): "agents' verbs end here, on the fast path: texts and nothing else",
    ("maestroctl.event_script", ()): "runs the hook script; nothing of ours may cost it time",
    ("maestroctl.install", ("maestrod.api",)): "files of the user's; works without a daemon",
    (
        "maestroctl.client",
        ("maestrod.api", "maestroctl.output", "maestroctl.install"),
    ): "reaches the daemon, and starts the installed service when it is needed; shows nothing",
    (
        "maestroctl.show",
        ("maestrod.api", "maestroctl.output", "maestroctl.client"),
    ): "turns what the client brings into text",
    (
        "maestroctl.generated",
        ("maestrod.api", "maestroctl.output", "maestroctl.lines", "maestroctl.client", "maestroctl.show"),
    ): "a call and its reply per method row",
    (
        "maestroctl.attach",
        ("maestrod.api", "maestroctl.output", "maestroctl.client", "maestroctl.show"),
    ): "bytes between two terminals",
    (
        "maestroctl.screen",
        ("maestrod.api", "maestroctl.output", "maestroctl.client", "maestroctl.show", "maestroctl.attach"),
    ): "shows everything at once and goes to a session's terminal",
    (
        "maestroctl.verbs",
        (
            *("maestrod.api", "maestroctl.output", "maestroctl.lines", "maestroctl.install", "maestroctl.client"),
            *("maestroctl.show", "maestroctl.attach", "maestroctl.screen", "maestroctl.event_script"),
        ),
    ): "the commands made by hand use every room",
    (
        "maestroctl",
        ("maestrod.api",),
    ): "hooks start it hundreds of times a day; trio alone costs more than the whole call",
}

#: Modules beside the floors: the composition root and what only it needs.
TOP = {
    "maestrod": "name and version",
    "maestrod.__main__": "flags, exit code",
    "maestrod.app": "the composition root sees all floors",
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

#: What a floor may not take from the standard library.
FORBIDDEN = {
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
        "logging": "what is worth saying is an event",
        "asyncio": "no runtime",
    },
    "maestrod.api": {
        "subprocess": "cheap to import",
        "socket": "connections are the client's and the transport's",
        "threading": "a contract does not run",
        "logging": "a contract does not run",
        "asyncio": "no runtime",
    },
    "maestroctl": {"asyncio": "synchronous: one question, one answer"},
}

#: Programs started as ``python -I -S``: the standard library and the files beside them, nothing else.
STANDALONE = {
    "maestrod/sessions/shim": "one shim per session: each import costs memory and milliseconds for every agent",
    "maestrod/agents/shell/worker": "one per shell session, started as often as its shim",
    "hooks": "runs inside of other people's agents at every step they take",
}


def floor_of(module: str) -> tuple[str, tuple[str, ...]] | None:
    return next((floor for floor in FLOORS if within(module, floor[0])), None)


def is_standalone(path: Path) -> bool:
    return any(shown(path) == place or shown(path).startswith(f"{place}/") for place in STANDALONE)


def is_beside(path: Path, name: str) -> bool:
    """Whether a module is a file in the folder of the program that imports it, by its own name or through its package."""
    package, _, module = name.rpartition(".")
    return (path.parent / f"{module}.py").is_file() and package.rpartition(".")[2] in ("", path.parent.name)


def product() -> list[Path]:
    return [path for path in modules(*PRODUCT) if not is_standalone(path)]


def test_every_module_stands_on_a_floor() -> None:
    homeless = [shown(path) for path in product() if floor_of(dotted(path)) is None and dotted(path) not in TOP]
    assert homeless == []


def test_imports_point_down() -> None:
    wrong = []
    for path in product():
        floor = floor_of(dotted(path))
        if floor is None:
            continue
        package, allowed = floor
        reachable = (package, "maestrod" if dotted(path) == "maestrod.__main__" else package, *allowed)
        for found in imports(path):
            of_ours = found.name.split(".")[0] in (*PRODUCT, "tests", "bench")
            # the bare package `maestrod` holds the version and imports nothing
            if of_ours and found.name != "maestrod" and not any(within(found.name, name) for name in reachable):
                wrong.append(f"{found}: {FLOORS[floor]}")
    assert wrong == []


def test_nouns_of_the_contract_import_only_what_they_are_made_of() -> None:
    above = ("maestrod.api.protocol", "maestrod.api.local", "maestrod.api.text")
    wrong = [
        str(found)
        for path in product()
        if path.parent == ROOT / "maestrod" / "api" and path.name != "schema.py"  # the OpenRPC document of all nouns
        for found in imports(path)
        if any(within(found.name, room) for room in above)
    ]
    assert wrong == []


def test_nobody_imports_the_composition_root() -> None:
    roots = ("maestrod.app", "maestrod.__main__", "maestroctl.__main__")
    wrong = [
        str(found)
        for path in product()
        for found in imports(path)
        if found.name in roots and dotted(path) not in ("maestrod.app", "maestrod.__main__", "maestroctl.__main__")
    ]
    assert wrong == []


def test_third_party_packages_stay_where_they_belong() -> None:
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
def test_what_a_floor_must_not_touch(floor: str) -> None:
    wrong = [
        f"{found}: {FORBIDDEN[floor][found.name.split('.')[0]]}"
        for path in product()
        if within(dotted(path), floor)
        for found in imports(path)
        if found.name.split(".")[0] in FORBIDDEN[floor]
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
    named = {name for package, allowed in FLOORS for name in (package, *allowed)} | set(TOP) | set(FORBIDDEN)
    named |= {home for homes, _ in PACKAGES.values() for home in homes}
    assert sorted(name for name in named if not is_module(name)) == []
    assert sorted(place for place in STANDALONE if not (ROOT / place).exists()) == []


def test_the_tables_allow_nothing_that_is_not_used() -> None:
    used = {(dotted(path), found.name) for path in product() for found in imports(path)}
    unused = [
        f"{package} may import {below}"
        for package, allowed in FLOORS
        for below in allowed
        if not any(within(module, package) and within(name, below) for module, name in used)
    ]
    unused += [
        f"{home} may import {package}"
        for package, (homes, _) in PACKAGES.items()
        for home in homes
        if not any(within(module, home) and within(name, package) for module, name in used)
    ]
    assert unused == []
