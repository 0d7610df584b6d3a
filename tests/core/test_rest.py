"""The world comes to rest within the decision that moved it; ``test_decide.py`` checks this for random histories."""

from maestrod.api.turn import Outcome
from maestrod.core.values.signs import TurnEnded
from tests.core.conversations import planner, tell
from tests.kit.worlds.scenario import Call, live, status


def test_a_run_fails_in_the_same_decision_that_gives_up_its_planner() -> None:
    play = planner("stream").given(Call("task.create", title="begun", parentId="root"))
    play.when(tell("@plan: root", TurnEnded(Outcome.FAILED, code="overloaded")))
    play.then(status("@plan: root", "failed"), status("run", "failed"), live())
    assert "failed: overloaded" in str(play.world.runs[play.id_of("run")].error)
