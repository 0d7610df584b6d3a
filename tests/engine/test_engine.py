"""The engine: a decision is published only once it is durable, and a failed one leaves no trace."""

from collections.abc import Sequence

import pytest
import trio
import trio.testing

from maestrod.api.errors import Conflict, NotFound, Unavailable
from maestrod.api.event import Event
from maestrod.api.project import ProjectCreate, ProjectRef, ProjectUpdate
from maestrod.api.session import SessionSpawn
from maestrod.api.system import Freeze
from maestrod.api.task import TaskCreate, TaskRef, TaskStatus, TaskUpdate
from maestrod.core.values.command import Command
from maestrod.core.values.effects import Effect, Launch
from maestrod.core.values.facts import Lost
from maestrod.core.values.seen import NamesIn, PlaceAt, Question, Seen, Unseen
from maestrod.core.world.world import World
from maestrod.engine.engine import Engine
from maestrod.store.memory import MemoryStore
from tests.core.looks import answer
from tests.kit.parts.engine_parts import FixedClock, HeldStore


class Desk:
    """An engine, its store, and what it let out."""

    def __init__(self, *, instant: bool = False) -> None:
        self.store = HeldStore(instant=instant)
        self.effects: list[Effect] = []
        self.engine = Engine(self.store, World(), FixedClock(), self.effects.append)
        self.heard: list[str] = []
        self.engine.bus.subscribe(lambda event: True, self.hear)

    def hear(self, events: Sequence[Event]) -> None:
        self.heard.extend(event.type for event in events)


def make(name: str) -> Command:
    return Command("project.create", ProjectCreate(name=name, working_dir=f"/{name}"))


async def test_reply_events_and_effects_wait_for_the_disk() -> None:
    desk = Desk()
    outcomes: list[Exception | None] = []

    ticket = desk.engine.execute(make("shop"))
    ticket.add_done(outcomes.append)
    assert (outcomes, desk.heard, ticket.is_done) == ([], [], False)

    desk.store.flush()
    assert (outcomes, desk.heard) == ([None], ["project.created"])
    ticket.add_done(outcomes.append)
    assert outcomes == [None, None]


async def test_effects_are_released_after_the_decision_is_durable() -> None:
    desk = Desk()
    project = desk.engine.execute(make("shop")).reply
    task = desk.engine.execute(Command("task.create", TaskCreate(title="t", project_id=project.id))).reply
    session = desk.engine.execute(Command("session.spawn", SessionSpawn(task_ids=(task.id,)))).reply
    assert desk.effects == []

    desk.store.flush()
    assert desk.effects == [Launch(session.id, 1)]


async def test_one_flush_releases_every_decision_before_it() -> None:
    desk = Desk()
    tickets = [desk.engine.execute(make(f"p{number}")) for number in range(5)]

    desk.store.flush()
    assert all(ticket.is_done for ticket in tickets)
    assert desk.heard == ["project.created"] * 5
    assert desk.engine.bus.seq == 5


async def test_a_refused_command_changes_nothing() -> None:
    desk = Desk(instant=True)
    before = desk.engine.world.dump()
    with pytest.raises(NotFound):
        desk.engine.execute(Command("project.delete", ProjectRef(project_id="prj_none")))
    assert (desk.engine.world.dump(), desk.engine.world.seq, desk.store.lines) == (before, 0, [])


async def test_a_decision_without_disk_space_is_undone() -> None:
    desk = Desk(instant=True)
    desk.engine.execute(make("kept"))
    before = desk.engine.world.dump()
    desk.store.full = True
    with pytest.raises(Unavailable):
        desk.engine.execute(make("lost"))
    assert (desk.engine.world.dump(), desk.engine.world.seq) == (before, 1)

    desk.store.full = False
    assert desk.engine.execute(make("again")).seq == 2


async def test_a_failed_journal_undoes_what_was_not_durable_newest_first() -> None:
    desk = Desk()
    kept = desk.engine.execute(make("kept"))
    desk.store.flush()
    before = desk.engine.world.dump()
    first = desk.engine.execute(Command("project.update", ProjectUpdate(project_id=kept.reply.id, name="one")))
    second = desk.engine.execute(Command("project.update", ProjectUpdate(project_id=kept.reply.id, name="two")))

    desk.store.fail()
    assert desk.engine.world.dump() == before
    for ticket in (first, second):
        with pytest.raises(Unavailable):
            await ticket.wait_done()
    assert desk.heard == ["project.created"]


