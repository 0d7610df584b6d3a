"""Requests for permission: one question however often it is reported, decided once, delivered to all who wait."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from maestrod.api.message import MessageKind as K
from maestrod.api.message import MessageStatus as M
from maestrod.core.session import permission_rules
from maestrod.core.values.effects import Decide, Deliver
from maestrod.core.values.facts import Withdrawn
from maestrod.core.values.signs import LINE, TEXT, PermissionAsked, PermissionSettled, Started, TurnEnded, TurnStarted
from tests.core.conversations import POLICY, at_work, messages, tell
from tests.kit.agents.hook_words import OWN_ID
from tests.kit.worlds.scenario import (
    Call,
    Expectation,
    Find,
    Later,
    Scenario,
    came_up,
    effect,
    event,
    exited,
    member,
    nothing,
    project,
    refused,
    woke,
)

PUSH = PermissionAsked("Bash", "git push", '{"command": "git push"}', key="k1", waits=True)
ALLOW = Call("attention.answer", attentionId="question", value="allow")


def hook(command: str = "git push", **params: Any) -> Call:
    payload = {"command": command}
    return Call(
        "permission.ask", **{"by": "@g", "event": "Permission", "agent": "stream", "payload": payload, **params}
    )


def settings(**members: Any) -> Call:
    return Call("project.update", projectId="shop", settings={"permissions": members})


def working(agent: str = "stream") -> Scenario:
    return at_work(agent).given(tell("@g", TurnStarted()))


def questions(play: Scenario) -> list[tuple[str | None, str | None]]:
    """Tool and answer of every question, oldest first."""
    return [
        (each.tool, each.answer.value if each.answer is not None else None) for each in play.world.attention.values()
    ]


def asked(*expected: tuple[str | None, str | None]) -> Expectation:
    return Expectation("questions", list(expected), questions)


def test_a_question_on_the_stream_is_answered_there() -> None:
    play = working().when(tell("@g", PUSH))
    play.then(
        asked(("Bash", None)), member("question", "kind.value", "permission"), member("question", "key", "k1"),
        member("question", "options", ("allow", "deny")), member("question", "input", PUSH.input),
        member("question", "message", "stream wants to use Bash: git push"), effect(Decide, "@g", 0),
    )  # fmt: skip
    play.when(ALLOW).then(effect(Decide, "@g"), member("question", "answer.by", "user"))
    assert permission_rules.permission_of(play.world.attention[play.id_of("question")])[1] == "allowed by the user"


def test_a_question_of_a_waiting_hook_is_not_needed_on_the_stream() -> None:
    play = working().when(hook(eventId="e1"))
    for_session = ("allow for session", "deny for session")
    play.then(asked(("Bash", None)), member("question", "options", ("allow", "deny", *for_session)))
    assert play.reply.attention_id == play.id_of("question")
    play.when(ALLOW).then(effect(Decide, "@g", 0), asked(("Bash", "allow")))


def test_a_repeated_hook_finds_its_question_with_or_without_an_answer() -> None:
    play = working().given(hook(eventId="e1"))
    first = play.reply
    play.when(hook(eventId="e1")).then(nothing())
    assert play.reply == first
    play.given(ALLOW).when(hook(eventId="e1")).then(nothing())
    assert play.reply == first


def test_hook_stream_and_notification_report_one_question() -> None:
    play = working().given(hook(eventId="e1"), tell("@g", PUSH))
    play.given(Call("event.report", by="@g", event="Dialog", agent="stream")).then(
        asked(("Bash", None)), member("question", "key", "k1"), member("question", "on_stream", True)
    )
    play.when(ALLOW).then(effect(Decide, "@g"), asked(("Bash", "allow")))


def test_two_tools_are_two_questions() -> None:
    other = PermissionAsked("Bash", "git pull", '{"command": "git pull"}', key="k2", waits=True)
    working().when(tell("@g", PUSH, other), hook("git fetch")).then(asked(*[("Bash", None)] * 3))


def test_the_policy_decides_without_a_person() -> None:
    play = working().given(settings(allow=["Bash(git *)"], deny=["Bash(git push*)"]))
    play.when(hook("git diff", eventId="e1")).then(asked(("Bash", "allow")), member("question", "answer.by", "policy"))
    play.when(tell("@g", PUSH)).then(asked(("Bash", "allow"), ("Bash", "deny")), effect(Decide, "@g"))
    assert not play.world.open_questions


def test_reporting_to_the_daemon_needs_no_permission() -> None:
    play = working().given(settings(policy="deny"))
    play.when(hook("maestroctl task complete t")).then(asked(("Bash", "allow")), event("timeline.added", 0))
    play.when(hook("maestroctl task complete t; x")).then(asked(("Bash", "allow"), ("Bash", "deny")))


@pytest.mark.parametrize(
    "given_, wait, left, verdict",
    [
        ({"timeoutMs": 5000}, None, 5000, "deny"),
        ({"timeoutMs": 5000, "onTimeout": "allow"}, 9000, 5000, "allow"),
        ({"timeoutMs": 5000}, 3000, 3000, "deny"),
        ({}, 3000, 3000, "deny"),
        ({"onTimeout": "ask"}, 3000, 3000, ""),
    ],
)
def test_the_timeout_decides_when_no_person_does(
    given_: dict[str, object], wait: int | None, left: int, verdict: str
) -> None:
    waits: dict[str, Any] = {} if wait is None else {"waitMs": wait}
    play = working().given(settings(**given_), hook("git push", **waits))
    question = play.world.attention[play.id_of("question")]
    assert question.deadline == play.at + left
    play.when(Later(left), woke("answer", "question")).then(
        asked(("Bash", verdict)), member("question", "answer.by", "timeout")
    )


def test_a_question_on_a_stream_is_never_left_to_a_missing_dialog() -> None:
    working().given(settings(timeoutMs=5000, onTimeout="ask")).when(tell("@g", PUSH)).then(
        member("question", "deadline", None)
    )


def test_a_dialog_we_cannot_answer_is_shown_without_an_answer() -> None:
    play = working("tty").when(Call("event.report", by="@g", event="Dialog", agent="tty"))
    play.then(asked(("Bash", None)), member("question", "options", ()))
    play.when(ALLOW).then(refused("attention.elsewhere"))
    play.when(tell("@g", PermissionSettled(allowed=True))).then(
        asked(("Bash", "allow")), member("question", "answer.by", "agent")
    )


def test_a_dialog_of_an_ended_turn_is_ignored() -> None:
    play = working("tty")
    long_ago = play.at
    play.given(Later(5000), tell("@g", TurnEnded()))
    play.when(Call("event.report", by="@g", event="Dialog", agent="tty", at=long_ago)).then(asked())


def test_a_question_that_the_agent_settled_itself_is_closed() -> None:
    other = PermissionAsked("Bash", "git pull", '{"command": "git pull"}', key="k2", waits=True)
    play = working().given(tell("@g", PUSH, other))
    play.when(tell("@g", PermissionSettled("k1", allowed=False))).then(asked(("Bash", "deny"), ("Bash", None)))
    play.when(tell("@g", PermissionSettled())).then(asked(("Bash", "deny"), ("Bash", "")), effect(Decide, "@g", 0))


def test_a_late_settlement_does_not_close_a_later_question() -> None:
    play = working()
    long_ago = play.at
    settled = Call("event.report", by="@g", event="Stop", agent="stream", at=long_ago)
    play.given(Later(5000), tell("@g", PUSH)).when(settled).then(asked(("Bash", None)))


def test_a_session_with_an_open_question_takes_no_messages() -> None:
    play = Scenario(policy=POLICY).given(project(), Call("session.spawn", projectId="shop", agent="tty", name="x"))
    play.given(came_up("@x"), tell("@x", Started(OWN_ID), PUSH))
    play.when(Call("message.send", sessionId="@x", text="go on")).then(effect(Deliver, "@x", 0))
    play.when(ALLOW).then(effect(Deliver, "@x"))


def test_the_end_of_a_turn_settles_its_questions_and_owed_answers() -> None:
    play = working().given(tell("@g", PUSH), ALLOW).when(tell("@g", TurnEnded()))
    assert play.world.owed_answers == {}
    working().given(tell("@g", PUSH)).when(tell("@g", TurnEnded())).then(asked(("Bash", "")))


def test_input_is_stored_shortened_and_judged_in_full() -> None:
    command = "git diff " + "a" * TEXT
    sign = PermissionAsked("Bash", command[:LINE], json.dumps({"command": command}), key="k9", waits=True)
    play = working().given(settings(allow=["Bash(git diff*)"])).when(tell("@g", sign)).then(asked(("Bash", "allow")))
    assert len(play.world.attention[play.id_of("question")].input or "") == TEXT


def test_the_end_of_the_process_closes_its_questions() -> None:
    working().given(tell("@g", PUSH)).when(exited("@g", "failed")).then(
        asked(("Bash", "")), member("question", "answer.by", "closed"), member("question", "on_stream", False)
    )
    play = at_work("process").given(tell("@g", TurnStarted(), PUSH, TurnEnded()))
    play.when(exited("@g")).then(asked(("Bash", "")), member("@g", "attempt", 2))


def test_an_answer_is_owed_until_the_agent_continues() -> None:
    play = working().given(tell("@g", PUSH), ALLOW)
    session = play.world.sessions[play.id_of("@g")]
    [owed_answers] = permission_rules.owed_answers(play.world, session)
    assert owed_answers == Decide(session.id, session.attempt, play.id_of("question"))
    play.given(tell("@g", PUSH)).then(asked(("Bash", "allow")))
    assert permission_rules.owed_answers(play.world, session) == [owed_answers]
    play.given(tell("@g", PermissionSettled("k1", allowed=True)))
    assert permission_rules.owed_answers(play.world, session) == []
    assert play.world.owed_answers == {}


def test_a_question_repeated_after_its_answer_gets_it_again() -> None:
    working().given(tell("@g", PUSH), ALLOW).when(tell("@g", PUSH)).then(effect(Decide, "@g"), asked(("Bash", "allow")))


def test_a_hook_that_is_gone_needs_no_answer() -> None:
    gone = Find(lambda play: Withdrawn(play.id_of("question")))
    working().given(hook()).when(gone).then(asked(("Bash", "")), member("question", "answer.by", "agent"))
    working().given(hook(), tell("@g", PUSH)).when(gone).then(asked(("Bash", None)))
    working().given(hook(), ALLOW).when(gone).then(nothing())


def test_a_question_appears_on_the_timeline_with_no_more_than_the_tool_shows() -> None:
    play = working().when(hook(eventId="e1", payload={"command": "git push", "secret": "canary-9"}))
    play.then(event("timeline.added"), event("attention.created"))
    assert "canary-9" not in str(play.events)


def test_hooks_that_need_no_answer_or_come_from_an_ended_session_open_no_question() -> None:
    play = working().when(Call("permission.ask", by="@g", event="Stop", agent="stream"))
    assert play.reply.attention_id is None
    play = working().given(exited("@g", "failed"))
    play.when(Call("permission.ask", sessionId="@g", event="Permission", agent="stream", payload={"command": "x"}))
    play.then(nothing())
    assert play.reply.attention_id is None


SIGNS = st.sampled_from(
    [
        PUSH,
        PermissionAsked("Bash", "git push", '{"command": "git push"}'),
        PermissionAsked("Bash"),
        PermissionAsked("", key="k1", waits=True),
        PermissionAsked("Edit", "a.py", key="k3", waits=True),
        PermissionSettled("k1", allowed=True),
        PermissionSettled(),
        TurnEnded(),
        TurnStarted(),
    ]
)


@given(st.lists(st.one_of(SIGNS, st.sampled_from(["allow", "deny", "exit"])), max_size=12))
def test_whatever_is_reported_a_question_is_answered_once_and_never_repeated(steps: list[Any]) -> None:
    play = working("process")
    for step in steps:
        before = {id_: each.answer for id_, each in play.world.attention.items() if each.answer is not None}
        if step == "exit":
            play.when(exited("@g"), *([came_up("@g")] if play.world.by_session.live else []))
        elif isinstance(step, str):
            if play.world.attention:
                play.when(Call("attention.answer", attentionId="question", value=step))
        else:
            play.when(tell("@g", step))
        assert all(play.world.attention[id_].answer == answer for id_, answer in before.items())
        keys = [each.key for each in play.world.attention.values() if each.answer is None and each.key]
        assert len(keys) == len(set(keys))
        for each in play.world.attention.values():
            session = play.world.sessions[each.session_id]
            assert each.answer is not None or each.attempt == session.attempt


def test_messages_for_an_open_question_stay_where_they_are() -> None:
    play = working().given(tell("@g", PUSH), Call("message.send", sessionId="@g", text="x"))
    play.then(messages("@g", (K.OPENING, M.ACCEPTED), (K.PROMPT, M.QUEUED)))
