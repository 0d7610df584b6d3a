"""What agents receive between their turns, and when they are finished."""

import pytest

from maestrod.api.message import MessageKind as K
from maestrod.api.message import MessageStatus as M
from maestrod.api.turn import Outcome
from maestrod.core.values.effects import CloseInput, Deliver, Launch, Stop
from maestrod.core.values.facts import NotDelivered
from maestrod.core.values.signs import PlanOffered, Started, TurnEnded, TurnStarted
from tests.core.conversations import POLICY, at_work, messages, planner, tell
from tests.kit.agents.hook_words import OWN_ID
from tests.kit.worlds.scenario import (
    Call,
    Find,
    Later,
    Scenario,
    came_up,
    effect,
    exited,
    group,
    live,
    member,
    nothing,
    project,
    refused,
    run_of,
    status,
    subtask,
    task,
    woke,
)

OPENED = (K.OPENING, M.DELIVERED)
DONE = Call("task.complete", by="@g", taskId="a", summary="done")
GOOD_PLAN = '{"groups": [{"key": "g", "title": "g", "agent": "shell", "subtasks": [{"key": "a", "title": "a", "commands": ["true"]}]}]}'
BAD_PLAN = '{"groups": []}'


def test_the_first_prompt_reaches_a_streaming_agent_once_its_process_runs() -> None:
    play = Scenario(policy=POLICY).when(run_of(group("g", subtask("a"), agent="stream")))
    play.then(messages("@g", (K.OPENING, M.QUEUED)), effect(Deliver, "@g", 0), effect(Launch, "@g"))
    play.when(came_up("@g")).then(messages("@g", OPENED), effect(Deliver, "@g"))
    play.when(tell("@g", Started(OWN_ID), TurnStarted())).then(
        messages("@g", (K.OPENING, M.ACCEPTED)), status("@g", "working"), effect(Deliver, "@g", 0)
    )


def test_an_agent_with_a_process_per_turn_gets_its_first_prompt_at_the_start() -> None:
    play = Scenario(policy=POLICY).when(run_of(group("g", subtask("a"), agent="process")))
    play.then(messages("@g", OPENED), effect(Deliver, "@g", 0))
    play.when(came_up("@g")).then(effect(Deliver, "@g", 0))


def test_an_agent_that_reported_its_tasks_has_completed_however_it_exits() -> None:
    play = at_work("stream").given(tell("@g", TurnStarted()), DONE)
    play.when(tell("@g", TurnEnded(text="all done"))).then(
        effect(CloseInput, "@g"), member("@g", "finishing", True), member("message", "reply", "all done"),
        messages("@g", (K.OPENING, M.ANSWERED)),
    )  # fmt: skip
    play.when(exited("@g", "failed")).then(status("@g", "completed"), status("root", "completed"))


def test_an_agent_is_not_finished_during_a_turn() -> None:
    at_work("stream").given(tell("@g", TurnStarted())).when(DONE).then(effect(CloseInput, "@g", 0), live("g"))


def test_a_finished_agent_that_stays_is_stopped_and_has_completed() -> None:
    play = at_work("stream").given(tell("@g", TurnStarted()), DONE, tell("@g", TurnEnded()))
    play.when(Later(20_000), woke("finish", "@g")).then(effect(Stop, "@g"), status("@g", "idle"))
    play.when(exited("@g", "stopped")).then(status("@g", "completed"))


@pytest.mark.parametrize("agent, effect_type", [("stream", Deliver), ("process", Launch)])
def test_a_turn_that_leaves_tasks_open_gets_two_reminders_and_then_fails(
    agent: str, effect_type: type[Deliver | Launch]
) -> None:
    play = at_work(agent)
    ends = [tell("@g", TurnStarted(), TurnEnded()), *([exited("@g")] if agent == "process" else [])]
    play.when(*ends).then(effect(effect_type, "@g"), member("message", "kind", K.NUDGE), member("@g", "nudges", 1))
    play.given(came_up("@g")).when(*ends).then(effect(effect_type, "@g"), member("@g", "nudges", 2))
    play.given(came_up("@g")).when(*ends).then(status("@g", "failed"), member("@g", "status_reason.code", "unreported"))
    play.then(status("a", "failed"))


def test_a_report_restarts_the_count_of_reminders() -> None:
    play = at_work("stream", "a", "b").given(tell("@g", TurnStarted(), TurnEnded()))
    play.given(tell("@g", TurnStarted()), DONE).then(member("@g", "nudges", 0))


