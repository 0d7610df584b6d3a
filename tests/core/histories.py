"""Parts of random histories: plans and limits to draw, and how to compare worlds and decisions."""

import zlib
from typing import Any

import hypothesis.strategies as st
import msgspec

from maestrod.api.errors import MaestroError
from maestrod.api.reason import Source
from maestrod.api.turn import Outcome
from maestrod.core.decide import decide
from maestrod.core.values.agent_traits import AgentTraits
from maestrod.core.values.command import Command, Stamp
from maestrod.core.values.facts import Fact
from maestrod.core.values.policy import Policy
from maestrod.core.values.signs import (
    BackgroundChanged,
    InputAsked,
    LimitReached,
    Noted,
    PermissionAsked,
    PermissionSettled,
    PlanOffered,
    ScreenShown,
    Sign,
    Started,
    ToolStarted,
    TurnEnded,
    TurnStarted,
)
from maestrod.core.world.draft import Decision
from maestrod.core.world.world import World
from tests.core import conversations
from tests.kit.worlds import sameness

AGENTS = {**conversations.AGENTS, "other": AgentTraits()}
POLICY = Policy(
    max_sessions=3,
    agent_limits={"other": 1, "tty": 1},
    agents=AGENTS,
    request_limit=3,
    limit_wait_max_ms=900_000,
)

ANSWERS = st.sampled_from(["yes", "no", "allow", "deny", "now", "wait", "fail", "stop", "approve", "reject"])
PICK = st.integers(0, 10_000)
AGENT = st.sampled_from(["shell", "stream", "process", "tty", "other"])
DEPENDENCY_POLICIES = st.sampled_from(["block", "skip", "run"])
WORKER_VERBS = st.sampled_from(["start", "progress", "complete", "fail", "skip", "block", "cancel"])
QUEUE_VERBS = st.sampled_from(["next", "complete", "fail", "skip", "requeue", "remove", "move", "add"])

PLAN = '{"groups": [{"key": "p", "title": "p", "subtasks": [{"key": "q", "title": "q", "commands": ["true"]}]}]}'

SIGNS: st.SearchStrategy[Sign] = st.one_of(
    st.builds(Started, st.sampled_from(["c1", "c2", None]), st.sampled_from(["startup", "clear"])),
    st.builds(TurnStarted, machine=st.booleans()),
    st.builds(TurnEnded, st.sampled_from(list(Outcome)), background=st.sampled_from([None, 0, 0, 0, 1])),
    st.builds(BackgroundChanged, st.integers(0, 1)),
    st.builds(
        LimitReached,
        st.just("usage"),
        st.none() | st.integers(0, 4_000_000),
        retrying=st.sampled_from([False, False, True]),
    ),
    st.builds(
        PermissionAsked, st.sampled_from(["Bash", ""]), key=st.sampled_from(["", "k1", "k2"]), waits=st.booleans()
    ),
    st.builds(PermissionSettled, st.sampled_from(["", "k1"]), st.sampled_from([None, True, False])),
    st.builds(ScreenShown, st.booleans()),
    st.sampled_from([ToolStarted("Bash"), InputAsked("trust?"), Noted("n"), PlanOffered(PLAN), PlanOffered("no plan")]),
)
SOURCES = st.sampled_from([Source.STREAM, Source.STREAM, Source.SCREEN])
HOOKS = st.sampled_from(["SessionStart", "Prompt", "Prompt", "Stop", "Permission", "Dialog"])
POLICIES = st.sampled_from(
    [
        {},
        {"policy": "allow"},
        {"policy": "deny"},
        {"allow": ["Bash(git *)"], "timeoutMs": 4000},
        {"timeoutMs": 4000, "onTimeout": "allow"},
    ]
)


@st.composite
def plans(draw: st.DrawFn) -> dict[str, Any]:
    """A valid plan: groups and subtasks wait only for earlier ones."""
    groups: list[dict[str, Any]] = []
    keys: list[str] = []
    for number in range(draw(st.integers(1, 3))):
        subtasks = []
        for place in range(draw(st.integers(1, 3))):
            key = f"g{number}s{place}"
            needs = draw(st.lists(st.sampled_from(keys), max_size=2, unique=True)) if keys else []
            subtasks.append({"key": key, "title": key, "commands": ["true"], "dependsOn": needs, **draw(limits())})
            keys.append(key)
        earlier = [group["key"] for group in groups]
        groups.append(
            {
                "key": f"g{number}",
                "title": f"g{number}",
                "agent": draw(AGENT),
                "strategy": draw(st.sampled_from(["simple", "queue"])),
                "dependsOn": draw(st.lists(st.sampled_from(earlier), max_size=2, unique=True)) if earlier else [],
                "onDependencyFailure": draw(DEPENDENCY_POLICIES),
                "subtasks": subtasks,
            }
        )
    return {"groups": groups}


@st.composite
def limits(draw: st.DrawFn) -> dict[str, Any]:
    """Retries, timeout, priority and policy of a task."""
    return {
        "maxAttempts": draw(st.integers(1, 3)),
        "backoffMs": draw(st.sampled_from([0, 1000])),
        "timeoutMs": draw(st.sampled_from([None, 5000])),
        "priority": draw(st.sampled_from(["low", "medium", "high"])),
        "onDependencyFailure": draw(DEPENDENCY_POLICIES),
    }


def state(world: World) -> tuple[Any, ...]:
    """All of a world: its entities, what is derived, its seq."""
    return world.dump(), sameness.indexes(world), world.seq


def same(one: Any, two: Any, law: str) -> None:
    """Raise with the first difference."""
    assert one == two, f"{law}: {sameness.difference(one, two)}"


def reloaded(world: World, known: tuple[Any, ...], seed: int) -> World:
    """The world, whose state is ``known``, as a start finds it: from entities, in any order."""
    lines = [(type(entity), msgspec.json.encode(entity)) for entity in world.entities()]
    lines.sort(key=lambda line: zlib.crc32(line[1], seed))
    twin = World(world.policy)
    twin.load(msgspec.json.decode(line, type=kind) for kind, line in lines)
    twin.seq, twin.draining = world.seq, world.draining
    same(state(twin), known, "loading gives another world")
    return twin


def attempt(world: World, entry: Command | Fact, stamp: Stamp) -> Decision | MaestroError:
    """The decision, or the refusal."""
    try:
        return decide(world, entry, stamp)
    except MaestroError as refusal:
        return refusal


def visible(decision: Decision | MaestroError) -> Any:
    """What a decision says to the outside, comparable."""
    if isinstance(decision, MaestroError):
        return (type(decision), decision.reason, decision.message, decision.details)
    return (decision.events, decision.effects, decision.reply)
