"""A plan that waits for approval is a question in the inbox; answering either one closes the other."""

import msgspec
import pytest

from maestrod.api.attention import Attention
from maestrod.api.run import RunStatus
from maestrod.core.world.world import World
from tests.kit.worlds.scenario import Call, Scenario, group, member, refused, run_of, status, subtask


def waiting() -> Scenario:
    return Scenario().given(run_of(group("g", subtask("a"), subtask("b")), approve=True))


def open_question(play: Scenario) -> Attention:
    [question] = [each for each in play.world.attention.values() if each.answer is None]
    return question


def test_a_waiting_plan_opens_an_approval() -> None:
    play = waiting()
    question = open_question(play)
    run = play.world.runs[question.run_id or ""]
    assert (question.kind.value, question.options, question.free_text.value) == (
        "approval",
        ("approve", "reject"),
        "reason",
    )
    assert (question.plan_id, question.session_id, question.number) == (run.plan_id, "", 1)
    assert "2 tasks in 1 group" in question.message


def test_approving_in_the_inbox_applies_the_plan() -> None:
    play = waiting().when(Call("attention.answer", attentionId="question", value="approve"))
    play.then(status("run", "running"), status("plan", "applied"), member("question", "answer.by", "user"))


def test_rejecting_in_the_inbox_fails_the_run_with_the_reason() -> None:
    play = waiting().when(Call("attention.answer", attentionId="question", value="reject", reason="too coarse"))
    play.then(status("run", "failed"), status("plan", "rejected"), member("question", "answer.reason", "too coarse"))
    assert play.world.runs[play.id_of("run")].error == "the plan was rejected: too coarse"


@pytest.mark.parametrize("method, value", [("plan.approve", "approve"), ("plan.reject", "reject")])
def test_approving_or_rejecting_the_plan_answers_its_question(method: str, value: str) -> None:
    play = waiting().when(Call(method, planId="plan"))
    play.then(member("question", "answer.by", "user"), member("question", "answer.value", value))
    play.when(Call("attention.answer", attentionId="question", value="approve")).then(refused("attention.answered"))


def test_the_first_answer_wins_over_the_plan_s_own_methods() -> None:
    play = waiting().given(Call("attention.answer", attentionId="question", value="reject"))
    play.when(Call("plan.approve", planId="plan"))
    assert play.refusal is not None


@pytest.mark.parametrize("end", ["run.cancel", "task.cancel"])
def test_the_end_of_the_run_closes_the_question(end: str) -> None:
    play = waiting()
    run = play.world.runs[play.id_of("run")]
    target = {"runId": run.id} if end == "run.cancel" else {"taskId": run.root_task_id}
    call = Call(end, **target)  # type: ignore[arg-type]  # the call's own members come first
    play.when(call).then(status("run", "cancelled"), member("question", "answer.by", "closed"))
    assert play.world.approvals == {} and play.world.open_questions == {}


def test_a_session_can_neither_answer_nor_open_an_approval() -> None:
    play = Scenario().given(run_of(group("g", subtask("a"))))
    play.when(Call("attention.ask", by="@g", message="?", kind="approval")).then(refused("attention.kind"))


def test_an_invalid_plan_leaves_the_question_about_the_waiting_plan_alone() -> None:
    play = Scenario().given(Call("project.create", name="shop", workingDir="/shop"))
    play.given(
        Call("run.start", text="do it", projectId=next(iter(play.world.projects)), planner=["./p"], approve=True)
    )
    planner = next(iter(play.world.sessions.values()))
    good = {"groups": [group("g", subtask("a"))]}
    play.given(Call("plan.submit", taskId=planner.task_ids[0], plan=good))
    first = open_question(play)
    play.when(Call("plan.submit", taskId=planner.task_ids[0], plan={"groups": []}))
    assert open_question(play) == first and play.world.runs[first.run_id or ""].plan_id == first.plan_id
    play.when(Call("plan.submit", taskId=planner.task_ids[0], plan={"groups": [group("h", subtask("b"))]}))
    second = open_question(play)
    assert second.id != first.id and second.plan_id != first.plan_id
    play.when(Call("attention.answer", attentionId=second.id, value="approve")).then(status("run", "running"))


def test_a_run_of_an_older_store_gets_its_question_at_the_first_decision() -> None:
    play = waiting()
    question = open_question(play)
    old = World()
    run = msgspec.structs.replace(play.world.runs[question.run_id or ""], number=0, title="")
    others = [each for each in play.world.entities() if each != question and getattr(each, "id", "") != "system"]
    old.load([run if getattr(each, "id", "") == run.id else each for each in others])
    play.world = old
    play.when(Call("project.create", name="other", workingDir="/other"))
    found = open_question(play)
    assert (found.run_id, found.number) == (run.id, 1)
    [healed] = play.world.runs.values()
    assert (healed.number, bool(healed.title), healed.status) == (1, True, RunStatus.AWAITING_APPROVAL)