def test_each_turn_of_a_process_agent_is_an_attempt_in_the_same_conversation() -> None:
    play = at_work("process").given(tell("@g", TurnStarted(), TurnEnded()))
    play.when(exited("@g")).then(member("@g", "attempt", 2), member("@g", "agent_session_id", OWN_ID), live("g"))
    play.when(DONE, exited("@g")).then(status("@g", "completed"), status("root", "completed"))


def test_an_agent_that_cannot_resume_ends_with_its_first_turn() -> None:
    play = Scenario(policy=POLICY).given(run_of(group("g", subtask("a"), agent="process")), came_up("@g"))
    play.when(exited("@g")).then(effect(Launch, "@g", 0), status("@g", "failed"))


def test_a_failed_turn_of_a_streaming_agent_fails_and_stops_the_session() -> None:
    failed = TurnEnded(Outcome.FAILED, code="api_error", detail="500")
    play = at_work("stream").when(tell("@g", TurnStarted(), failed))
    play.then(status("@g", "failed"), effect(Stop, "@g"), member("@g", "status_reason.detail", "api_error: 500"))


def test_an_interrupted_agent_waits_for_a_person() -> None:
    play = at_work("stream").when(tell("@g", TurnStarted(), TurnEnded(Outcome.INTERRUPTED)))
    play.then(effect(Deliver, "@g", 0), member("question", "kind.value", "input"), status("@g", "idle"))
    play.when(Call("message.send", sessionId="@g", text="go on")).then(effect(Deliver, "@g"))
    play.when(tell("@g", TurnStarted())).then(member("question", "answer.by", "closed"))


def test_background_work_keeps_the_turn_open() -> None:
    play = at_work("stream").given(DONE).when(tell("@g", TurnStarted(), TurnEnded(background=1)))
    play.then(status("@g", "working"), effect(CloseInput, "@g", 0))
    play.when(tell("@g", TurnStarted(machine=True), TurnEnded(background=0))).then(effect(CloseInput, "@g"))


def test_a_server_left_running_does_not_keep_its_agent_running() -> None:
    left = (tell("@g", TurnStarted(), TurnEnded(background=1)), Later(600_000))
    play = at_work("stream").given(DONE, *left)
    play.when(woke("stall", "@g")).then(
        status("@g", "idle"), effect(CloseInput, "@g"), member("@g", "turn.stall_at", None)
    )
    play = at_work("stream").given(*left)
    play.when(woke("stall", "@g")).then(messages("@g", (K.OPENING, M.ANSWERED), (K.NUDGE, M.DELIVERED)))


def test_messages_wait_for_the_end_of_the_turn_and_are_delivered_once_each() -> None:
    play = at_work("stream").given(tell("@g", TurnStarted()))
    play.when(Call("message.send", sessionId="@g", text="one"), Call("message.send", sessionId="@g", text="two"))
    play.then(
        effect(Deliver, "@g", 0), messages("@g", (K.OPENING, M.ACCEPTED), (K.PROMPT, M.QUEUED), (K.PROMPT, M.QUEUED))
    )
    play.when(tell("@g", TurnEnded())).then(effect(Deliver, "@g"))
    play.when(tell("@g", TurnEnded())).then(effect(Deliver, "@g", 1))
    play.then(messages("@g", (K.OPENING, M.ANSWERED), (K.PROMPT, M.ANSWERED), (K.PROMPT, M.DELIVERED)))


def test_a_message_that_could_not_be_written_is_delivered_later() -> None:
    play = at_work("stream").given(tell("@g", TurnStarted()))
    play.given(Call("message.send", sessionId="@g", text="one"), tell("@g", TurnEnded()))
    gone = Find(lambda play: NotDelivered(*play.attempt_of("@g"), play.id_of("message"), "its input is full"))
    play.when(gone).then(effect(Deliver, "@g"), member("message", "status", M.DELIVERED))


def test_the_end_of_a_session_fails_unanswered_prompts() -> None:
    play = at_work("stream").given(Call("message.send", sessionId="@g", text="one"))
    play.when(exited("@g", "failed")).then(messages("@g", (K.OPENING, M.FAILED), (K.PROMPT, M.FAILED)))


def test_a_message_wakes_only_an_agent_between_its_processes() -> None:
    play = at_work("process").given(Call("message.send", sessionId="@g", text="one"))
    play.when(tell("@g", TurnStarted(), TurnEnded())).then(effect(Launch, "@g", 0))
    play.when(exited("@g")).then(
        effect(Launch, "@g"), member("message", "status", M.DELIVERED), member("@g", "nudges", 0)
    )


def test_an_agent_without_a_prompt_channel_says_so() -> None:
    play = Scenario(policy=POLICY).given(run_of(group("g", subtask("a"))))
    play.when(Call("message.send", sessionId="@g", text="hi")).then(refused("message.no_prompts"), nothing())


