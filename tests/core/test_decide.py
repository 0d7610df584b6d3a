"""Random histories of the whole domain: the laws hold for all calls and facts in any order.

A machine plays owner, sessions and daemon. After each step it checks the laws (``tests/kit/worlds/laws.py``), that a refused command
changed nothing, that a decision can be undone, that the journal replayed gives the same world, and that a world loaded from
its entities in any order decides the next step the same.
"""

from collections.abc import Mapping
from typing import Any

import hypothesis.strategies as st
import msgspec
import pytest
from hypothesis import settings
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from maestrod.api.attention import AttentionKind
from maestrod.api.errors import MaestroError
from maestrod.api.event import Event
from maestrod.api.process import Exit, ProcessIdentity
from maestrod.api.protocol.registry import METHODS
from maestrod.api.reason import Source
from maestrod.api.session import Role, Session
from maestrod.api.system import ClockMark
from maestrod.api.task import TaskStatus
from maestrod.api.turn import Outcome
from maestrod.core.decide import decide
from maestrod.core.rest import come_to_rest
from maestrod.core.values.command import OWNER, Actor, Command, Stamp
from maestrod.core.values.facts import (
    ClockMoved,
    Draining,
    Edited,
    Exited,
    Fact,
    Judgement,
    Launched,
    LaunchFailed,
    Lost,
    NotDelivered,
    Probed,
    Signed,
    StoppingSessions,
    Withdrawn,
    Woke,
)
from maestrod.core.values.signs import LimitReached, Sign, Started, TurnEnded, TurnStarted
from maestrod.core.world.draft import Decision, Draft
from maestrod.core.world.entities import KINDS
from maestrod.core.world.world import World
from tests.core.histories import (
    AGENT,
    ANSWERS,
    HOOKS,
    PICK,
    POLICIES,
    POLICY,
    QUEUE_VERBS,
    SIGNS,
    SOURCES,
    WORKER_VERBS,
    attempt,
    limits,
    plans,
    reloaded,
    same,
    state,
    visible,
)
from tests.kit.worlds import agent_laws, laws
from tests.kit.worlds.scenario import command


