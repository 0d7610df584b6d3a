"""``decide`` is pure: it makes the same decisions without access to the machine, and on another machine."""

import subprocess
import sys
from collections.abc import Iterator
from typing import Any

import msgspec
import pytest
from msgspec import inspect

from maestrod.core.rules import FACTS, RULES
from maestrod.core.values.command import Actor, Stamp
from maestrod.core.values.effects import Effect
from maestrod.core.values.policy import Policy
from maestrod.core.values.seen import Seen
from maestrod.core.values.signs import Reading, Sign
from maestrod.core.world.world import World
from tests.core import long_script
from tests.kit.patience import PATIENCE
from tests.kit.worlds.replayed import Step, outcomes, restored, saved, written
from tests.kit.worlds.scenario import Scenario
from tests.meta.tree import ROOT


@pytest.fixture(scope="module")
def play() -> Scenario:
    return long_script.played()


def sealed(world: World, script: list[Step], *program: str) -> list[bytes]:
    """What a process decides that can reach nothing of its machine. Raises ``AssertionError`` when it tried."""
    given = saved(world) + b"\n" + written(script) + b"\n"
    command = [sys.executable, *(program or ("-m", "tests.kit.worlds.sealed"))]
    process = subprocess.run(command, input=given, capture_output=True, cwd=ROOT, timeout=PATIENCE, check=False)
    if process.returncode:
        raise AssertionError(process.stderr.decode())
    return process.stdout.split(b"\0")


def test_the_script_decides_every_method_and_fact_with_success_too(play: Scenario) -> None:
    found = outcomes(World(long_script.POLICY), play.script)
    decided = {
        name_of(entry) for (entry, _, _), line in zip(play.script, found, strict=False) if line.startswith(b'{"events"')
    }
    assert {*RULES, *(fact.__name__ for fact in FACTS)} - decided == set()


def name_of(entry: Any) -> str:
    return str(getattr(entry, "method", type(entry).__name__))


def test_every_decision_is_the_same_without_files_sockets_clock_and_chance(play: Scenario) -> None:
    world = World(long_script.POLICY)
    found = sealed(world, play.script)
    assert found == outcomes(world, play.script)
    assert world.dump() == play.world.dump()


@pytest.mark.parametrize("place", [0.25, 0.5, 0.9])
def test_a_saved_world_makes_the_same_decisions_on_another_machine(play: Scenario, place: float) -> None:
    cut = int(len(play.script) * place)
    world = World(long_script.POLICY)
    outcomes(world, play.script[:cut])
    assert saved(restored(saved(world))) == saved(world)
    found = sealed(world, play.script[cut:])
    assert found == outcomes(world, play.script[cut:])


REACHES = (
    *("open('/')", "os.stat('/')", "time.time()", "random.random()", "socket.socket()", "__import__('this')"),
    *("posix.stat('/')", "posix.times()", "random.Random()", "_random.Random()", "len(os.environ)"),
    *("datetime.datetime.now()", "datetime.date.today()", "platform.node()", "select.select([], [], [], 0)"),
    *("signal.alarm(0)", "_thread.start_new_thread(print, ())"),
)


def test_code_that_uses_the_machine_is_found_by_the_test() -> None:
    program = (
        "import _random, _thread, datetime, os, platform, posix, random, select, signal, socket, time\n"
        "from tests.kit.worlds import sealed\n"
        f"reaches = {{reach: compile(reach, 'reach', 'eval') for reach in {REACHES!r}}}\n"
        "seal, found = sealed.put_on(), []\n"
        "for reach, code in reaches.items():\n"
        "    seal.closed = True\n"
        "    try:\n"
        "        eval(code)\n"
        "    except sealed.Reached:\n"
        "        found.append(reach)\n"
        "    seal.closed = False\n"
        "os.write(1, chr(0).join(found).encode())\n"
    )
    assert [found.decode() for found in sealed(World(), [], "-c", program)] == list(REACHES)


def test_decisions_take_and_return_only_values() -> None:
    for type_ in (Policy, Seen, Stamp, Actor, Reading, *FACTS, *Sign.__subclasses__(), *Effect.__subclasses__()):
        assert [kind for kind in kinds(inspect.type_info(type_)) if not isinstance(kind, _VALUES)] == [], type_
    for value in (Policy(), Seen()):
        assert msgspec.json.decode(msgspec.json.encode(value), type=type(value)) == value


_VALUES = (
    *(inspect.BoolType, inspect.IntType, inspect.FloatType, inspect.StrType, inspect.NoneType, inspect.EnumType),
    *(
        inspect.StructType,
        inspect.NamedTupleType,
        inspect.UnionType,
        inspect.DictType,
        inspect.BytesType,
        inspect.VarTupleType,
        inspect.FrozenSetType,
    ),
)


def kinds(type_: inspect.Type) -> Iterator[inspect.Type]:
    """A type and all that are in it."""
    if isinstance(type_, inspect.Metadata):
        yield from kinds(type_.type)
        return
    yield type_
    if isinstance(type_, inspect.StructType | inspect.NamedTupleType):
        for field in type_.fields:
            yield from kinds(field.type)
    elif isinstance(type_, inspect.UnionType):
        for member in type_.types:
            yield from kinds(member)
    elif isinstance(type_, inspect.DictType):
        yield from kinds(type_.key_type)
        yield from kinds(type_.value_type)
    elif isinstance(type_, inspect.CollectionType | inspect.VarTupleType):
        yield from kinds(type_.item_type)
