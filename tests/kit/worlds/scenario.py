"""Scripted tests of the domain: given a world, when something is called or reported, then these facts hold.

``Scenario().given(project(), task("a")).when(Call("task.start", taskId="a")).then(status("a", "in_progress"))``

Everything goes through ``decide`` with deterministic stamps (one second per step). Names stand for ids: a task's title, ``@`` and a
session's name (the newest of that name); ``run``, ``plan``, ``question`` and ``message`` are the newest of their kind. If an expectation
fails, the error shows each expectation beside what was found, and what the last step decided.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Self

import msgspec

from maestrod.api.errors import MaestroError
from maestrod.api.event import Event, EventReport
from maestrod.api.model.base import Params
from maestrod.api.model.ids import queue_id
from maestrod.api.permission import PermissionAsk
from maestrod.api.process import Exit, ProcessIdentity
from maestrod.api.protocol.registry import METHODS
from maestrod.core.decide import decide
from maestrod.core.values.command import OWNER, Actor, Command, Stamp
from maestrod.core.values.deadline import Deadline, DeadlineKind
from maestrod.core.values.effects import Effect
from maestrod.core.values.facts import Exited, Fact, Judgement, Launched, LaunchFailed, Lost, Woke
from maestrod.core.values.policy import Policy
from maestrod.core.values.seen import BLIND, Seen
from maestrod.core.world.draft import Decision
from maestrod.core.world.world import World
from maestrod.engine.hook import hook_command
from tests.kit.agents.hook_words import read_hook

#: Wall time of the first step, and what passes with each, in ms.
START = 1_000_000
STEP = 1_000

_ID_MEMBERS = {"dependencies"}


@dataclass(frozen=True)
class Call:
    """A call of a method; ``by`` is the calling session (default: the owner), ``attempt`` the attempt that it claims to be."""

    method: str
    params: Mapping[str, Any]
    by: str | None = None
    attempt: int | None = None

    def __init__(self, method: str, /, *, by: str | None = None, attempt: int | None = None, **params: Any) -> None:
        object.__setattr__(self, "method", method)
        object.__setattr__(self, "params", params)
        object.__setattr__(self, "by", by)
        object.__setattr__(self, "attempt", attempt)

    def entry(self, play: "Scenario") -> Command:
        """The command as the engine receives it."""
        params = msgspec.convert(play.resolve(self.params), METHODS[self.method].params)
        actor = OWNER
        if self.by is not None:
            session_id = play.id_of(self.by)
            actor = Actor(session_id, self.attempt or play.world.sessions[session_id].attempt)
        return command(self.method, params, actor)


@dataclass(frozen=True)
class Later:
    """Nothing happens for that many ms."""

    ms: int


@dataclass(frozen=True)
class Find:
    """A fact or a command, created when its step is played."""

    make: Callable[["Scenario"], Fact | Command]

    def entry(self, play: "Scenario") -> Fact | Command:
        """The fact as the engine receives it."""
        return self.make(play)


def command(method: str, params: Params, actor: Actor = OWNER) -> Command:
    """The command of a call; hooks are read as those of agents that exist in tests only."""
    if isinstance(params, EventReport | PermissionAsk):
        return hook_command(read_hook, method, params, actor)
    return Command(method, params, actor)


Step = Call | Find | Later


def project(name: str = "shop", **params: Any) -> Call:
    """A project in ``/tmp/<name>``."""
    return Call("project.create", name=name, workingDir=f"/tmp/{name}", **params)


def task(title: str, *, under: str | None = None, needs: Sequence[str] = (), **params: Any) -> Call:
    """A task with its own command, in the first project or under a parent."""
    params["projectId" if under is None else "parentId"] = under or "shop"
    return Call("task.create", title=title, commands=["true"], dependencies=list(needs), **params)


def subtask(key: str, *needs: str, **members: Any) -> dict[str, Any]:
    """A subtask of a plan, titled as its key."""
    return {"key": key, "title": key, "commands": ["true"], "dependsOn": list(needs), **members}


def group(key: str, *subtasks: dict[str, Any], needs: Sequence[str] = (), **members: Any) -> dict[str, Any]:
    """A group of a plan, titled as its key."""
    return {"key": key, "title": key, "subtasks": list(subtasks), "dependsOn": list(needs), **members}


def run_of(*groups: dict[str, Any], **params: Any) -> Call:
    """A run of a plan; its root is titled ``root``."""
    plan = {"title": "root", "groups": list(groups)}
    return Call("run.start", plan=plan, workingDir="/tmp/shop", agent="shell", **params)


def came_up(session: str) -> Find:
    """The agent's process has started."""
    process = ProcessIdentity(pid=7, started=1, boot_id="b")
    return Find(lambda play: Launched(*play.attempt_of(session), process))


