"""Usage limits: the session pauses, gives up its slot, survives its process, and continues on time.

Covers ``answer_rules.py``: what an answer brings about is played with each kind of question.
"""

from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from maestrod.api.message import MessageKind as K
from maestrod.api.message import MessageStatus as M
from maestrod.api.turn import Outcome
from maestrod.core.values.deadline import Deadline, DeadlineKind
from maestrod.core.values.effects import Deliver, Launch, Stop
from maestrod.core.values.signs import LimitReached, Sign, Started, TurnEnded, TurnStarted
from tests.core.conversations import POLICY, at_work, messages, tell
from tests.kit.agents.hook_words import OWN_ID
from tests.kit.worlds.scenario import (
    Call,
    Later,
    Scenario,
    Step,
    came_up,
    effect,
    event,
    exited,
    group,
    live,
    lost,
    member,
    nothing,
    run_of,
    status,
    subtask,
    woke,
)

HOUR = 3_600_000
LIMITED = TurnEnded(Outcome.LIMIT, "rate_limit", "5-hour limit")
WAKE = (K.WAKE, M.DELIVERED)
OPENED = (K.OPENING, M.ANSWERED)


def limit(play: Scenario, left: int = HOUR, **members: Any) -> LimitReached:
    """A limit that ends after ``left`` ms, as seen from now."""
    return LimitReached("usage", play.at + left, **members)


def limited(agent: str = "stream", **policy: Any) -> Scenario:
    """A session that has met a limit, known to end in an hour."""
    play = at_work(agent)
    play.world.policy = msgspec.structs.replace(POLICY, **policy)
    return play.given(tell("@g", TurnStarted()), tell("@g", limit(play), LIMITED))


def until(play: Scenario, session: str = "@g") -> int:
    wait = play.world.sessions[play.id_of(session)].wait
    assert wait is not None
    return wait.until


def wake(play: Scenario, session: str = "@g") -> tuple[Step, ...]:
    """The clock moves to the end of the wait."""
    return Later(max(0, until(play, session) - play.at)), woke("wake", session)


def test_a_limit_is_a_pause_and_not_a_failure() -> None:
    play = limited()
    play.then(
        live("g"), status("@g", "idle"), status("a", "pending"), member("@g", "wait.kind", "usage"),
        member("@g", "wait.guessed", False), member("@g", "limited.hits", 1), member("question", "kind.value", "limit"),
        member("question", "options", ("now", "fail")), member("@g", "turn.outcome", Outcome.LIMIT),
    )  # fmt: skip
    assert list(play.world.system.agent_waits) == ["stream"]


@pytest.mark.parametrize("judgement", ["failed", "completed"])
@pytest.mark.parametrize("agent", ["stream", "process"])
def test_the_end_of_its_process_does_not_end_a_waiting_session(agent: str, judgement: str) -> None:
    play = limited(agent).when(exited("@g", judgement))
    play.then(live("g"), status("a", "pending"), member("@g", "process", None), member("@g", "attempt", 1))
    play.when(exited("@g", judgement)).then(live("g"))
    play.when(*wake(play)).then(effect(Launch, "@g"), member("@g", "attempt", 2), member("@g", "wait", None))
    play.when(came_up("@g"), tell("@g", Started(OWN_ID, "resume"))).then(messages("@g", OPENED, WAKE))


def test_a_process_that_is_still_there_learns_the_end_of_the_wait() -> None:
    play = limited()
    play.when(*wake(play)).then(
        effect(Deliver, "@g"), effect(Launch, "@g", 0), messages("@g", OPENED, WAKE), member("@g", "wait", None),
        member("question", "answer.by", "closed"),
    )  # fmt: skip
    assert not play.world.open_questions


def test_a_reboot_during_a_wait_does_not_change_it() -> None:
    play = limited().when(lost("@g")).then(live("g"), member("@g", "process", None))
    play.when(*wake(play)).then(effect(Launch, "@g"))


