"""The part of the random histories that agents tell: signs, hooks that wait, messages, limits; see ``test_decide.py``."""

from collections.abc import Callable
from typing import Any

import hypothesis.strategies as st
import msgspec
from hypothesis.stateful import precondition, rule

from maestrod.api.reason import Source
from maestrod.api.session import Session
from maestrod.core.values.command import Actor, Command
from maestrod.core.values.facts import Draining, Fact, NotDelivered, Probed, Signed, StoppingSessions, Withdrawn
from maestrod.core.values.signs import (
    BackgroundChanged,
    InputAsked,
    LimitReached,
    Noted,
    Outcome,
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
from maestrod.core.world.world import World
from tests.core.histories import PICK

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


class AgentHistories:
    """Rules for a machine that has ``play``, ``call``, ``live`` and ``pick``."""

    world: World
    at: int

    play: Callable[[Command | Fact], Any]
    call: Callable[..., Any]
    live: Callable[[int], Session | None]

    @rule(number=PICK, signs=st.lists(SIGNS, min_size=1, max_size=3), source=SOURCES)
    def tell(self, number: int, signs: list[Sign], source: Source) -> None:
        session = self.live(number)
        if session is not None:
            late = [self._in_time(sign) for sign in signs]
            self.play(Signed(session.id, session.attempt, source, tuple(late), session.read_to + 1))

    def _in_time(self, sign: Sign) -> Sign:
        """Limits end some time from now."""
        if isinstance(sign, LimitReached) and sign.resets_at is not None:
            return msgspec.structs.replace(sign, resets_at=self.at + sign.resets_at)
        return sign

    @rule(number=PICK, turns=st.integers(1, 3), outcome=st.sampled_from(list(Outcome)))
    def take_turns(self, number: int, turns: int, outcome: Outcome) -> None:
        """More of what happens most: an agent that comes up, works, and rests."""
        session = self.live(number)
        if session is not None:
            for sign in (Started(f"c{number}"), *[TurnStarted(), TurnEnded(outcome)] * turns):
                if session.id in self.world.by_session.live:
                    self.play(Signed(session.id, self.world.sessions[session.id].attempt, Source.STREAM, (sign,)))

    @rule(draining=st.booleans())
    @precondition(lambda self: self.world.projects)
    def drain(self, draining: bool) -> None:
        """The daemon drains and stops its sessions; the next one starts what waited, by its first decision."""
        self.world.draining = False
        if draining:
            self.play(Draining())
            self.play(StoppingSessions())
        self.call("project.update", projectId=min(self.world.projects), name=f"n{self.at}")

    @rule(number=PICK, event=HOOKS, late=st.integers(0, 3), known=st.booleans())
    def hook(self, number: int, event: str, late: int, known: bool) -> None:
        session = self.live(number)
        if session is not None:
            params = {"event": event, "agent": session.agent if known else "stream", "at": self.at - late * 1_000}
            self.call("event.report", Actor(session.id, session.attempt), **params)

    @rule(number=PICK, command=st.sampled_from(["git push", "rm x", "maestroctl x"]), again=st.booleans())
    def ask_permission(self, number: int, command: str, again: bool) -> None:
        session = self.live(number)
        if session is None:
            return
        params: dict[str, Any] = {"event": "Permission", "agent": "stream", "payload": {"command": command}}
        actor = Actor(session.id, session.attempt)
        first = self.call("permission.ask", actor, **params, eventId=f"e{self.at}", waitMs=5_000)
        if again and first is not None and session.id in self.world.by_session.live and first.attention_id is not None:
            event_id = f"e{self.at}"
            self.call("permission.ask", actor, **params, eventId=event_id)

    @rule(number=PICK)
    @precondition(lambda self: self.world.attention)
    def withdraw(self, number: int) -> None:
        self.play(Withdrawn(sorted(self.world.attention)[number % len(self.world.attention)]))

    @rule(policy=POLICIES, number=PICK)
    def set_permissions(self, policy: dict[str, Any], number: int) -> None:
        projects = sorted(self.world.projects)
        project = self.world.projects[projects[number % len(projects)]]
        settings = {**msgspec.to_builtins(project.settings), "permissions": policy}
        self.call("project.update", projectId=project.id, settings=settings)

    @rule(number=PICK, verb=st.sampled_from(["send", "cancel"]))
    def message(self, number: int, verb: str) -> None:
        session = self.live(number)
        if verb == "send" and session is not None:
            self.call("message.send", sessionId=session.id, text="go on")
        elif verb == "cancel" and self.world.messages:
            ids = sorted(self.world.messages)
            self.call("message.cancel", messageId=ids[number % len(ids)])

    @rule(number=PICK, busy=st.booleans(), what=st.sampled_from(["probed", "returned"]))
    def find_out(self, number: int, busy: bool, what: str) -> None:
        session = self.live(number)
        if session is None:
            return
        if what == "probed":
            self.play(Probed(session.id, session.attempt, busy, "looked"))
            return
        for message_id in sorted(self.world.open_messages.get(session.id, ())):
            self.play(NotDelivered(session.id, session.attempt, message_id, "its pipe is full"))