def not_launched(session: str, *, retryable: bool = False) -> Find:
    """The agent could not be started."""
    return Find(lambda play: LaunchFailed(*play.attempt_of(session), "EAGAIN", "no more processes", retryable))


def exited(session: str, judgement: str = "completed", *, attempt: int | None = None, tail: str = "") -> Find:
    """The agent's process ended."""

    def make(play: "Scenario") -> Fact:
        id_, current = play.attempt_of(session)
        ended = Exit(code=0 if judgement == "completed" else 1, reason="exited", at=play.at)
        return Exited(id_, attempt or current, ended, Judgement(judgement), tail)

    return Find(make)


def lost(session: str) -> Find:
    """The agent's process is gone."""
    return Find(lambda play: Lost(*play.attempt_of(session), "no process"))


def woke(what: str, name: str) -> Find:
    """A deadline has passed, whatever the clock says."""
    return Find(lambda play: Woke(Deadline(DeadlineKind(what), play.id_of(name))))


@dataclass
class Expectation:
    """A label, the expected value, and how to find the actual one."""

    label: str
    expected: Any
    find: Callable[["Scenario"], Any]


@dataclass
class Scenario:
    """One play: a world, a clock, and the result of the last step. ``script`` is everything that was decided or refused."""

    policy: Policy = field(default_factory=Policy)
    seen: Seen = BLIND
    at: int = START
    events: list[Event] = field(default_factory=list)
    last: list[Event] = field(default_factory=list)
    effects: list[Effect] = field(default_factory=list)
    refusal: MaestroError | None = None
    reply: Any = None
    decision: Decision | None = None
    script: list[tuple[Command | Fact, Stamp, Seen]] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.world = World(self.policy)

    def given(self, *steps: Step) -> Self:
        """Play steps, none of which may be refused; their results do not count as those of the last step."""
        self.when(*steps)
        if self.refusal is not None:
            raise AssertionError(f"given: {self.refusal.reason}: {self.refusal.message}")
        self.last, self.effects = [], []
        return self

    def when(self, *steps: Step) -> Self:
        """Play steps until one is refused."""
        self.last, self.effects, self.refusal = [], [], None
        for step in steps:
            if isinstance(step, Later):
                self.at += step.ms
                continue
            self.at += STEP
            try:
                self.script.append((step.entry(self), self.stamp(), self.seen))
                self._take(decide(self.world, *self.script[-1]))
            except MaestroError as refusal:
                self.refusal = refusal
                _check_listed(step, refusal)
                return self
        return self

    def stamp(self) -> Stamp:
        """The stamp of this moment."""
        return Stamp(at=self.at, id_time=self.at, entropy=0)

    def _take(self, decision: Decision) -> None:
        self.decision = decision
        self.events += decision.events
        self.last += decision.events
        self.effects += decision.effects
        self.reply = decision.reply

    def then(self, *expectations: Expectation) -> Self:
        """Check expectations; an unexpected refusal fails as well."""
        found = [(wanted, wanted.find(self)) for wanted in expectations]
        expects_refusal = any(wanted.label == "refused" for wanted in expectations)
        wrong = [wanted for wanted, actual in found if wanted.expected != actual]
        if wrong or (self.refusal is not None and not expects_refusal):
            raise AssertionError(self._difference(found))
        return self

    def _difference(self, found: list[tuple[Expectation, Any]]) -> str:
        lines = [f"{'':2}{'what':32} {'expected':32} found"]
        for wanted, actual in found:
            mark = "  " if wanted.expected == actual else "≠ "
            lines.append(f"{mark}{wanted.label:32} {wanted.expected!s:32} {actual!s}")
        if self.refusal is not None:
            lines.append(f"refused: {self.refusal.reason}: {self.refusal.message}")
        lines += [f"decided: {event.type} {self.name_of(event.id)} {event.data}" for event in self.last]
        lines += [f"effect: {effect}" for effect in self.effects]
        return "\n" + "\n".join(lines)

    def id_of(self, name: str) -> str:
        """The id that a name stands for; any other text stands for itself."""
        world = self.world
        if name.startswith("@"):
            return _newest(world.sessions, lambda session: session.name == name[1:], name)
        newest = {"run": "run", "plan": "plan", "question": "attention", "message": "message"}.get(name)
        if newest is not None:
            return _newest(world.tables[newest], lambda entity: True, name)
        for table in (world.tasks, world.projects):
            for id_ in reversed(table):
                if getattr(table[id_], "title", None) == name or getattr(table[id_], "name", None) == name:
                    return id_
        return name

    def name_of(self, id_: str) -> str:
        """The title or name of an entity, for messages."""
        for table in self.world.tables.values():
            entity = table.get(id_)
            if entity is not None:
                return str(getattr(entity, "title", None) or getattr(entity, "name", None) or id_)
        return id_

    def attempt_of(self, session: str) -> tuple[str, int]:
        """A session's id and its attempt."""
        id_ = self.id_of(session)
        return id_, self.world.sessions[id_].attempt

    def resolve(self, params: Mapping[str, Any]) -> dict[str, Any]:
        """Parameters with names replaced by ids."""
        return {key: self._ids(value) if _holds_ids(key) else value for key, value in params.items()}

    def _ids(self, value: Any) -> Any:
        if isinstance(value, str):
            return self.id_of(value)
        return [self.id_of(item) for item in value] if isinstance(value, list | tuple) else value


