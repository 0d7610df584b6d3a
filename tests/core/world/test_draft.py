"""The draft: ids, events, and what belongs to whom."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from maestrod.api.errors import NotFound
from maestrod.core.values.command import Stamp
from maestrod.core.world.draft import Draft
from maestrod.core.world.world import World
from tests.kit.worlds.scenario import Call, Scenario, event, group, nothing, project, run_of, subtask, task


@given(st.integers(0, 2**80 - 1), st.integers(1, 200))
def test_ids_of_a_decision_rise(entropy: int, count: int) -> None:
    draft = Draft(World(), Stamp(at=1, id_time=1, entropy=entropy))
    ids = [draft.new_id("tsk") for _ in range(count)]
    assert ids == sorted(set(ids))


def test_ids_follow_the_clock_and_never_go_back() -> None:
    early = Draft(World(), Stamp(at=9, id_time=9, entropy=2**80 - 1)).new_id("tsk")
    late = Draft(World(), Stamp(at=1, id_time=10, entropy=0)).new_id("tsk")
    assert early < late


@pytest.mark.parametrize("kind", ["project", "task", "session", "queue", "plan", "run", "question"])
def test_missing_entities_are_not_found(kind: str) -> None:
    draft = Draft(World(), Stamp(1, 1, 0))
    with pytest.raises(NotFound) as refused:
        getattr(draft, kind)("none")
    assert refused.value.details == {"id": "none"}


def test_a_status_change_has_its_own_topic_and_an_empty_change_is_no_event() -> None:
    play = Scenario().given(project(), task("a"))
    play.when(Call("task.complete", taskId="a")).then(event("task.status"))
    play.when(Call("project.update", projectId="shop", name="shop")).then(nothing())
    play.when(Call("project.update", projectId="shop", name="x")).then(event("project.updated"))
    assert set(play.last[0].data) == {"name", "updatedAt"}


def test_every_event_says_where_it_belongs() -> None:
    play = Scenario().given(run_of(group("g", subtask("a"), strategy="queue")), Call("queue.next", by="@g"))
    root, session = play.id_of("root"), play.id_of("@g")
    for found in play.events:
        if found.type.partition(".")[0] in {"task", "session", "run", "plan", "queue", "timeline"}:
            assert found.root_id == root, found
            assert found.project_id == play.id_of("shop"), found
    [queue] = [found for found in play.events if found.type == "queue.item"]
    assert (queue.session_id, queue.id) == (session, f"que_{session}")


def test_seqs_have_no_gap() -> None:
    play = Scenario().given(run_of(group("g", subtask("a")))).when(Call("task.start", taskId="none"))
    play.given(Call("task.start", taskId="a"))
    assert [found.seq for found in play.events] == list(range(1, len(play.events) + 1))