def test_a_waiting_session_gives_up_its_slot_and_takes_one_again() -> None:
    other = group("h", subtask("b"), agent="shell")
    play = Scenario(policy=msgspec.structs.replace(POLICY, max_sessions=1))
    play.given(run_of(group("g", subtask("a"), agent="stream", priority="high"), other), came_up("@g"))
    play.given(tell("@g", Started(OWN_ID), TurnStarted())).then(live("g"))
    play.when(tell("@g", limit(play), LIMITED)).then(live("g", "h"))
    play.when(*wake(play)).then(member("@g", "wait.due", True), effect(Deliver, "@g", 0), live("g", "h"))
    assert not [key for key in play.world.deadlines if key.kind == "wake"]
    play.given(Call("task.start", by="@h", taskId="b"), Call("task.complete", by="@h", taskId="b"))
    play.when(exited("@h")).then(member("@g", "wait", None), effect(Deliver, "@g"), live("g"))


def test_meanwhile_no_session_of_its_agent_is_started() -> None:
    groups = [group(key, subtask(f"{key}1"), agent=agent) for key, agent in (("g", "stream"), ("h", "stream"))]
    play = Scenario(policy=msgspec.structs.replace(POLICY, agent_limits={"stream": 1}))
    play.given(run_of(*groups), came_up("@g"), tell("@g", Started(OWN_ID), TurnStarted())).then(live("g"))
    play.when(tell("@g", limit(play), LIMITED)).then(live("g"))
    play.when(run_of(group("i", subtask("i1"), agent="process"))).then(live("g", "i"))
    play.when(*wake(play)).then(live("g", "i"), member("@g", "wait", None))
    play.when(woke("limit", "stream")).then(live("g", "i"))
    assert play.world.system.agent_waits == {}
    play.given(Call("task.complete", by="@g", taskId="g1"), tell("@g", TurnEnded()), exited("@g"))
    play.then(live("h", "i"))


def test_no_planner_of_a_limited_agent_is_started() -> None:
    play = limited().when(Call("run.start", text="later", workingDir="/tmp/shop", agent="stream"))
    play.then(live("g"), status("run", "planning"))
    play.when(*wake(play), woke("limit", "stream")).then(live("g", "plan: later"))


def test_sessions_that_wait_for_one_agent_wake_one_after_the_other() -> None:
    groups = [group(key, subtask(f"{key}1"), agent="stream") for key in ("g", "h", "i")]
    play = Scenario(policy=POLICY).given(run_of(*groups), *(came_up(f"@{key}") for key in ("g", "h", "i")))
    reset = play.at + HOUR
    for key in ("g", "h", "i"):
        play.given(tell(f"@{key}", Started(key), TurnStarted(), LimitReached("usage", reset), LIMITED))
    assert [until(play, f"@{key}") - reset for key in ("g", "h", "i")] == [0, 5_000, 10_000]
    assert play.world.system.agent_waits == {"stream": reset + 10_000}


def test_sessions_whose_wait_ended_without_a_daemon_wake_one_after_the_other_too() -> None:
    groups = [group(key, subtask(f"{key}1"), agent="stream") for key in ("g", "h", "i")]
    play = Scenario(policy=POLICY).given(run_of(*groups), *(came_up(f"@{key}") for key in ("g", "h", "i")))
    reset = play.at + HOUR
    for key in ("g", "h", "i"):
        play.given(tell(f"@{key}", Started(key), TurnStarted(), LimitReached("usage", reset), LIMITED))
    play.given(Later(2 * HOUR), woke("limit", "stream"))
    play.when(woke("wake", "@h")).then(member("@h", "wait", None))
    assert [until(play, f"@{key}") - play.at for key in ("g", "i")] == [5_000, 10_000]
    assert play.world.system.agent_waits == {"stream": play.at + 10_000}


def test_waits_for_a_limit_without_a_known_end_get_longer_each_time() -> None:
    play = at_work("stream")
    waits = []
    for _ in range(3):
        play.given(tell("@g", TurnStarted()), tell("@g", LimitReached("rate"), LIMITED))
        waits.append(until(play) - play.at)
        play.given(*wake(play))
    assert waits == [300_000, 600_000, 1_200_000]
    play.given(tell("@g", TurnStarted()), tell("@g", TurnEnded())).then(member("@g", "limited", None))
    play.given(tell("@g", TurnStarted()), tell("@g", LimitReached("rate"), LIMITED))
    assert until(play) - play.at == 300_000


def test_a_known_end_outweighs_a_guess_and_is_reported_once() -> None:
    play = at_work("stream").given(tell("@g", TurnStarted(), LIMITED)).then(member("@g", "wait.guessed", True))
    reset = play.at + 7 * 60_000
    play.given(tell("@g", LimitReached("usage", reset))).then(member("@g", "wait.guessed", False))
    assert until(play) == reset
    play.when(tell("@g", LimitReached("usage", reset), LIMITED)).then(event("attention.created", 0))
    assert len(play.world.attention) == 1


