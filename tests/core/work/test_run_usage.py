"""The usage of a run is summed up in one place."""

from maestrod.api.session import Usage
from tests.kit.worlds.scenario import Call, Scenario, group, run_of, subtask


def test_a_run_has_used_what_its_sessions_have_used() -> None:
    play = Scenario().given(run_of(group("g", subtask("a")), group("h", subtask("b"))))
    [run] = play.world.runs.values()
    assert run.usage is None
    play.given(Call("session.update", sessionId="@g", usage={"input": 100, "output": 10, "cost": 0.08}))
    play.given(Call("session.update", sessionId="@h", usage={"input": 20, "output": 2}))
    assert play.world.runs[run.id].usage == Usage(input=120, output=12, cost=0.08)
    play.given(Call("session.update", sessionId="@h", usage={"input": 30, "output": 3, "cost": 0.02}))
    assert play.world.runs[run.id].usage == Usage(input=130, output=13, cost=0.1)


def test_repeated_usage_changes_nothing() -> None:
    play = Scenario().given(run_of(group("g", subtask("a"))))
    report = Call("session.update", sessionId="@g", usage={"input": 100})
    play.given(report)
    play.when(report)
    assert not [event for event in play.last if event.type.startswith("run.")]