def test_a_person_at_a_terminal_gets_no_instructions_for_agents() -> None:
    play = Scenario(policy=POLICY).given(project(), task("a"))
    play.given(Call("session.spawn", taskIds=["a"], agent="stream", terminal="pty", name="g"), came_up("@g"))
    play.then(messages("@g", OPENED))
    play.when(tell("@g", Started(OWN_ID), TurnStarted(), TurnEnded())).then(
        effect(Deliver, "@g", 0), effect(Stop, "@g", 0), member("@g", "finishing", False)
    )


def test_a_worker_on_a_terminal_is_stopped_when_it_is_done() -> None:
    spawn = Call("session.spawn", agent="stream", terminal="pty", name="p", workingDir="/tmp/shop")
    Scenario(policy=POLICY).given(spawn, came_up("@p")).then(messages("@p"), effect(Stop, "@p", 0))


def test_a_held_session_receives_nothing_until_it_is_resumed() -> None:
    play = at_work("stream").given(tell("@g", TurnStarted()), Call("run.pause", runId="run"), tell("@g", TurnEnded()))
    play.then(messages("@g", (K.OPENING, M.ANSWERED)))
    play.when(Call("run.resume", runId="run")).then(effect(Deliver, "@g"), member("message", "kind", K.NUDGE))


@pytest.mark.parametrize("agent, effect_type", [("stream", Deliver), ("process", Launch)])
def test_a_broken_plan_returns_to_its_planner_with_the_findings(
    agent: str, effect_type: type[Deliver | Launch]
) -> None:
    play = planner(agent)
    for number in (1, 2):
        play.when(tell("@plan: root", PlanOffered(BAD_PLAN), TurnEnded()))
        if agent == "process":
            play.when(exited("@plan: root"))
        play.then(
            effect(effect_type, "@plan: root"),
            member("message", "kind", K.REPAIR),
            member("run", "plan_attempt", number),
        )
        assert "groups: A plan needs at least one group" in list(play.world.messages.values())[-1].text
        play.given(came_up("@plan: root"), tell("@plan: root", TurnStarted()))
    play.when(tell("@plan: root", PlanOffered(GOOD_PLAN), TurnEnded())).then(
        status("run", "running"), live("plan: root", "g")
    )
    play.when(exited("@plan: root")).then(status("@plan: root", "completed"), live("g"))


def test_a_planner_that_never_submits_a_valid_plan_fails_with_the_diagnostics() -> None:
    play = planner("stream")
    for _ in range(4):
        play.when(tell("@plan: root", PlanOffered(BAD_PLAN), TurnEnded(), TurnStarted()))
    play.then(status("run", "failed"), status("root", "failed"), effect(Stop, "@plan: root"))
    assert "groups: A plan needs at least one group" in str(play.world.runs[play.id_of("run")].error)


def test_a_planner_that_submits_nothing_is_reminded_and_then_fails() -> None:
    play = planner("stream")
    play.when(tell("@plan: root", TurnEnded())).then(member("message", "kind", K.NUDGE))
    play.given(tell("@plan: root", TurnStarted(), TurnEnded()))
    play.when(tell("@plan: root", TurnStarted(), TurnEnded())).then(status("run", "failed"))


def test_a_plan_submitted_by_command_counts_like_one_from_the_output() -> None:
    play = planner("stream")
    plan = {"groups": [group("g", subtask("a"), agent="shell")]}
    play.given(Call("plan.submit", by="@plan: root", plan=plan)).then(status("run", "running"))
    play.when(tell("@plan: root", PlanOffered(GOOD_PLAN), TurnEnded())).then(effect(CloseInput, "@plan: root"))
    assert len(play.world.plans) == 1


def test_a_kept_planner_stays_until_its_run_has_ended() -> None:
    play = planner("stream", keepPlanner=True)
    play.when(tell("@plan: root", PlanOffered(GOOD_PLAN), TurnEnded())).then(effect(CloseInput, "@plan: root", 0))
    play.given(came_up("@g"), Call("task.complete", by="@g", taskId="a"), exited("@g"))
    play.then(status("root", "completed"), status("run", "completed"), member("@plan: root", "finishing", True))


def test_a_finished_session_that_works_again_must_still_end_in_time() -> None:
    play = at_work("stream").given(tell("@g", TurnStarted()))
    play.given(
        Call("task.start", by="@g", taskId="a"), Call("task.complete", by="@g", taskId="a"), tell("@g", TurnEnded())
    )
    play.when(tell("@g", TurnStarted())).then(status("@g", "working"), member("@g", "finishing", True))
    play.when(Later(20_000), woke("finish", "@g")).then(effect(Stop, "@g"))
