"""A standing answer covers identical requests of one session, and nothing else."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from maestrod.api.attention import ATTENTION_ANSWER
from maestrod.api.model.method import Access
from maestrod.api.protocol.registry import METHODS
from maestrod.core.session import permission_rules
from maestrod.core.values.effects import Decide
from maestrod.core.values.signs import TEXT, PermissionAsked, TurnEnded, TurnStarted
from tests.core.conversations import at_work, tell
from tests.core.session.test_permission_rules import hook, settings, working
from tests.kit.worlds.scenario import Call, Scenario, effect, member, refused


def push(command: str = "git push", **members: Any) -> PermissionAsked:
    given = {
        "tool": "Bash",
        "summary": command,
        "input": json.dumps({"command": command}),
        "waits": True,
        "whole": True,
    }
    return PermissionAsked(**{**given, **members})


def say(value: str, **members: Any) -> Call:
    return Call("attention.answer", attentionId="question", value=value, **members)


def held(value: str = "allow", **members: Any) -> Scenario:
    """A session in which a push was answered for the session."""
    return working().given(hook("git push", eventId="e1"), say(value, lasts="session", **members))


def newest(play: Scenario) -> tuple[str, str] | None:
    answer = list(play.world.attention.values())[-1].answer
    return None if answer is None else (answer.by, answer.value)


@pytest.mark.parametrize("value", ["allow", "deny"])
def test_an_identical_request_gets_the_standing_answer(value: str) -> None:
    play = held(value).when(hook("git push", eventId="e2"))
    assert newest(play) == ("standing", value)
    play.when(hook("git push --force", eventId="e3"))
    assert newest(play) is None


def test_the_option_of_a_page_means_the_same() -> None:
    play = working().given(hook("git push", eventId="e1"), say("allow for session"))
    play.then(member("question", "answer.value", "allow"), member("question", "answer.lasts.value", "session"))
    play.when(hook("git push", eventId="e2"))
    assert newest(play) == ("standing", "allow")


def test_an_answer_holds_once_by_default() -> None:
    play = working().given(hook("git push", eventId="e1"), say("allow"), hook("git push", eventId="e2"))
    assert newest(play) is None
    assert play.world.sessions[play.id_of("@g")].standing == ()


def test_a_standing_answer_is_stored_and_its_reason_reaches_the_agent_each_time() -> None:
    play = held("deny", reason="push is for people")
    [kept] = play.world.sessions[play.id_of("@g")].standing
    assert (kept.tool, kept.value, kept.reason) == ("Bash", "deny", "push is for people")
    assert kept.attention_id == play.id_of("question") and "git push" in kept.message
    play.when(hook("git push", eventId="e2"))
    verdict, message = permission_rules.permission_of(play.world.attention[play.id_of("question")])
    assert verdict is not None and verdict.value == "deny"
    assert message == "denied by the user, for every identical request of this session: push is for people"


def test_a_standing_answer_reaches_an_agent_that_waits_on_its_stream() -> None:
    held().when(tell("@g", push(key="k9"))).then(effect(Decide, "@g"))


def test_identical_pending_requests_are_answered_too() -> None:
    play = working().given(tell("@g", push(key="k1")), tell("@g", push("git pull", key="k2")))
    play.given(tell("@g", push(key="k3")))
    first, other, same = list(play.world.attention.values())
    play.when(Call("attention.answer", attentionId=first.id, value="allow", lasts="session"))
    found = play.world.attention
    assert found[same.id].answer is not None and found[other.id].answer is None
    play.then(effect(Decide, "@g", 2))


def test_deny_rules_of_the_project_still_win() -> None:
    play = held().given(settings(deny=["Bash(git push*)"])).when(hook("git push", eventId="e2"))
    assert newest(play) == ("policy", "deny")


def test_a_denial_for_the_session_overrides_a_later_permission_of_the_project() -> None:
    play = held("deny").given(settings(allow=["Bash"])).when(hook("git push", eventId="e2"))
    assert newest(play) == ("standing", "deny")


def test_another_tool_with_the_same_input_asks_again() -> None:
    play = held().when(tell("@g", push(tool="Shell", key="k2")))
    assert newest(play) is None


def test_a_standing_answer_covers_later_turns_and_attempts_but_no_other_session() -> None:
    play = held().given(tell("@g", TurnEnded()), tell("@g", TurnStarted())).when(hook("git push", eventId="e2"))
    assert newest(play) == ("standing", "allow")
    other = at_work("stream").given(tell("@g", TurnStarted())).when(hook("git push", eventId="e2"))
    assert newest(other) is None


@pytest.mark.parametrize("asked", [push(whole=False), push(input="x" * (TEXT + 1)), push(input=""), push(tool="")])
def test_a_request_not_fully_known_or_shown_can_be_answered_once_only(asked: PermissionAsked) -> None:
    play = working().given(tell("@g", asked))
    play.when(say("allow", lasts="session")).then(refused("attention.only_once"))


def test_no_session_can_give_a_standing_answer() -> None:
    """Nothing that a session may call has a member that leads there, and answering is the owner's."""
    assert ATTENTION_ANSWER.access is Access.OWNER
    sayable = [row for row in METHODS.values() if row.access is not Access.OWNER]
    assert not [row.name for row in sayable if {"lasts", "standing"} & set(row.params.__struct_fields__)]


@given(first=st.text(max_size=30), second=st.text(max_size=30))
def test_only_the_same_bytes_are_identical(first: str, second: str) -> None:
    play = working().given(hook(first, eventId="e1"))
    play.given(say("allow", lasts="session")).when(hook(second, eventId="e2"))
    assert (newest(play) == ("standing", "allow")) == (first == second)
