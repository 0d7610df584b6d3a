"""Questions are durable and answered once: by a person, by the timeout, or by the end of the asker."""

from tests.kit.worlds.scenario import (
    Call,
    Later,
    Scenario,
    event,
    exited,
    group,
    member,
    nothing,
    refused,
    run_of,
    subtask,
    woke,
)


def asked(**params: object) -> Scenario:
    ask = Call("attention.ask", by="@g", message="deploy?", options=["yes", "no"], **params)  # type: ignore[arg-type]  # the call's own members come first
    return Scenario().given(run_of(group("g", subtask("a"))), ask)


def test_the_first_answer_wins_and_the_second_learns_it() -> None:
    play = asked().when(Call("attention.answer", attentionId="question", value="yes"))
    play.then(member("question", "answer.by", "user"), member("question", "answer.value", "yes"))
    play.when(Call("attention.answer", attentionId="question", value="no")).then(
        refused("attention.answered"), nothing()
    )
    assert play.refusal is not None and play.refusal.details["value"] == "yes"


def test_an_answer_is_one_of_the_options() -> None:
    asked().when(Call("attention.answer", attentionId="question", value="maybe")).then(
        refused("attention.not_an_option")
    )
    play = Scenario().given(run_of(group("g", subtask("a"))))
    play.when(Call("attention.ask", by="@g", message="?", options=["a"], onTimeout="b")).then(
        refused("attention.not_an_option")
    )


def test_the_default_answers_at_the_deadline() -> None:
    play = asked(timeoutMs=5000, onTimeout="no").when(Later(5000), woke("answer", "question"))
    play.then(member("question", "answer.by", "timeout"), member("question", "answer.value", "no"))
    play.when(woke("answer", "question")).then(nothing())
    assert not [key for key in play.world.deadlines if key.kind == "answer"]


def test_an_answered_question_does_not_time_out() -> None:
    play = asked(timeoutMs=5000).given(Call("attention.answer", attentionId="question", value="yes"))
    play.when(woke("answer", "question")).then(nothing(), member("question", "answer.by", "user"))


def test_the_end_of_the_asking_client_closes_its_questions() -> None:
    play = asked().when(exited("@g", "failed")).then(member("question", "answer.by", "closed"))
    assert play.world.open_questions == {}


def test_an_ended_session_asks_nothing() -> None:
    play = Scenario().given(run_of(group("g", subtask("a"))), exited("@g", "failed"))
    play.when(Call("attention.ask", sessionId="@g", message="?")).then(refused("session.ended"))


def test_a_question_appears_on_the_timeline() -> None:
    play = Scenario().given(run_of(group("g", subtask("a"))))
    play.when(Call("attention.ask", by="@g", message="?", taskId="a")).then(
        event("timeline.added"), event("attention.created")
    )
    entry = play.last[-1].data
    assert (entry["type"], entry["metadata"]["kind"]) == ("needs_input", "input")
