"""Repeatable calls: the same request id with the same payload gets the first reply, with another payload a conflict."""

from maestrod.core.values.effects import Stop
from maestrod.core.values.policy import Policy
from maestrod.core.world.world import World
from tests.kit.worlds.scenario import (
    Call,
    Later,
    Scenario,
    effect,
    event,
    exited,
    group,
    nothing,
    project,
    refused,
    run_of,
    subtask,
)

MAKE = Call("task.create", title="a", projectId="shop", requestId="r1")


def test_the_same_request_gets_the_first_reply_and_changes_nothing() -> None:
    play = Scenario().given(project()).when(MAKE)
    first = play.reply
    play.given(Call("task.update", taskId="a", title="b"))
    assert play.when(MAKE).then(nothing()).reply == first
    assert len(play.world.tasks) == 1


def test_another_payload_under_the_same_id_is_a_conflict() -> None:
    play = Scenario().given(project(), MAKE)
    play.when(Call("task.create", title="z", projectId="shop", requestId="r1")).then(refused("request.reused"))
    play.when(Call("project.create", name="x", workingDir="/x", requestId="r1")).then(refused("request.reused"))


def test_each_session_has_its_own_request_ids() -> None:
    play = Scenario().given(run_of(group("g", subtask("a")), group("h", subtask("b"))))
    for who in ("@g", "@h"):
        play.when(Call("session.report", by=who, message=who, requestId="r")).then(event("timeline.added"))


def test_a_refused_call_is_not_remembered() -> None:
    play = Scenario().when(MAKE).then(refused("project.not_found"))
    play.given(project()).when(MAKE).then(event("task.created"))


def test_a_reply_lost_when_the_session_ended_is_given_again() -> None:
    """A worker that repeats what it did before it ended is told what came of it, and changes nothing."""
    done = Call("task.complete", by="@g", taskId="a", requestId="r")
    play = Scenario().given(run_of(group("g", subtask("a"))), done)
    first = play.reply
    play.given(exited("@g"))
    assert play.when(done).then(nothing()).reply == first
    play.when(Call("task.complete", by="@g", taskId="a", requestId="new")).then(refused("session.ended"))


def test_stopping_a_session_can_be_repeated() -> None:
    """Whoever repeats the call waits for a report again, so the stop is wanted again, although nothing changes."""
    stop = Call("session.stop", sessionId="@g", requestId="r")
    play = Scenario().given(run_of(group("g", subtask("a"))))
    first = play.when(stop).reply
    assert play.when(stop).then(nothing(), effect(Stop, "@g")).reply == first


def test_requests_are_forgotten_by_number_and_by_age() -> None:
    policy = Policy(request_limit=5, request_retention_ms=60_000)
    play = Scenario(policy).given(project())
    for number in range(20):
        play.given(Call("project.update", projectId="shop", description=f"d{number}", requestId=f"r{number}"))
        assert len(play.world.requests) <= 5
    assert list(play.world.requests) == [f"owner:r{number}" for number in range(15, 20)]
    play.given(Later(60_001), Call("project.update", projectId="shop", description="x", requestId="new"))
    play.given(Call("project.update", projectId="shop", description="y", requestId="newer"))
    assert list(play.world.requests) == ["owner:r19", "owner:new", "owner:newer"]


def test_requests_of_one_millisecond_keep_their_order_across_a_restart() -> None:
    play = Scenario().given(project())
    moment = play.at
    for name in ("z", "a", "m"):
        play.at = moment
        play.given(Call("project.update", projectId="shop", description=name, requestId=name))
    again = World()
    again.load(reversed(list(play.world.entities())))
    assert list(again.requests) == list(play.world.requests) == ["owner:z", "owner:a", "owner:m"]


def test_repeated_requests_are_found_again_after_a_start() -> None:
    play = Scenario().given(project(), MAKE)
    again = World()
    again.load(reversed(list(play.world.entities())))
    again.seq = play.world.seq
    play.world = again
    play.when(MAKE).then(nothing())