def _holds_ids(member: str) -> bool:
    return member in _ID_MEMBERS or (member.endswith(("Id", "Ids")) and member not in {"requestId", "agentSessionId"})


def _newest(table: Mapping[str, Any], fits: Callable[[Any], bool], name: str) -> str:
    found = [id_ for id_, entity in table.items() if fits(entity)]
    if not found:
        raise AssertionError(f"there is no {name}")
    return found[-1]


def status(name: str, expected: str) -> Expectation:
    """The status of a task or a session, or of the run, the plan."""

    def find(play: Scenario) -> str:
        return str(_entity(play, name).status.value)

    return Expectation(f"status of {name}", expected, find)


def member(name: str, path: str, expected: Any) -> Expectation:
    """A member of an entity, by dotted path."""

    def find(play: Scenario) -> Any:
        value: Any = _entity(play, name)
        for part in path.split("."):
            value = getattr(value, part, None)
        return value

    return Expectation(f"{path} of {name}", expected, find)


def item(session: str, title: str, expected: str) -> Expectation:
    """The status of a queue's item."""

    def find(play: Scenario) -> str | None:
        queue = play.world.queues[queue_id(play.id_of(session))]
        wanted = play.id_of(title)
        return next((found.status.value for found in queue.items if found.task_id == wanted), None)

    return Expectation(f"item {title} of {session}", expected, find)


def closed(session: str) -> Expectation:
    """That a queue is closed."""
    return Expectation(
        f"queue of {session} closed", True, lambda play: play.world.queues[queue_id(play.id_of(session))].closed
    )


def effect(kind: type[Effect], session: str | None = None, count: int = 1) -> Expectation:
    """The number of effects of a kind in the last steps, on one session or any."""

    def find(play: Scenario) -> int:
        wanted = play.id_of(session) if session is not None else None
        return sum(
            isinstance(found, kind) and wanted in {None, getattr(found, "session_id", None)} for found in play.effects
        )

    return Expectation(f"{kind.__name__} of {session or 'any'}", count, find)


def live(*names: str) -> Expectation:
    """The names of the live sessions, sorted."""

    def find(play: Scenario) -> list[str]:
        return sorted(play.world.sessions[id_].name for id_ in play.world.by_session.live)

    return Expectation("live sessions", sorted(names), find)


def event(type_: str, count: int = 1) -> Expectation:
    """The number of events of a type in the last steps."""
    return Expectation(f"events {type_}", count, lambda play: sum(found.type == type_ for found in play.last))


def nothing() -> Expectation:
    """No event at all."""
    return Expectation("events", [], lambda play: [found.type for found in play.last])


def refused(reason: str) -> Expectation:
    """The last step was refused, for this reason."""
    return Expectation("refused", reason, lambda play: play.refusal and play.refusal.reason)


def _check_listed(step: Step, refusal: MaestroError) -> None:
    """Check that a method's row lists the refusal."""
    if not isinstance(step, Call) or isinstance(refusal, METHODS[step.method].errors):
        return
    if refusal.reason != "request.reused":  # as any call may meet that reuses a ``requestId``
        raise AssertionError(f"the row of {step.method} does not list {type(refusal).__name__} ({refusal.reason})")


def _entity(play: Scenario, name: str) -> Any:
    id_ = play.id_of(name)
    for table in play.world.tables.values():
        if id_ in table:
            return table[id_]
    raise AssertionError(f"there is no {name}")
