"""The laws can be broken: a world that breaks it is rejected by each, so a passing history means something."""

from collections.abc import Callable
from typing import Any

import msgspec
import pytest

from maestrod.api.queue import QueueItemStatus
from maestrod.api.run import RunStatus
from maestrod.api.session import SessionStatus
from maestrod.api.task import TaskStatus
from maestrod.core.values.policy import Policy
from maestrod.core.world.world import World
from tests.kit.worlds import laws, sameness
from tests.kit.worlds.scenario import Call, Scenario, group, refused, run_of, status, subtask


def sound() -> Scenario:
    groups = [group("g", subtask("a"), subtask("b"), strategy="queue"), group("h", subtask("c"), needs=["g"])]
    ask = Call("attention.ask", by="@g", message="?", timeoutMs=5000)
    return Scenario(Policy(max_sessions=1)).given(run_of(*groups), Call("queue.next", by="@g"), ask)


def put(play: Scenario, name: str, **members: Any) -> None:
    """Write an entity as no command would."""
    id_ = play.id_of(name)
    for table in play.world.tables.values():
        if id_ in table:
            play.world.put(msgspec.structs.replace(table[id_], **members))


def two_in_the_works(play: Scenario) -> None:
    queue = next(iter(play.world.queues.values()))
    items = tuple(msgspec.structs.replace(entry, status=QueueItemStatus.PROCESSING) for entry in queue.items)
    play.world.put(msgspec.structs.replace(queue, items=items))


def a_second_session(play: Scenario) -> None:
    play.world.put(msgspec.structs.replace(play.world.sessions[play.id_of("@g")], id="ses_second"))


BROKEN: list[tuple[Callable[[Scenario], object], Callable[[World], None]]] = [
    (lambda play: put(play, "a", dependencies=("tsk_none",)), laws.tree_is_whole),
    (lambda play: put(play, "a", dependencies=(play.id_of("c"),)), laws.nothing_waits_for_itself),
    (lambda play: put(play, "g", status=TaskStatus.FAILED), laws.parents_are_the_sum_of_their_children),
    (lambda play: put(play, "root", progress=0.9), laws.parents_are_the_sum_of_their_children),
    (lambda play: put(play, "b", dependencies=(play.id_of("a"),)), laws.leaves_follow_their_dependencies),
    (a_second_session, laws.slots_are_kept),
    (a_second_session, laws.units_have_one_session),
    (two_in_the_works, laws.queues_and_tasks_agree),
    (lambda play: play.world.deadlines.clear(), laws.deadlines_are_those_of_the_entities),
    (lambda play: put(play, "@g", status=SessionStatus.FAILED, live=None), laws.work_in_progress_is_in_somebodys_hands),
    (lambda play: put(play, "@g", status=SessionStatus.FAILED, live=None), laws.nothing_that_could_start_is_left),
    (lambda play: put(play, "run", status=RunStatus.COMPLETED), laws.runs_end_with_their_roots),
    (lambda play: put(play, "@g", status=SessionStatus.FAILED, live=None), laws.questions_are_of_live_sessions),
]


@pytest.mark.parametrize("breaking, law", BROKEN, ids=lambda value: value.__name__)
def test_each_law_can_be_broken(breaking: Callable[[Scenario], object], law: Callable[[World], None]) -> None:
    play = sound()
    laws.check(play.world)
    breaking(play)
    with pytest.raises(AssertionError):
        law(play.world)


def test_a_silent_hang_is_noticed() -> None:
    play = Scenario().given(run_of(group("g", subtask("a"))))
    put(play, "g", dispatch=None)
    put(play, "@g", status=SessionStatus.FAILED, live=None)
    with pytest.raises(AssertionError):
        laws.no_run_hangs_in_silence(play.world)


def test_a_scenario_with_other_expectations_shows_both() -> None:
    play = sound()
    with pytest.raises(AssertionError, match=r"≠ status of a +completed +in_progress"):
        play.then(status("a", "completed"))
    with pytest.raises(AssertionError, match=r"refused: task.waits"):
        play.when(Call("task.start", taskId="c")).then(status("c", "blocked"))
    with pytest.raises(AssertionError, match=r"≠ refused"):
        play.when(Call("task.update", taskId="a", title="a2")).then(refused("task.waits"))
    with pytest.raises(AssertionError, match=r"given: task\.not_found"):
        play.given(Call("task.start", taskId="tsk_none"))


def test_the_first_difference_of_two_states_is_named() -> None:
    assert sameness.difference({"a": [1, {"b": 2}]}, {"a": [1, {"b": 3}]}) == ".a[1].b: 2 and 3"
    assert sameness.difference(b"x\ny", b"x\nz") == "[1]: 'y' and 'z'"
    assert sameness.difference((1,), (1,)) is None