async def test_a_refusing_store_is_asked_before_any_decision() -> None:
    desk = Desk(instant=True)
    desk.store.refused = Unavailable("store.no_space", "the disk is full")
    with pytest.raises(Unavailable) as refusal:
        await desk.engine.submit(make("shop"))
    assert refusal.value.reason == "store.no_space"
    assert desk.engine.world.projects == {}


async def test_a_fact_is_recorded_when_the_store_recovers(autojump_clock: trio.testing.MockClock) -> None:
    desk = Desk()
    project = desk.engine.execute(make("shop")).reply
    task = desk.engine.execute(Command("task.create", TaskCreate(title="t", project_id=project.id))).reply
    session = desk.engine.execute(Command("session.spawn", SessionSpawn(task_ids=(task.id,)))).reply
    desk.store.full = True
    async with trio.open_nursery() as nursery:
        nursery.start_soon(desk.engine.record, Lost(session.id, 1, "nobody saw it"))
        await trio.sleep(5)
        assert not desk.engine.world.sessions[session.id].status.is_over
        desk.store.full = False
        await trio.sleep(2)
        desk.store.flush()
    assert desk.engine.world.sessions[session.id].status.is_over


async def test_a_full_store_accepts_facts_while_there_is_room_for_them() -> None:
    desk = Desk(instant=True)
    desk.store.refused = Unavailable("store.no_space", "the disk is full")
    desk.engine.execute(Lost("ses_gone", 1, "nobody saw it"))


