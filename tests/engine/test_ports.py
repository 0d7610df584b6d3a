"""The ports: the real part and the fake behind each have its methods, called the same way."""

import inspect

import pytest

from maestrod.agents.catalog.file_catalog import FileCatalog
from maestrod.engine import ports
from maestrod.store.memory import MemoryStore
from maestrod.store.store import Store
from maestrod.supervisor.terminals import Terminals
from tests.kit.parts.engine_parts import HeldStore
from tests.kit.parts.rpc_parts import ScriptedTerminals

PARTS = [
    (ports.Store, Store),
    (ports.Store, MemoryStore),
    (ports.Store, HeldStore),
    (ports.Terminals, Terminals),
    (ports.Terminals, ScriptedTerminals),
    (ports.Catalog, FileCatalog),
]


@pytest.mark.parametrize("port, part", PARTS, ids=lambda each: f"{each.__module__}.{each.__name__}")
def test_a_part_has_the_methods_of_its_port(port: type, part: type) -> None:
    methods = {name for name, member in vars(port).items() if inspect.isfunction(member) and name[0] != "_"}
    assert methods
    for name in methods:
        wanted, there = inspect.signature(getattr(port, name)), inspect.signature(getattr(part, name))
        assert [(each.name, each.kind) for each in there.parameters.values()] == [
            (each.name, each.kind) for each in wanted.parameters.values()
        ], name
        assert inspect.iscoroutinefunction(getattr(part, name)) == inspect.iscoroutinefunction(getattr(port, name)), (
            name
        )
