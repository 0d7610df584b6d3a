"""Every kind of wait through everything that can happen to a clock: restarts, stalls, sleep, and setting it.

Times are seconds of the test's clock. Each wait is ``LENGTH`` long and begins at 0; what happens, happens at ``MOMENT``.

Covers ``deadlines.py``: every kind of deadline passes here, and a law holds its index to the entities.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import msgspec
import pytest
import trio
import trio.testing
from trio.testing import MockClock

from maestrod.api.attention import Attention, AttentionKind
from maestrod.api.clock import Clock
from maestrod.api.life import Finishing, Spawning, Up
from maestrod.api.session import Role, Session, SessionStatus
from maestrod.api.system import System
from maestrod.api.task import Task, TaskStatus
from maestrod.api.turn import RunningTurn, Wait
from maestrod.core.values.facts import Fact, Woke
from maestrod.core.world.deadlines import QUIET_MS
from maestrod.core.world.world import World
from maestrod.engine.engine import Engine
from maestrod.engine.timers import GRACE_SECONDS
from maestrod.store.memory import MemoryStore
from tests.kit.parts.engine_parts import FixedClock

EPOCH = 1_700_000_000_000
LENGTH, MOMENT, DAY = 100.0, 40.0, 86_400.0
#: What waits stands for: somebody on this machine, real time, or a moment of the world outside.
SOMEBODY, REAL, OUTSIDE = "somebody", "real", "outside"


class Machine(FixedClock):
    """A machine whose clocks go on between daemons."""

    def __init__(self) -> None:
        super().__init__(now=0, boot="b1")

    def wall(self) -> int:
        return EPOCH + self.stepped + self.steady()

    def steady(self) -> int:
        return self.slept + self.awake()

    def awake(self) -> int:
        return round(trio.current_time() * 1000)


class Watched(Engine):
    """Tells when each deadline woke it."""

    def __init__(self, world: World, clock: Machine, woken: list[tuple[str, float]]) -> None:
        store = MemoryStore(trio.lowlevel.current_trio_token().run_sync_soon)
        super().__init__(store, world, clock, lambda effect: None)
        self._woken = woken

    async def _wake(self, fact: Fact) -> None:
        assert isinstance(fact, Woke)
        self._woken.append((str(fact.deadline), round(trio.current_time(), 3)))
        await super()._wake(fact)


class Bench:
    """A world in which everything waits that can, and the daemons that come and go over it."""

    def __init__(self, clock: MockClock) -> None:
        self.machine, self.mock = Machine(), clock
        self.world = World()
        self.woken: list[tuple[str, float]] = []
        waits: dict[str, int] = {}
        for name, kind in KINDS.items():
            for entity in kind.made(name, EPOCH + round(LENGTH * 1000)):
                if isinstance(entity, System):
                    waits |= entity.agent_waits
                else:
                    self.world.put(entity)
        self.world.put(System(agent_waits=waits))
        assert {kind.key for kind in KINDS.values()} <= set(map(str, self.world.deadlines))
        self._over: trio.CancelScope | None = None

    async def daemon(self, *, task_status: trio.TaskStatus[None]) -> None:
        with trio.CancelScope() as self._over:
            engine = Watched(self.world, self.machine, self.woken)
            engine.notice_clock()
            engine.listen()
            await engine.run(task_status=task_status)

    def kill(self) -> None:
        """The daemon is gone; the next one has what was durable."""
        assert self._over is not None
        self._over.cancel()
        entities = [msgspec.convert(msgspec.to_builtins(each), type(each)) for each in self.world.entities()]
        self.world = World()
        self.world.load(entities)

    def over(self) -> dict[str, float | None]:
        """When the wait of each kind was over."""
        return {name: next((when for key, when in self.woken if key == kind.key), None) for name, kind in KINDS.items()}


@dataclass(frozen=True)
class Kind:
    """A kind of wait: its deadline's key, the entities that wait until a moment, and what it stands for."""

    key: str
    made: Callable[[str, int], list[Any]]
    stands_for: str


def session(name: str, until: int, agent: str = "shell", **members: Any) -> list[Any]:
    given: dict[str, Any] = {"status": SessionStatus.WORKING, "created_at": EPOCH, "last_activity": EPOCH} | members
    return [Session(id=f"ses_{name}", project_id="p", name="s", role=Role.WORKER, agent=agent, **given)]


def task(name: str, **members: Any) -> list[Any]:
    return [Task(id=f"tsk_{name}", project_id="p", title="t", created_at=EPOCH, **members)]


def question(name: str, until: int, kind: AttentionKind) -> list[Any]:
    [asking] = session(name, until)
    members: dict[str, Any] = {"session_id": asking.id, "project_id": "p", "kind": kind, "message": "m"}
    return [asking, Attention(id=f"att_{name}", opened_at=EPOCH, deadline=until, **members)]


def limited(name: str, until: int, *, guessed: bool = False, is_length: bool = False) -> list[Any]:
    """A session and its agent, which both wait."""
    wait = Wait(kind="usage", until=until, since=EPOCH, guessed=guessed, is_length=is_length)
    return [*session(name, until, agent=name, live=Up(wait=wait)), System(agent_waits={name: until})]


def in_turn(**members: Any) -> dict[str, Any]:
    return {"live": Up(turn=RunningTurn(since=EPOCH, **members))}


