"""Scenarios with talking agents: one that takes prompts on its stream, one with a process for every turn."""

from collections.abc import Mapping
from typing import Any

from maestrod.api.message import MessageKind, MessageStatus
from maestrod.api.reason import Source
from maestrod.api.session import Terminal
from maestrod.core.values.agent_traits import SHELL, AgentTraits, Turns
from maestrod.core.values.facts import Fact, Signed
from maestrod.core.values.policy import Policy
from maestrod.core.values.signs import Sign, Started, TurnStarted
from tests.kit.agents.hook_words import OWN_ID
from tests.kit.worlds.scenario import Call, Expectation, Find, Scenario, came_up, group, run_of, subtask

AGENTS: Mapping[str, AgentTraits] = {
    "shell": SHELL,
    "stream": AgentTraits(turns=Turns.STREAM, plans=True, resumes=True, terminal=Terminal.PIPE),
    "tty": AgentTraits(turns=Turns.STREAM, resumes=True, terminal=Terminal.PTY),
    "process": AgentTraits(turns=Turns.PROCESS, plans=True, resumes=True, terminal=Terminal.PIPE),
}
POLICY = Policy(agents=AGENTS)


def at_work(agent: str, *titles: str, **params: Any) -> Scenario:
    """A run of one group ``g`` whose session's agent is up; its subtasks are ``titles`` (one named ``a`` when left out)."""
    play = Scenario(policy=POLICY)
    members = {"strategy": params.pop("strategy")} if "strategy" in params else {}
    groups = group("g", *(subtask(title) for title in titles or ("a",)), agent=agent, **members)
    return play.given(run_of(groups, **params), came_up("@g"), tell("@g", Started(OWN_ID)))


def planner(agent: str, **params: Any) -> Scenario:
    """A run whose planner is up and works on its prompt."""
    start = Call("run.start", text="root", workingDir="/tmp/shop", agent=agent, **params)
    return Scenario(policy=POLICY).given(
        start, came_up("@plan: root"), tell("@plan: root", Started(OWN_ID), TurnStarted())
    )


def tell(session: str, *signs: Sign, source: Source = Source.STREAM, read_to: int = 0) -> Find:
    """The agent tells something."""

    def make(play: Scenario) -> Fact:
        return Signed(*play.attempt_of(session), source, signs, read_to)

    return Find(make)


def messages(session: str, *expected: tuple[MessageKind, MessageStatus]) -> Expectation:
    """The kinds and states of a session's messages, oldest first."""

    def find(play: Scenario) -> list[tuple[str, str]]:
        wanted = play.id_of(session)
        return [
            (found.kind.value, found.status.value)
            for found in play.world.messages.values()
            if found.session_id == wanted
        ]

    return Expectation(f"messages of {session}", [(kind.value, status.value) for kind, status in expected], find)
