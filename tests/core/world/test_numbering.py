"""Runs and questions have small numbers that are never reused, even after a deletion."""

from maestrod.core.world.world import World
from tests.kit.worlds.scenario import Call, Scenario, group, run_of, subtask


def test_runs_and_questions_are_counted_from_one() -> None:
    play = Scenario().given(run_of(group("g", subtask("a"))), run_of(group("h", subtask("b"))))
    assert [run.number for run in play.world.runs.values()] == [1, 2]
    assert all(run.title for run in play.world.runs.values())
    play.given(Call("attention.ask", by="@g", message="1?"), Call("attention.ask", by="@h", message="2?"))
    assert [question.number for question in play.world.attention.values()] == [1, 2]
    assert play.world.by_number["attention", 2] == play.id_of("question")


def test_a_loaded_world_never_reuses_a_number() -> None:
    play = Scenario().given(run_of(group("g", subtask("a"))))
    loaded = World()
    loaded.load([each for each in play.world.entities() if each not in play.world.runs.values()])
    play.world = loaded
    play.given(run_of(group("h", subtask("b"))))
    assert [run.number for run in play.world.runs.values()] == [2]


def test_a_run_has_the_title_of_its_root() -> None:
    play = Scenario().given(run_of(group("g", subtask("a"))))
    [run] = play.world.runs.values()
    play.given(Call("task.update", taskId=run.root_task_id, title="Ship it"))
    assert play.world.runs[run.id].title == "Ship it"