KINDS = {
    "register": Kind(
        "register:ses_register",
        lambda name, until: session(
            name, until, status=SessionStatus.SPAWNING, live=Spawning(clock=Clock(deadline=until))
        ),
        SOMEBODY,
    ),
    "timeout": Kind(
        "timeout:tsk_timeout",
        lambda name, until: task(
            name, status=TaskStatus.IN_PROGRESS, started_at=EPOCH, timeout_ms=1, clock=Clock(deadline=until)
        ),
        SOMEBODY,
    ),
    "answer": Kind("answer:att_answer", lambda name, until: question(name, until, AttentionKind.PERMISSION), SOMEBODY),
    "finish": Kind(
        "finish:ses_finish",
        lambda name, until: session(name, until, live=Up(ending=Finishing(clock=Clock(deadline=until)))),
        SOMEBODY,
    ),
    "stall": Kind("stall:ses_stall", lambda name, until: session(name, until, **in_turn(stall_at=until)), SOMEBODY),
    "quiet": Kind(
        "quiet:ses_quiet", lambda name, until: session(name, until, **in_turn(quiet_since=until - QUIET_MS)), SOMEBODY
    ),
    "retry": Kind("retry:tsk_retry", lambda name, until: task(name, status=TaskStatus.PENDING, not_before=until), REAL),
    "guessed wake": Kind("wake:ses_guess", lambda name, until: limited("guess", until, guessed=True), REAL),
    "guessed limit": Kind("limit:guess", lambda name, until: [], REAL),
    "wake after a length": Kind("wake:ses_length", lambda name, until: limited("length", until, is_length=True), REAL),
    "limit of a length": Kind("limit:length", lambda name, until: [], REAL),
    "told wake": Kind("wake:ses_moment", lambda name, until: limited("moment", until), OUTSIDE),
    "told limit": Kind("limit:moment", lambda name, until: [], OUTSIDE),
}


async def restart(bench: Bench, nursery: trio.Nursery, seconds: float = 10.0) -> None:
    bench.kill()
    await trio.sleep(seconds)
    await nursery.start(bench.daemon)


async def late_restart(bench: Bench, nursery: trio.Nursery) -> None:
    await restart(bench, nursery, 90.0)


async def stall(bench: Bench, nursery: trio.Nursery) -> None:
    bench.mock.jump(90.0)


async def forward(bench: Bench, nursery: trio.Nursery) -> None:
    bench.machine.set_by(round(DAY * 1000))


async def back(bench: Bench, nursery: trio.Nursery) -> None:
    bench.machine.set_by(-round(DAY * 1000))


async def sleep(bench: Bench, nursery: trio.Nursery) -> None:
    bench.machine.sleep_for(3_600_000)


async def forward_while_down(bench: Bench, nursery: trio.Nursery) -> None:
    await forward(bench, nursery)
    await restart(bench, nursery)


async def back_while_down(bench: Bench, nursery: trio.Nursery) -> None:
    await back(bench, nursery)
    await restart(bench, nursery)


async def sleep_while_down(bench: Bench, nursery: trio.Nursery) -> None:
    bench.kill()
    bench.machine.sleep_for(3_600_000)
    await trio.sleep(10.0)
    await nursery.start(bench.daemon)


async def there_and_back(bench: Bench, nursery: trio.Nursery) -> None:
    await forward(bench, nursery)
    await back(bench, nursery)


#: What happens, and when a wait for each is over then: on time, if nothing else is said.
CASES: dict[Callable[[Bench, trio.Nursery], Any], dict[str, float]] = {
    restart: {},
    late_restart: {SOMEBODY: 130.0 + GRACE_SECONDS, REAL: 130.0, OUTSIDE: 130.0},
    stall: {SOMEBODY: 130.0 + GRACE_SECONDS, REAL: 130.0, OUTSIDE: 130.0},
    forward: {OUTSIDE: MOMENT},
    back: {OUTSIDE: LENGTH + DAY},
    there_and_back: {},
    sleep: {REAL: MOMENT, OUTSIDE: MOMENT},
    forward_while_down: {OUTSIDE: MOMENT + 10.0},
    back_while_down: {OUTSIDE: LENGTH + DAY},
    sleep_while_down: {REAL: MOMENT + 10.0, OUTSIDE: MOMENT + 10.0},
}


@pytest.mark.parametrize("happens", CASES, ids=lambda happens: happens.__name__)
async def test_every_wait_is_as_long_as_it_should_be(
    happens: Callable[[Bench, trio.Nursery], Any], autojump_clock: MockClock
) -> None:
    bench = Bench(autojump_clock)
    expected = {name: CASES[happens].get(kind.stands_for, LENGTH) for name, kind in KINDS.items()}
    if happens in {sleep, sleep_while_down}:  # a stall is given its whole patience anew
        patience = bench.world.policy.traits("shell").stall_ms / 1000
        expected["stall"] = MOMENT + patience + (10.0 if happens is sleep_while_down else 0.0)
    async with trio.open_nursery() as nursery:
        await nursery.start(bench.daemon)
        await trio.sleep(MOMENT)
        await happens(bench, nursery)
        await trio.sleep(2 * DAY)
        nursery.cancel_scope.cancel()
    assert bench.over() == pytest.approx(expected, abs=0.002)
