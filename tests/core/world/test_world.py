"""The world: loading in any order, replay, undo, and indexes whose cost depends on what changed.

Covers ``entities.py``: patches and lines of entities are what the world is made of.
Covers ``indexes.py``: two functions under every index of the world.
"""

import msgspec
import pytest

from maestrod.api.event import Event
from maestrod.api.system import System
from maestrod.api.task import Task
from maestrod.core.world.entities import canonical, difference, patched, whole
from maestrod.core.world.indexes import add_link, drop_link
from maestrod.core.world.world import World
from tests.kit.worlds import sameness
from tests.kit.worlds.scenario import Call, Scenario, exited, group, project, run_of, subtask, task


def busy() -> Scenario:
    """A bit of everything."""
    play = Scenario().given(
        run_of(group("g", subtask("a", maxAttempts=2), subtask("b")), group("h", subtask("c"), strategy="queue")),
        Call("attention.ask", by="@g", message="?", timeoutMs=5000),
        Call("queue.next", by="@h"),
        Call("task.start", by="@g", taskId="a"),
        Call("system.freeze", reason="x", requestId="r1"),
        Call("project.update", projectId="shop", description="d", requestId="r0"),
    )
    return play.given(exited("@g", "failed"))


def test_entities_load_in_any_order() -> None:
    play = busy()
    for entities in (list(play.world.entities()), list(reversed(list(play.world.entities())))):
        again = World()
        again.load(entities)
        assert (again.dump(), sameness.indexes(again)) == (play.world.dump(), sameness.indexes(play.world))


def test_the_journal_yields_the_same_world() -> None:
    play = busy()
    again = World()
    for event in play.events:
        again.apply(msgspec.json.decode(msgspec.json.encode(event), type=Event))
    assert (again.dump(), again.seq, sameness.indexes(again)) == (
        play.world.dump(),
        play.world.seq,
        sameness.indexes(play.world),
    )


def test_undo_puts_everything_back_in_its_place() -> None:
    play = busy()
    play.given(
        Call("task.create", title="loose", projectId="shop"), Call("task.create", title="later", projectId="shop")
    )
    before = (play.world.dump(), sameness.indexes(play.world), play.world.seq)
    play.when(Call("task.delete", taskId="loose"))
    assert play.decision is not None
    play.decision.undo()
    assert (play.world.dump(), sameness.indexes(play.world), play.world.seq) == before


def test_a_task_whose_parent_is_missing_still_loads() -> None:
    """A damaged file is quarantined by the store; what pointed at it is not lost."""
    world = World()
    world.load([Task(id="tsk_b", project_id="p", title="b", parent_id="tsk_a")])
    assert world.root_of("tsk_b") == "tsk_a" and list(world.tasks) == ["tsk_b"]


def test_an_event_that_does_not_fit_is_an_error() -> None:
    world = World()
    with pytest.raises(KeyError):
        world.apply(Event(seq=1, at=0, type="task.updated", id="tsk_none", data={"title": "x"}))
    world.apply(Event(seq=2, at=0, type="timeline.added", id="evt_1", data={}))
    assert world.seq == 2


def test_the_system_exists_before_the_first_decision() -> None:
    assert World().system == System()


def test_subtree_gives_parents_before_children() -> None:
    play = Scenario().given(project(), task("p"), task("a", under="p"), task("b", under="a"), task("c", under="p"))
    titles = [play.world.tasks[id_].title for id_ in play.world.subtree(play.id_of("p"))]
    assert titles == ["p", "a", "b", "c"]
    assert play.world.root_of(play.id_of("b")) == play.id_of("p")


def test_nothing_of_a_deleted_entity_remains() -> None:
    """Counters and tables of a tree that was deleted would otherwise grow for ever."""
    play = Scenario().given(project())
    empty = sameness.raw_indexes(play.world)
    play.given(run_of(group("g", subtask("a")), maxSessions=1), Call("run.cancel", runId="run"), exited("@g"))
    play.given(Call("task.delete", taskId="root"))
    left = sameness.raw_indexes(play.world)
    assert {name for name in left if left[name] != empty[name]} <= {
        *("sessions.of_task", "sessions.of_run", "plans", "runs", "tasks.of_project")
    }


# -- entities ------------------------------------------------------------------------------------


def test_equal_entities_are_the_same_line() -> None:
    made = Task(id="t", project_id="p", title="x", progress=0.0, backoff_ms=1000)
    read = msgspec.json.decode(b'{"id":"t","projectId":"p","title":"x","progress":0.0,"backoffMs":1000}', type=Task)
    assert canonical(made) == canonical(read) == b'{"id":"t","projectId":"p","title":"x"}'


def test_a_patch_contains_what_differs() -> None:
    one = Task(id="t", project_id="p", title="x", dependencies=("a",))
    two = msgspec.structs.replace(one, dependencies=(), result=None, started_at=7)
    assert difference(one, two) == {"dependencies": (), "startedAt": 7}
    assert patched(one, {"dependencies": [], "startedAt": 7}) == two
    assert difference(one, one) == {} and whole(one)["dependencies"] == ("a",)
    with pytest.raises(msgspec.ValidationError):
        patched(one, {"title": 3})


def test_links_keep_no_empty_keys() -> None:
    links: dict[str, dict[str, None]] = {}
    add_link(links, "a", "x")
    add_link(links, "a", "x")
    drop_link(links, "a", "y")
    assert links == {"a": {"x": None}}
    drop_link(links, "a", "x")
    drop_link(links, "a", "x")
    assert links == {}
