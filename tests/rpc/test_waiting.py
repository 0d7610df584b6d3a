"""Waiting misses nothing, returns nothing that can be undone, and ends."""

import pytest
import trio

from maestrod.api.errors import TimedOut
from maestrod.api.event import Event
from maestrod.api.project import ProjectCreate
from maestrod.core.values.command import OWNER, Command
from maestrod.rpc.context import ClientState, Context, Services
from maestrod.rpc.exchange import Exchange
from maestrod.rpc.waiting import deadline, wait_until
from maestrod.store.memory import MemoryStore
from tests.kit.parts.rpc_parts import MemoryWire, parts
from tests.kit.patience import PATIENCE


def context(services: Services) -> Context:
    return Context(
        services, OWNER, ClientState(MemoryWire()), Exchange(1, lambda id_, result: None, lambda done: None, 0)
    )


def make(services: Services, name: str) -> None:
    services.engine.execute(Command("project.create", ProjectCreate(name=name, working_dir=f"/{name}")))


def projects(services: Services, number: int) -> int | None:
    count = len(services.engine.world.projects)
    return count if count >= number else None


def anything(event: Event) -> bool:
    return True


async def test_a_condition_that_already_holds_ends_the_wait_at_once() -> None:
    services = parts()
    with trio.fail_after(PATIENCE):
        assert await wait_until(context(services), lambda: "x", anything, None) == "x"


async def test_a_wait_checks_again_after_each_event(nursery: trio.Nursery) -> None:
    services = parts()

    async def change() -> None:
        for name in "abc":
            await trio.testing.wait_all_tasks_blocked()
            make(services, name)

    nursery.start_soon(change)
    with trio.fail_after(PATIENCE):
        assert await wait_until(context(services), lambda: projects(services, 3), anything, None) == 3


async def test_changes_that_can_still_be_undone_are_not_published(nursery: trio.Nursery) -> None:
    store = MemoryStore(lambda call: None, hold=True)
    services = parts(store)
    make(services, "lost")
    results: list[int] = []

    async def wait() -> None:
        results.append(await wait_until(context(services), lambda: projects(services, 1), anything, None))

    nursery.start_soon(wait)
    await trio.testing.wait_all_tasks_blocked()
    store.fail()
    store.refused = None
    await trio.testing.wait_all_tasks_blocked()
    assert results == []
    make(services, "kept")
    store.commit()
    await trio.testing.wait_all_tasks_blocked()
    assert results == [1]


async def test_a_wait_ends_in_time_and_leaves_no_subscription(autojump_clock: trio.testing.MockClock) -> None:
    services = parts()
    with pytest.raises(TimedOut) as caught:
        await wait_until(context(services), lambda: None, anything, 2500)
    assert (trio.current_time(), caught.value.details) == (2.5, {"timeoutMs": 2500})
    assert services.engine.bus.subscribers == {}


async def test_a_wait_of_zero_time_checks_once() -> None:
    with pytest.raises(TimedOut):
        await wait_until(context(parts()), lambda: None, anything, 0)


async def test_only_waiting_calls_may_be_cut_off() -> None:
    call = context(parts())
    seen = [call.exchange and call.exchange.idle]
    with deadline(call, None):
        seen.append(call.exchange and call.exchange.idle)
    seen.append(call.exchange and call.exchange.idle)
    assert seen == [False, True, False]


async def test_a_call_that_does_not_run_as_a_task_cannot_wait() -> None:
    services = parts()
    with pytest.raises(RuntimeError), deadline(Context(services, OWNER, ClientState(MemoryWire())), None):
        raise AssertionError("it did not begin")


async def test_reports_from_the_time_without_a_daemon_count_before_the_timeout(
    nursery: trio.Nursery, mock_clock: trio.testing.MockClock
) -> None:
    services = parts()
    send, receive = trio.open_memory_channel[str](1)
    results: list[int] = []

    async def client() -> None:
        make(services, await receive.receive())

    async def wait() -> None:
        results.append(await wait_until(context(services), lambda: projects(services, 1), anything, 1000))

    nursery.start_soon(client)
    nursery.start_soon(wait)
    await trio.testing.wait_all_tasks_blocked()
    send.send_nowait("late")
    mock_clock.jump(3600)
    await trio.testing.wait_all_tasks_blocked()
    assert results == [1]