async def test_a_bug_in_one_fact_rule_does_not_end_the_daemon(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    desk = Desk(instant=True)
    monkeypatch.setattr("maestrod.engine.engine.decide", lambda *_: 1 / 0)
    await desk.engine.record(Lost("ses_gone", 1, "nobody saw it"))
    assert "ZeroDivisionError" in caplog.text


async def test_a_stopping_daemon_refuses_commands_and_takes_facts() -> None:
    desk = Desk(instant=True)
    desk.engine.refusing = Unavailable("daemon.stopping", "stopping")
    with pytest.raises(Unavailable):
        desk.engine.execute(make("late"))
    desk.engine.execute(Lost("ses_gone", 1, "nobody saw it"))


async def test_submit_returns_the_reply_when_durable() -> None:
    desk = Desk()
    async with trio.open_nursery() as nursery:
        replies = []

        async def submit() -> None:
            replies.append(await desk.engine.submit(make("shop")))

        nursery.start_soon(submit)
        await trio.testing.wait_all_tasks_blocked()
        assert replies == []
        desk.store.flush()
    assert [reply.name for reply in replies] == ["shop"]


async def test_a_world_is_settled_when_its_changes_are_durable_or_undone() -> None:
    desk = Desk()
    await desk.engine.settle()
    settled = []

    async def settle() -> None:
        await desk.engine.settle()
        settled.append(sorted(project.name for project in desk.engine.world.projects.values()))

    async with trio.open_nursery() as nursery:
        desk.engine.execute(make("shop"))
        nursery.start_soon(settle)
        await trio.testing.wait_all_tasks_blocked()
        assert settled == []
        desk.store.flush()
        await trio.testing.wait_all_tasks_blocked()
        assert settled == [["shop"]]
        desk.engine.execute(make("undone"))
        nursery.start_soon(settle)
        await trio.testing.wait_all_tasks_blocked()
        desk.store.fail()
    assert settled == [["shop"], ["shop"]]


async def test_the_longest_wait_belongs_to_the_oldest_decision(autojump_clock: trio.testing.MockClock) -> None:
    desk = Desk()
    assert desk.engine.longest_wait() == 0
    desk.engine.execute(make("first"))
    await trio.sleep(3)
    desk.engine.execute(make("second"))
    assert desk.engine.longest_wait() == 3
    desk.store.flush()
    assert desk.engine.longest_wait() == 0


class HeldEyes:
    """Eyes that look when the test lets them, on a machine where every folder is there (``tests/core/looks.py``)."""

    def __init__(self) -> None:
        self.asked: list[Question] = []
        self.open = trio.Event()
        self.answer = answer

    async def look(self, question: Question) -> Seen:
        self.asked.append(question)
        await self.open.wait()
        return self.answer(question)


class Sighted:
    """An engine with eyes, whose disk is fast."""

    def __init__(self) -> None:
        self.eyes = HeldEyes()
        store = MemoryStore(trio.lowlevel.current_trio_token().run_sync_soon)
        self.engine = Engine(store, store.world, FixedClock(), lambda effect: None, self.eyes)


async def test_a_check_delays_nobody_and_ends_in_a_decision(nursery: trio.Nursery) -> None:
    desk = Sighted()
    await nursery.start(desk.engine.run)
    promise = desk.engine.accept(make("shop"))
    await trio.testing.wait_all_tasks_blocked()
    assert desk.eyes.asked == [PlaceAt("/shop")] and not desk.engine.world.projects
    await desk.engine.submit(Command("system.freeze", Freeze()))
    desk.eyes.open.set()
    await promise.wait_done()
    assert [project.name for project in desk.engine.world.projects.values()] == ["shop"]
    assert promise.reply.folder is not None


async def test_refusals_and_failures_after_a_check_are_reported(
    nursery: trio.Nursery, monkeypatch: pytest.MonkeyPatch
) -> None:
    desk = Sighted()
    desk.eyes.open.set()
    await nursery.start(desk.engine.run)
    await desk.engine.accept(make("shop")).wait_done()
    with pytest.raises(Conflict, match="is already the folder of project shop"):
        await desk.engine.accept(make("shop")).wait_done()
    monkeypatch.setattr(desk.eyes, "look", None)
    with pytest.raises(TypeError):
        await desk.engine.accept(make("other")).wait_done()


async def test_a_world_that_changed_during_a_check_is_checked_again() -> None:
    """The skills that count are those of the folder that the project has when it is decided."""
    desk = Sighted()
    desk.eyes.open.set()
    project = (await desk.engine.take(make("shop"))).reply
    desk.eyes.open, desk.eyes.asked = trio.Event(), []
    create = Command("task.create", TaskCreate(title="t", project_id=project.id, skill_ids=("review",)))
    async with trio.open_nursery() as nursery:
        nursery.start_soon(desk.engine.take, create)
        await trio.testing.wait_all_tasks_blocked()
        move = ProjectUpdate(project_id=project.id, working_dir="/moved")
        desk.engine.execute(Command("project.update", move), answer(PlaceAt("/moved")))
        desk.eyes.open.set()
    assert desk.eyes.asked == [NamesIn("/shop"), NamesIn("/moved")]
    assert [task.skill_ids for task in desk.engine.world.tasks.values()] == [("review",)]


async def test_no_session_is_judged_while_its_report_waits_for_a_check(
    nursery: trio.Nursery, autojump_clock: trio.testing.MockClock
) -> None:
    desk = Sighted()
    desk.eyes.open.set()
    project = (await desk.engine.take(make("shop"))).reply
    create = TaskCreate(title="t", project_id=project.id, timeout_ms=60_000)
    task = (await desk.engine.take(Command("task.create", create))).reply
    await desk.engine.submit(Command("task.start", TaskRef(task_id=task.id)))
    await nursery.start(desk.engine.run)
    desk.engine.listen()
    desk.eyes.open = trio.Event()
    await trio.sleep(59.9)
    promise = desk.engine.accept(Command("task.update", TaskUpdate(task_id=task.id, skill_ids=("review",))))
    await trio.sleep(0.3)
    assert desk.engine.world.tasks[task.id].status is TaskStatus.IN_PROGRESS  # its deadline has passed
    desk.eyes.open.set()
    await promise.wait_done()
    await desk.engine.bus.wait_for(lambda event: event.id == task.id and event.type == "task.status")
    assert desk.engine.world.tasks[task.id].skill_ids == ("review",)


async def test_an_answer_to_another_question_ends_the_check() -> None:
    desk = Sighted()
    desk.eyes.open.set()
    desk.eyes.answer = lambda question: Seen()
    with pytest.raises(Unseen):
        await desk.engine.take(make("shop"))
    assert desk.eyes.asked == [PlaceAt("/shop")]


async def test_paths_that_cannot_be_checked_are_taken_as_written() -> None:
    desk = Desk()
    project = (await desk.engine.take(make("shop"))).reply
    assert (project.working_dir, project.folder) == ("/shop", None)
