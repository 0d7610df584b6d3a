"""Plans that planners submit in their last message."""

import pytest

from maestrod.core.values.signs import PlanOffered
from tests.core.conversations import at_work, planner, tell
from tests.core.session.test_turns import GOOD_PLAN
from tests.kit.worlds.scenario import Call, member, status


def test_a_submitted_plan_is_applied() -> None:
    planner("stream").when(tell("@plan: root", PlanOffered(GOOD_PLAN))).then(
        status("run", "running"), status("plan", "applied")
    )


def test_a_plan_waits_for_approval_where_that_was_requested() -> None:
    play = planner("stream", approve=True).when(tell("@plan: root", PlanOffered(GOOD_PLAN)))
    play.then(status("run", "awaiting_approval"), status("plan", "ready"))
    play.when(Call("plan.approve", planId="plan")).then(status("run", "running"))


def test_members_that_are_null_are_ignored() -> None:
    document = GOOD_PLAN.replace('"title": "g"', '"title": "g", "persona": null, "dependsOn": null')
    planner("stream").when(tell("@plan: root", PlanOffered(document))).then(status("run", "running"))


@pytest.mark.parametrize("document", ["", "I would rather not", "[" * 5000, '{"groups": ', "\ud800", "[1]", "null"])
def test_an_invalid_plan_is_a_refused_plan(document: str) -> None:
    play = planner("stream").when(tell("@plan: root", PlanOffered(document)))
    play.then(status("plan", "invalid"), status("run", "planning"), member("run", "plan_attempt", 1))


def test_a_worker_may_not_submit_plans() -> None:
    play = at_work("stream").when(tell("@g", PlanOffered(GOOD_PLAN)))
    assert not [event for event in play.last if event.type.startswith("plan.")]
    play.when(tell("@g", PlanOffered("{}"))).then(status("run", "running"))
