"""The life of a message: it reaches the agent at most once, and its state is always known."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from maestrod.api.errors import IllegalTransition
from maestrod.api.message import MessageKind as K
from maestrod.api.message import MessageStatus as M
from maestrod.core.session.message import TRANSITIONS, MessageEvent
from maestrod.core.values.effects import Deliver
from maestrod.core.values.signs import PlanOffered, TurnEnded, TurnStarted
from tests.core.conversations import at_work, messages, planner, tell
from tests.core.session.test_turns import GOOD_PLAN
from tests.kit.worlds.scenario import Call, came_up, effect, exited, member, nothing, refused


def test_every_cell_is_written_down() -> None:
    assert set(TRANSITIONS.cells) == set(M)
    assert all(set(row) == set(MessageEvent) for row in TRANSITIONS.cells.values())


@given(st.lists(st.sampled_from(list(MessageEvent)), max_size=12))
def test_a_message_is_never_delivered_twice_unless_it_was_returned(events: list[MessageEvent]) -> None:
    status, on_its_way = M.QUEUED, False
    for event in events:
        try:
            target = TRANSITIONS.target(status, event)
        except IllegalTransition:
            continue
        if event is MessageEvent.DELIVER:
            assert not on_its_way
        on_its_way = {MessageEvent.DELIVER: True, MessageEvent.RETURN: target is None and on_its_way}.get(
            event, on_its_way
        )
        status = target or status


@pytest.mark.parametrize("final", [M.ANSWERED, M.FAILED])
def test_an_ended_message_stays_ended(final: M) -> None:
    for event in (MessageEvent.RETURN, MessageEvent.ACCEPT, MessageEvent.ANSWER, MessageEvent.FAIL):
        assert TRANSITIONS.target(final, event) is None


def test_a_queued_message_can_be_withdrawn_and_a_delivered_one_cannot() -> None:
    play = at_work("stream").given(tell("@g", TurnStarted()), Call("message.send", sessionId="@g", text="one"))
    play.when(Call("message.cancel", messageId="message")).then(member("message", "status", M.FAILED))
    play.when(tell("@g", TurnEnded())).given(Call("message.send", sessionId="@g", text="two"))
    play.given(tell("@g", TurnStarted(), TurnEnded()))
    play.when(Call("message.cancel", messageId="message")).then(refused("message.delivered"), nothing())


def test_a_flood_of_messages_is_refused() -> None:
    play = at_work("stream").given(tell("@g", TurnStarted()))
    play.given(*(Call("message.send", sessionId="@g", text="x") for _ in range(99)))
    play.when(Call("message.send", sessionId="@g", text="x")).then(refused("message.too_many"))


def test_an_agent_that_is_about_to_end_receives_nothing_more() -> None:
    done = Call("task.complete", by="@g", taskId="a")
    play = at_work("stream").given(tell("@g", TurnStarted()), done, tell("@g", TurnEnded()))
    play.when(Call("message.send", sessionId="@g", text="x")).then(refused("session.finishing"))


def test_a_worker_may_message_only_itself() -> None:
    play = at_work("stream").given(Call("session.spawn", agent="stream", name="other", workingDir="/tmp/shop"))
    play.when(Call("message.send", by="@g", sessionId="@other", text="x")).then(refused("session.not_yours"))


def test_a_kept_planner_receives_the_outcomes_of_its_workers_in_one_message() -> None:
    play = planner("stream", keepPlanner=True)
    play.given(tell("@plan: root", PlanOffered(GOOD_PLAN)), came_up("@g"))
    play.when(exited("@g", "failed")).then(messages("@plan: root", (K.OPENING, M.ACCEPTED), (K.NEWS, M.QUEUED)))
    text = list(play.world.messages.values())[-1].text
    assert "session 'g'" in text and "task 'a'" in text and "failed" in text
    play.when(tell("@plan: root", TurnEnded())).then(effect(Deliver, "@plan: root"))