class Histories(RuleBasedStateMachine):
    """The owner, the sessions, their agents, the daemon and the clock, all at once."""

    def __init__(self) -> None:
        super().__init__()
        self.world = World(POLICY)
        self.replica = World(POLICY)
        self.state = state(self.world)  # after the last decision
        self.at = self.id_time = 1_000_000
        self.ended: dict[str, Session] = {}

    # -- playing ---------------------------------------------------------------------------------

    def play(self, entry: Command | Fact) -> Any:
        """Decide, and hold the world to what is promised of every decision."""
        self.at += 500
        self.id_time += 500  # never goes back
        stamp = Stamp(self.at, self.id_time, self.id_time * 2_654_435_761)
        twin = reloaded(self.world, self.state, self.at)
        decision = attempt(self.world, entry, stamp)
        same(visible(attempt(twin, entry, stamp)), visible(decision), "a loaded world decides differently")
        if isinstance(decision, MaestroError):
            assert isinstance(entry, Command | Edited), f"{entry} refused: {decision.reason}: {decision.message}"
            same(state(self.world), self.state, "a refused command changed something")
            return None
        if self.id_time % 3_000 == 0:
            decision.undo()
            same(state(self.world), self.state, "undo left something")
            decision = decide(self.world, entry, stamp)
        self.journal(decision)
        agent_laws.check_effects(self.world, decision.effects)
        return decision.reply

    def journal(self, decision: Decision) -> None:
        """Replay a decision, through JSON, into the replica: the two are one world."""
        for event in decision.events:
            assert event.seq == self.replica.seq + 1
            self.replica.apply(msgspec.json.decode(msgspec.json.encode(event), type=Event))
        self.state = state(self.world)
        same(state(self.replica), self.state, "replay gives another world")

    def call(self, method: str, actor: Actor = OWNER, /, **params: Any) -> Any:
        given = {name: value for name, value in params.items() if value is not None}
        return self.play(command(method, msgspec.convert(given, METHODS[method].params), actor))

    def pick(self, table: Mapping[str, Any], number: int) -> str:
        """An entity's id; now and then one that does not exist."""
        return list(table)[number % len(table)] if table else "tsk_none"

    def some(self, ids: Mapping[str, Any], numbers: list[int]) -> list[str]:
        return sorted({self.pick(ids, number) for number in numbers}) if ids else []

    def live(self, number: int) -> Session | None:
        ids = sorted(self.world.by_session.live)
        return self.world.sessions[ids[number % len(ids)]] if ids else None

    def own_task(self, session: Session, number: int) -> str:
        return session.task_ids[number % len(session.task_ids)] if session.task_ids else "tsk_none"

    # -- the owner -------------------------------------------------------------------------------

    @initialize(slots=st.sampled_from([None, 1, 2]))
    def begin(self, slots: int | None) -> None:
        settings_ = {} if slots is None else {"maxSessions": slots}
        self.call("project.create", name="a", workingDir="/a", settings=settings_)
        self.call("project.create", name="b", workingDir="/b")

    @rule(home=PICK, parent=PICK, nested=st.booleans(), needs=st.lists(PICK, max_size=2), more=limits())
    def create_task(self, home: int, parent: int, nested: bool, needs: list[int], more: dict[str, Any]) -> None:
        if len(self.world.tasks) > 40:
            return
        place: dict[str, Any] = {"projectId": self.pick(self.world.projects, home)}
        if nested and self.world.tasks:
            place = {"parentId": self.pick(self.world.tasks, parent)}
        ids = self.some(self.world.tasks, needs)
        self.call("task.create", title="t", commands=["true"], dependencies=ids, **place, **more)

    @rule(plan=plans(), approve=st.booleans(), slots=st.sampled_from([None, 1]), home=PICK, attempts=st.integers(1, 2))
    def run_plan(self, plan: dict[str, Any], approve: bool, slots: int | None, home: int, attempts: int) -> None:
        if len(self.world.tasks) > 40:
            return
        project = self.pick(self.world.projects, home)
        params = {"plan": plan, "approve": approve, "maxSessions": slots, "maxAttempts": attempts, "agent": "shell"}
        self.call("run.start", text="root", projectId=project, **params)

    @rule(number=PICK, planner=st.booleans(), agent=AGENT, approve=st.booleans())
    def run_task(self, number: int, planner: bool, agent: str, approve: bool) -> None:
        program = ["plan"] if planner else []
        task_id = self.pick(self.world.tasks, number)
        self.call("run.start", taskId=task_id, planner=program, agent=agent, approve=approve)

    @rule(home=PICK, approve=st.booleans())
    def run_text(self, home: int, approve: bool) -> None:
        project = self.pick(self.world.projects, home)
        self.call("run.start", text="plan this", projectId=project, planner=["plan"], agent="shell", approve=approve)

    @rule(verb=st.sampled_from(["pause", "resume", "cancel"]), number=PICK)
    def run_verb(self, verb: str, number: int) -> None:
        self.call(f"run.{verb}", runId=self.pick(self.world.runs, number))

    @rule(verb=st.sampled_from(["approve", "reject", "apply"]), number=PICK)
    @precondition(lambda self: self.world.plans)
    def plan_verb(self, verb: str, number: int) -> None:
        self.call(f"plan.{verb}", planId=self.pick(self.world.plans, number))

    @rule(one=PICK, two=PICK, verb=st.sampled_from(["depend", "undepend"]))
    def depend(self, one: int, two: int, verb: str) -> None:
        tasks = self.world.tasks
        self.call(f"task.{verb}", taskId=self.pick(tasks, one), onTaskId=self.pick(tasks, two))

    @rule(verb=WORKER_VERBS, number=PICK)
    def owner_task_verb(self, verb: str, number: int) -> None:
        more = {"error": "no"} if verb == "fail" else {}
        self.call(f"task.{verb}", taskId=self.pick(self.world.tasks, number), **more)

    @rule(number=PICK)
    def retry(self, number: int) -> None:
        self.call("task.retry", taskId=self.pick(self.world.tasks, number))

    @rule(number=PICK, more=limits())
    def update(self, number: int, more: dict[str, Any]) -> None:
        self.call("task.update", taskId=self.pick(self.world.tasks, number), **more)

    @rule(number=PICK, cascade=st.booleans())
    def delete(self, number: int, cascade: bool) -> None:
        self.call("task.delete", taskId=self.pick(self.world.tasks, number), cascade=cascade)

    @rule(number=PICK)
    def delete_project(self, number: int) -> None:
        if len(self.world.projects) > 1:
            self.call("project.delete", projectId=self.pick(self.world.projects, number))

    @rule(
        numbers=st.lists(PICK, max_size=3),
        strategy=st.sampled_from(["simple", "queue"]),
        agent=AGENT,
        role=st.sampled_from(["worker", "orchestrator"]),
    )
    def spawn(self, numbers: list[int], strategy: str, agent: str, role: str) -> None:
        ids = self.some(self.world.tasks, numbers)
        place = {} if ids else {"projectId": self.pick(self.world.projects, 0)}
        self.call("session.spawn", taskIds=ids, strategy=strategy, agent=agent, role=role, **place)

    @rule(numbers=st.lists(PICK, max_size=2), home=PICK)
    def register_external(self, numbers: list[int], home: int) -> None:
        ids = self.some(self.world.tasks, numbers)
        self.call("session.register", projectId=self.pick(self.world.projects, home), agent="other", taskIds=ids)

    @rule(verb=st.sampled_from(["stop", "pause", "resume"]), number=PICK)
    def session_verb(self, verb: str, number: int) -> None:
        self.call(f"session.{verb}", sessionId=self.pick(self.world.sessions, number))

    @rule(verb=st.sampled_from(["link", "unlink"]), session=PICK, task=PICK)
    def link(self, verb: str, session: int, task: int) -> None:
        task_id = self.pick(self.world.tasks, task)
        self.call(f"session.{verb}", sessionId=self.pick(self.world.sessions, session), taskId=task_id)

    @rule(number=PICK, task=PICK, verb=QUEUE_VERBS, position=st.integers(0, 3))
    def owner_queue_verb(self, number: int, task: int, verb: str, position: int) -> None:
        session_id = self.pick(self.world.queues, number).removeprefix("que_")
        self.queue_verb(session_id, OWNER, verb, self.pick(self.world.tasks, task), position)

    @rule(number=PICK, value=ANSWERS)
    @precondition(lambda self: self.world.attention)
    def answer(self, number: int, value: str) -> None:
        self.call("attention.answer", attentionId=self.pick(self.world.attention, number), value=value)

    @rule(verb=st.sampled_from(["freeze", "thaw", "thaw"]))
    def freeze(self, verb: str) -> None:
        self.call(f"system.{verb}")

    @rule(number=PICK, repeat=st.booleans())
    def request(self, number: int, repeat: bool) -> None:
        """The same request twice gives the first reply; there are at most as many as are kept."""
        params = {"title": "r", "projectId": self.pick(self.world.projects, 0), "requestId": f"r{number % 5}"}
        first = self.call("task.create", **params)
        if repeat and first is not None:
            assert self.call("task.create", **params) == first
        assert len(self.world.requests) <= POLICY.request_limit

    # -- sessions --------------------------------------------------------------------------------

    @rule(number=PICK, task=PICK, verb=WORKER_VERBS, own=st.booleans())
    def work(self, number: int, task: int, verb: str, own: bool) -> None:
        session = self.live(number)
        if session is None:
            return
        task_id = self.own_task(session, task) if own else self.pick(self.world.tasks, task)
        more: dict[str, Any] = {"error": "no"} if verb == "fail" else {}
        if verb == "progress":
            more = {"progress": 0.3}
        self.call(f"task.{verb}", Actor(session.id, session.attempt), taskId=task_id, **more)

    @rule(number=PICK, task=PICK, verb=st.sampled_from(["start", "complete", "complete", "fail"]))
    def work_well(self, number: int, task: int, verb: str) -> None:
        """More of what happens most, so that histories get somewhere."""
        self.work(number, task, verb, own=True)

    @rule(number=PICK, task=PICK, verb=QUEUE_VERBS, position=st.integers(0, 3), named=st.booleans())
    def work_queue(self, number: int, task: int, verb: str, position: int, named: bool) -> None:
        session = self.live(number)
        if session is not None:
            task_id = self.own_task(session, task) if named or verb in {"add", "move"} else None
            self.queue_verb(session.id, Actor(session.id, session.attempt), verb, task_id, position)

    def queue_verb(self, session_id: str, actor: Actor, verb: str, task_id: str | None, position: int) -> None:
        more: dict[str, Any] = {} if verb == "next" else {"taskId": task_id}
        if verb == "fail":
            more["error"] = "no"
        if verb == "move":
            more["position"] = position
        self.call(f"queue.{verb}", actor, sessionId=session_id, **more)

    @rule(number=PICK, timeout=st.sampled_from([None, 3000]))
    def ask(self, number: int, timeout: int | None) -> None:
        session = self.live(number)
        if session is not None:
            params = {"message": "?", "options": ["yes", "no"], "timeoutMs": timeout, "onTimeout": "no"}
            self.call("attention.ask", Actor(session.id, session.attempt), **params)

    @rule(number=PICK, what=st.sampled_from(["register", "report", "hook", "idle", "working", "completed"]))
    def sign(self, number: int, what: str) -> None:
        session = self.live(number)
        if session is None:
            return
        actor = Actor(session.id, session.attempt)
        if what == "register":
            self.call("session.register", actor, agentSessionId="x")
        elif what == "report":
            self.call("session.report", actor, message="m", metadata={"a": [1, None]})
        elif what == "hook":
            self.call("event.report", actor, event="SessionStart", agent="x")
        else:
            self.call("session.update", actor, status=what)

    @rule(number=PICK, plan=plans(), valid=st.booleans())
    def submit(self, number: int, plan: dict[str, Any], valid: bool) -> None:
        planners = {
            id_: None for id_ in self.world.by_session.live if self.world.sessions[id_].role is Role.ORCHESTRATOR
        }
        if not planners or len(self.world.tasks) > 60:
            return
        session = self.world.sessions[self.pick(planners, number)]
        document = plan if valid else {"groups": []}
        self.call("plan.submit", Actor(session.id, session.attempt), plan=document)

    @rule(number=PICK, task=PICK, agent=AGENT)
    def spawn_child(self, number: int, task: int, agent: str) -> None:
        session = self.live(number)
        if session is not None:
            ids = [self.pick(self.world.tasks, task)] if self.world.tasks else []
            self.call("session.spawn", Actor(session.id, session.attempt), taskIds=ids, agent=agent)

    @rule(number=PICK, title=st.sampled_from(["x", "y"]), task=PICK)
    def create_below_own(self, number: int, title: str, task: int) -> None:
        session = self.live(number)
        if session is not None and len(self.world.tasks) <= 40:
            parent = self.own_task(session, task)
            self.call("task.create", Actor(session.id, session.attempt), title=title, parentId=parent)

    @rule(number=PICK, task=PICK)
    def stale(self, number: int, task: int) -> None:
        """An attempt that is over may not report."""
        session = self.live(number)
        if session is not None:
            before = self.world.seq
            self.call("task.complete", Actor(session.id, session.attempt + 1), taskId=self.own_task(session, task))
            assert self.world.seq == before

    # -- their agents ----------------------------------------------------------------------------

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

    # -- the daemon ------------------------------------------------------------------------------

    @rule(number=PICK, judgement=st.sampled_from([Judgement.COMPLETED, *Judgement]))
    def exit(self, number: int, judgement: Judgement) -> None:
        session = self.live(number)
        if session is not None:
            self.play(Exited(session.id, session.attempt, Exit(code=1, reason="exited", at=self.at), judgement, "tail"))

    @rule(number=PICK, what=st.sampled_from(["launched", "failed", "short", "lost"]))
    def custody(self, number: int, what: str) -> None:
        session = self.live(number)
        if session is None:
            return
        id_, attempt_ = session.id, session.attempt
        facts: dict[str, Fact] = {
            "launched": Launched(id_, attempt_, ProcessIdentity(pid=1, started=2, boot_id="b")),
            "failed": LaunchFailed(id_, attempt_, "ENOENT", "no such program"),
            "short": LaunchFailed(id_, attempt_, "EAGAIN", "no more processes", retryable=True),
            "lost": Lost(id_, attempt_, "gone"),
        }
        self.play(facts[what])

    @rule(number=PICK, other=PICK, member=st.sampled_from(["parentId", "dependencies", "status", "projectId"]))
    @precondition(lambda self: self.world.tasks)
    def edit(self, number: int, other: int, member: str) -> None:
        """Somebody wrote into a task's file."""
        id_, target = self.pick(self.world.tasks, number), self.pick(self.world.tasks, other)
        statuses = [status.value for status in TaskStatus if status is not TaskStatus.IN_PROGRESS]
        values = {"parentId": target, "dependencies": [target], "status": statuses[other % len(statuses)]}
        value = values.get(member, self.pick(self.world.projects, other))
        data = {**msgspec.to_builtins(self.world.tasks[id_]), member: value}
        self.play(Edited("task", id_, msgspec.json.encode(data)))

    @rule(number=PICK)
    def late(self, number: int) -> None:
        """A fact about a session that ended, or never was, changes nothing."""
        if self.ended:
            id_ = self.pick(self.ended, number)
            seq = self.world.seq
            self.play(Exited(id_, 1, Exit(code=0), Judgement.COMPLETED))
            assert self.world.seq == seq

    @rule(number=PICK)
    @precondition(lambda self: self.world.deadlines)
    def wake(self, number: int) -> None:
        """A deadline passes: the clock moves to it, and it is no deadline any more."""
        key = sorted(self.world.deadlines)[number % len(self.world.deadlines)]
        at = self.world.deadlines[key]
        self.at = max(self.at, at)
        self.play(Woke(key))
        assert self.world.deadlines.get(key, self.at) >= self.at, f"{key} would wake the daemon again and again"

    # -- the clock -------------------------------------------------------------------------------

    @rule(step=st.integers(-1_000_000, 1_000_000), slept=st.sampled_from([0, 0, 600_000]))
    def clock_moves(self, step: int, slept: int) -> None:
        """Somebody sets the clock, or the machine sleeps: every wait keeps its length, or goes on in the world outside."""
        step = max(step, 1_000_000 - self.at)
        guessed = {
            id_
            for id_, each in self.world.sessions.items()
            if each.wait is not None and (each.wait.guessed or each.wait.is_length)
        }
        left = {key: at - self.at for key, at in self.world.deadlines.items()}
        self.at += step + slept
        mark = ClockMark(boot="b", ahead=self.at - self.id_time, asleep=slept)
        self.play(ClockMoved(mark, step, slept))
        after = {key: at - self.at + 500 for key, at in self.world.deadlines.items()}
        assert after.keys() == left.keys()
        for key, length in left.items():
            what, id_ = key
            if what == "stall" and slept:
                assert after[key] - 500 == self.world.policy.traits(self.world.sessions[id_].agent).stall_ms
            elif what == "retry" or (what == "wake" and id_ in guessed):
                assert after[key] == length - slept, key
            elif what == "wake":
                assert after[key] == length - step - slept, key
            elif what == "answer" and self.world.attention[id_].kind is AttentionKind.LIMIT:
                assert after[key] == length - slept, key
            elif what != "limit":
                assert after[key] == length, key

    # -- what holds ------------------------------------------------------------------------------

    @invariant()
    def laws_hold(self) -> None:
        laws.check(self.world)
        agent_laws.check(self.world)

    @invariant()
    def the_world_is_at_rest(self) -> None:
        again = Draft(self.world, Stamp(self.at, self.id_time, 0))
        again.dirty.update(dict.fromkeys(self.world.tasks))
        again.at_turn.update(dict.fromkeys(self.world.by_session.live))
        come_to_rest(again)
        assert [(event.type, event.data) for event in again.events] == [], "something was left to follow"

    @invariant()
    def what_ended_stays_as_it_is(self) -> None:
        for id_, session in self.world.sessions.items():
            if session.status in laws.ENDED:
                assert self.ended.setdefault(id_, session) == session


def test_every_kind_of_entity_is_in_the_dump() -> None:
    assert set(World().tables) == set(KINDS)


TestHistories = pytest.mark.slow(Histories.TestCase)
TestHistories.settings = settings(max_examples=max(60, settings().max_examples), stateful_step_count=40)
