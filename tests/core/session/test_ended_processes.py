"""Processes that were ended along with an agent are named in the timelines."""

from typing import Any

import pytest

from maestrod.api.process import Exit
from maestrod.core.session.ended_processes import NAMED
from maestrod.core.values.facts import EndedAlong, EndedProcess, Exited, Judgement, Lost
from tests.kit.worlds.scenario import Find, Scenario, came_up, group, project, run_of, subtask

SERVERS = EndedAlong((EndedProcess(12, "vite"), EndedProcess(14, "a\x1b[2J\nb"), EndedProcess(15, "")), 3)
MANY = EndedAlong(tuple(EndedProcess(100 + number, "make") for number in range(100)), 250)


def at_work() -> Scenario:
    return Scenario().given(project(), run_of(group("g", subtask("a"), subtask("b"))), came_up("@g"))


def lines(play: Scenario) -> list[dict[str, Any]]:
    added = [event.data for event in play.last if event.type == "timeline.added"]
    return [entry for entry in added if "processes" in entry.get("metadata", {})]


@pytest.mark.parametrize("kind", [Exited, Lost])
def test_the_session_and_each_of_its_tasks_name_the_processes_ended_with_the_agent(kind: type) -> None:
    def fact(play: Scenario) -> Exited | Lost:
        if kind is Lost:
            return Lost(*play.attempt_of("@g"), "gone", SERVERS)
        return Exited(*play.attempt_of("@g"), Exit(code=0), Judgement.COMPLETED, ended_along=SERVERS)

    play = at_work().when(Find(fact))
    of_session, *of_tasks = lines(play)
    assert of_session["message"] == "ended along with the agent: vite (12), a b (14), ? (15)"
    assert of_session["sessionId"] == play.id_of("@g") and "taskId" not in of_session
    assert [entry["taskId"] for entry in of_tasks] == [play.id_of(name) for name in ("g", "a", "b")]
    assert {entry["message"].partition(": ")[2] for entry in of_tasks} == {"vite (12), a b (14), ? (15)"}
    assert of_session["metadata"]["count"] == 3


def test_many_ended_processes_are_counted_and_none_is_left_out() -> None:
    play = at_work().when(
        Find(lambda play: Exited(*play.attempt_of("@g"), Exit(code=0), Judgement.COMPLETED, ended_along=MANY))
    )
    assert lines(play)[0]["message"].endswith(f"make ({100 + NAMED - 1}) and {250 - NAMED} more")
    quiet = at_work().when(Find(lambda play: Exited(*play.attempt_of("@g"), Exit(code=0), Judgement.COMPLETED)))
    assert lines(quiet) == []