def test_a_wait_whose_end_has_passed_is_retried_soon_and_then_has_no_known_end() -> None:
    play = at_work("stream").given(tell("@g", TurnStarted()))
    play.given(tell("@g", LimitReached("usage", play.at - HOUR))).then(member("@g", "wait.guessed", False))
    assert until(play) - play.at == 5_000
    play.given(*wake(play), tell("@g", TurnStarted()))
    play.given(tell("@g", LimitReached("usage", play.at - HOUR))).then(member("@g", "wait.guessed", True))
    assert until(play) - play.at == 600_000


def test_a_limit_beyond_the_maximum_is_waited_for_once_a_person_wants_it() -> None:
    play = limited(limit_wait_max_ms=HOUR // 2)
    play.then(member("question", "options", ("now", "wait", "fail")), member("question", "on_timeout", "fail"))
    wants = Call("attention.answer", attentionId="question", value="wait")
    play.when(wants).then(live("g"), member("@g", "wait.kind", "usage"))
    play.when(*wake(play)).then(effect(Deliver, "@g"))


def test_a_limit_beyond_the_maximum_fails_when_nobody_answers() -> None:
    play = limited(limit_wait_max_ms=HOUR // 2)
    play.when(Later(HOUR // 2), woke("answer", "question")).then(
        status("@g", "failed"), status("a", "failed"), effect(Stop, "@g"), member("@g", "status_reason.code", "limit")
    )
    assert play.world.system.agent_waits == {}


def test_many_guesses_in_a_row_reach_the_maximum_too() -> None:
    play = at_work("stream")
    play.world.policy = msgspec.structs.replace(POLICY, limit_wait_max_ms=HOUR // 2)
    for _ in range(3):
        play.given(tell("@g", TurnStarted()), tell("@g", LimitReached("rate"), LIMITED))
        if play.world.attention[play.id_of("question")].deadline is not None:
            break
        play.given(*wake(play))
    play.then(member("@g", "limited.hits", 3), member("question", "on_timeout", "fail"))


@pytest.mark.parametrize("agent", ["stream", "process"])
def test_a_person_can_retry_at_once(agent: str) -> None:
    play = limited(agent).given(exited("@g", "failed"))
    play.when(Call("attention.answer", attentionId="question", value="now")).then(
        effect(Launch, "@g"), member("@g", "wait", None)
    )
    assert play.world.system.agent_waits == {}


def test_waiting_can_be_switched_off() -> None:
    play = limited(limit_wait=False)
    play.then(status("@g", "failed"), status("a", "failed"), member("@g", "status_reason.code", "turn_failed"))
    assert play.world.system.agent_waits == {} and not play.world.attention


def test_an_agent_that_retries_by_itself_is_left_alone() -> None:
    play = at_work("stream").given(tell("@g", TurnStarted()))
    play.when(tell("@g", limit(play, retrying=True))).then(
        member("@g", "wait", None), member("@g", "turn.running", True), event("attention.created", 0)
    )


def test_an_agent_that_only_reports_a_limit_has_ended_its_turn() -> None:
    play = at_work("process").given(tell("@g", TurnStarted()))
    play.when(tell("@g", limit(play))).then(
        member("@g", "turn.running", False), member("@g", "turn.outcome", Outcome.LIMIT)
    )
    play.given(exited("@g", "failed")).when(*wake(play)).then(effect(Launch, "@g"))


def test_typing_into_the_terminal_ends_the_wait() -> None:
    play = limited("tty").given(Later(60_000))
    play.when(tell("@g", TurnStarted())).then(
        member("@g", "wait", None), messages("@g", OPENED), status("@g", "working")
    )
    assert not play.world.open_questions


def test_the_clock_of_a_task_stops_while_its_session_waits() -> None:
    play = at_work("stream", timeoutMs=60_000).given(Call("task.start", by="@g", taskId="a"), tell("@g", TurnStarted()))
    play.given(tell("@g", limit(play), LIMITED)).then(member("a", "deadline", None))
    play.given(Call("session.pause", sessionId="@g"), Call("session.resume", sessionId="@g"))
    play.then(member("a", "deadline", None))
    play.when(*wake(play))
    task = play.world.tasks[play.id_of("a")]
    assert task.deadline is not None and 50_000 < task.deadline - play.at <= 60_000


def test_nothing_wakes_while_frozen_and_a_freeze_forgets_no_limit() -> None:
    play = limited().given(Call("system.freeze"))
    assert list(play.world.system.agent_waits) == ["stream"]
    play.when(*wake(play)).then(member("@g", "wait.due", True), effect(Deliver, "@g", 0))
    play.when(Call("system.thaw")).then(member("@g", "wait", None), effect(Deliver, "@g"))


def test_a_waiting_session_can_be_stopped() -> None:
    play = limited().given(exited("@g", "failed"))
    play.when(Call("session.stop", sessionId="@g")).then(effect(Stop, "@g"))
    play.when(exited("@g", "failed")).then(status("@g", "stopped"), member("@g", "wait", None))
    assert not [key for key in play.world.deadlines if key.kind == "wake"]


def test_a_finished_agent_waits_for_nothing() -> None:
    play = at_work("stream").given(tell("@g", TurnStarted()), Call("task.complete", by="@g", taskId="a"))
    play.given(tell("@g", TurnEnded())).when(tell("@g", limit(play))).then(member("@g", "wait", None))


def test_the_wait_of_an_ended_session_is_not_news() -> None:
    limited().given(Call("attention.answer", attentionId="question", value="fail")).when(woke("wake", "@g")).then(
        nothing()
    )


def test_an_agent_started_by_hand_waits_and_receives_nothing() -> None:
    play = Scenario(policy=POLICY).given(
        Call("session.register", agent="stream", workingDir="/tmp/shop", name="x", agentSessionId=OWN_ID)
    )
    play.when(tell("@x", LIMITED)).then(live("x"), member("@x", "wait.guessed", True))
    play.when(*wake(play, "@x")).then(member("@x", "wait", None), messages("@x"))


STEPS: st.SearchStrategy[Any] = st.one_of(
    st.builds(
        LimitReached,
        st.sampled_from(["usage", "rate"]),
        st.none() | st.integers(0, 2_000_000) | st.just(10**18),
        st.just("x"),
        st.booleans(),
    ),
    st.sampled_from([TurnStarted(), TurnEnded(), LIMITED]),
    st.sampled_from(["exit", "up", "wake", "now", "wait", "fail", "lift", "pause", "resume"]),
)


@given(st.lists(STEPS, max_size=12), st.sampled_from(["stream", "process", "tty"]))
def test_a_waiting_session_always_wakes(steps: list[Any], agent: str) -> None:
    play = at_work(agent)
    for step in steps:
        if isinstance(step, Sign):
            play.when(tell("@g", step))
        elif step in {"now", "wait", "fail"} and play.world.attention:
            play.when(Call("attention.answer", attentionId="question", value=step))
        else:
            _play(play, step)
        session = play.world.sessions[play.id_of("@g")]
        wakes = Deadline(DeadlineKind.WAKE, session.id) in play.world.deadlines
        if session.wait is not None:
            assert session.id in play.world.by_session.live
            assert wakes is not session.wait.due
            assert not session.wait.due or session.paused
        assert wakes <= (session.wait is not None)
        for each in play.world.attention.values():
            assert each.answer is not None or session.wait is not None


def _play(play: Scenario, step: str) -> None:
    session = play.world.sessions[play.id_of("@g")]
    if step == "exit":
        play.when(exited("@g", "failed"))
    elif step == "up":
        play.when(came_up("@g"))
    elif step == "wake" and session.wait is not None and not session.wait.due:
        play.when(*wake(play))
    elif step == "lift":
        play.when(woke("limit", "stream"))
    elif step in {"pause", "resume"}:
        play.when(Call(f"session.{step}", sessionId="@g"))


@pytest.mark.parametrize(
    "left, told_as_length, is_length",
    [(HOUR, False, False), (HOUR, True, True), (-HOUR, False, True), (None, False, True)],
)
def test_only_an_end_reported_by_the_provider_is_a_wall_clock_time(
    left: int | None, told_as_length: bool, is_length: bool
) -> None:
    play = at_work("stream")
    ends = None if left is None else play.at + left
    play.given(tell("@g", TurnStarted()), tell("@g", LimitReached("usage", ends, is_length=told_as_length), LIMITED))
    play.then(member("@g", "wait.is_length", is_length))
