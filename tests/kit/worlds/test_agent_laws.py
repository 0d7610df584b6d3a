"""The laws of agents can be broken: a world that breaks it is rejected by each."""

from collections.abc import Callable

import msgspec
import pytest

from maestrod.api.clock import Clock
from maestrod.api.life import Up
from maestrod.api.session import SessionStatus
from maestrod.api.turn import RunningTurn
from maestrod.core.values.effects import Decide, Deliver, Effect, Probe
from maestrod.core.values.signs import LimitReached, PermissionAsked, TurnStarted
from maestrod.core.world.world import World
from tests.core.conversations import at_work, tell
from tests.kit.worlds import agent_laws, laws
from tests.kit.worlds.scenario import Call, Scenario
from tests.kit.worlds.test_laws import put

ASKED = PermissionAsked("Bash", "x", key="k", waits=True)


def sound() -> Scenario:
    """A session that sits out a limit, and has asked before."""
    play = at_work("stream").given(tell("@g", TurnStarted(), ASKED))
    laws.check(play.world)
    agent_laws.check(play.world)
    play = at_work("stream")
    play.given(tell("@g", TurnStarted(), LimitReached("usage", play.at + 60_000)))
    laws.check(play.world)
    agent_laws.check(play.world)
    return play


def due(play: Scenario) -> None:
    wait = play.world.sessions[play.id_of("@g")].wait
    assert wait is not None
    put(play, "@g", live=Up(wait=msgspec.structs.replace(wait, due=True)))


def told_after_its_end(play: Scenario) -> None:
    play.given(Call("message.send", sessionId="@g", text="x"))
    put(play, "@g", status=SessionStatus.FAILED, live=None)


BROKEN: list[tuple[Callable[[Scenario], object], Callable[[World], None]]] = [
    (lambda play: play.world.deadlines.clear(), agent_laws.waits_end),
    (due, agent_laws.waits_end),
    (lambda play: put(play, "a", clock=Clock(deadline=9)), agent_laws.waits_end),
    (lambda play: put(play, "@g", live=Up(turn=RunningTurn())), agent_laws.turns_that_run_are_watched),
    (told_after_its_end, agent_laws.messages_are_in_one_place),
    (lambda play: put(play, "question", attempt=7), laws.questions_are_of_live_sessions),
]


@pytest.mark.parametrize("number", range(len(BROKEN)))
def test_each_law_can_be_broken(number: int) -> None:
    breaking, law = BROKEN[number]
    play = sound()
    if law is laws.questions_are_of_live_sessions:
        play = at_work("stream").given(tell("@g", TurnStarted(), ASKED))
    breaking(play)
    with pytest.raises(AssertionError):
        law(play.world)


@pytest.mark.parametrize("name", ["deliver", "decide", "probe"])
def test_a_prompt_for_the_wrong_process_is_found(name: str) -> None:
    play = at_work("stream").given(tell("@g", TurnStarted(), ASKED), Call("message.send", sessionId="@g", text="x"))
    session, question = play.id_of("@g"), play.id_of("question")
    effects: dict[str, Effect] = {
        "deliver": Deliver(session, 1, play.id_of("message")),
        "decide": Decide(session, 1, question),
        "probe": Probe(session, 2),
    }
    with pytest.raises(AssertionError):
        agent_laws.check_effects(play.world, [effects[name]])


def test_a_permitted_delivery_is_lawful() -> None:
    play = at_work("stream").given(tell("@g", TurnStarted(), ASKED))
    play.when(Call("attention.answer", attentionId="question", value="allow"))
    agent_laws.check_effects(play.world, play.effects)
