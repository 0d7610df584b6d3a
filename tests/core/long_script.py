"""One long history with everything in it: every method that changes something, every fact, and what real agents said.

Hooks and streams are those that the agents' own command lines sent when they were recorded. A step that is refused is part of the
history as well: a refusal is a decision.
"""

from collections.abc import Iterator
from functools import partial

import msgspec

from maestrod.agents.hook_calls import HookCalls
from maestrod.agents.registry import ADAPTERS, traits
from maestrod.api.protocol.registry import METHODS
from maestrod.api.reason import Source
from maestrod.api.system import ClockMark
from maestrod.core.access.remote_token import digest_of
from maestrod.core.values.command import Actor, Command
from maestrod.core.values.facts import (
    ClockMoved,
    DaemonStarted,
    Draining,
    Edited,
    NotDelivered,
    Probed,
    Signed,
    StoppingSessions,
    Withdrawn,
)
from maestrod.core.values.policy import Policy
from maestrod.core.values.seen import Seen, Unseen
from maestrod.core.values.signs import LimitReached, PermissionAsked, PlanOffered, Started, TurnEnded, TurnStarted
from maestrod.engine.hook import hook_command
from tests.agents import recordings
from tests.core.conversations import AGENTS, tell
from tests.core.looks import answer
from tests.kit.worlds.scenario import (
    Call,
    Find,
    Later,
    Scenario,
    Step,
    came_up,
    exited,
    group,
    lost,
    not_launched,
    project,
    run_of,
    subtask,
    task,
    woke,
)

POLICY = Policy(agents={**traits(ADAPTERS, {}), **AGENTS}, max_sessions=60, limit_wait_max_ms=900_000)
HOOKS = HookCalls(ADAPTERS)

#: The folder of an agent's recordings.
RECORDED = {"claude": "claude-code", "codex": "codex", "gemini": "gemini-cli", "opencode": "opencode"}


def played() -> Scenario:
    """The whole history, played by somebody who can look at folders and skills."""
    play = Scenario(policy=POLICY, seen=Seen(looks=True))
    for step in _steps():
        _when(play, step)
    return play


def _when(play: Scenario, step: Step) -> None:
    """Play a step, and look as often as it asks for it."""
    while True:
        try:
            play.when(step)
        except Unseen as unseen:
            play.seen = play.seen.joined(answer(unseen.question))
        else:
            return


def _steps() -> Iterator[Step]:
    yield from _projects()
    yield from _tasks()
    yield from _sessions()
    yield from _queues()
    yield from _runs()
    yield from _planning()
    yield from _conversation()
    yield from _limits()
    for agent in RECORDED:
        yield from _recorded(agent)
    yield from _system()


def _projects() -> Iterator[Step]:
    yield from (project(), project("other", settings={"permissions": {"allow": ["Bash(git *)"], "policy": "deny"}}))
    yield project()
    yield Call("project.update", projectId="other", name="o2", settings={"defaultAgent": "codx"})
    yield Call("project.update", projectId="shop", workingDir="/tmp/shop/moved", description="a shop")
    yield Call("project.create", name="gone", workingDir="/tmp/gone")
    yield Call("project.delete", projectId="gone")


def _tasks() -> Iterator[Step]:
    yield from (task("top"), task("mid", under="top"), task("x", under="mid"), task("y", needs=["x"]))
    yield from (task("z", skillIds=["review"]), task("bad", skillIds=["reviw"]), task("gone"))
    yield Call("task.update", taskId="z", title="z2", agent="shell", maxAttempts=2)
    yield Call("task.depend", taskId="z2", onTaskId="y")
    yield Call("task.depend", taskId="x", onTaskId="y")
    yield Call("task.undepend", taskId="z2", onTaskId="y")
    yield Call("task.delete", taskId="gone")
    yield from (Call("task.start", taskId="x"), Call("task.progress", taskId="x", progress=0.5, message="half"))
    yield from (Call("task.complete", taskId="x", requestId="r1"), Call("task.complete", taskId="x", requestId="r1"))
    yield from (
        Call("task.start", taskId="y"),
        Call("task.fail", taskId="y", error="no"),
        Call("task.retry", taskId="y"),
    )
    yield from (Call("task.block", taskId="y", reason="no key"), Call("task.skip", taskId="y", reason="later"))
    yield from (Call("task.cancel", taskId="z2"), Find(_edited))


def _edited(play: Scenario) -> Edited:
    id_ = play.id_of("top")
    return Edited(
        "task", id_, msgspec.json.encode({**msgspec.to_builtins(play.world.tasks[id_]), "title": "top of all"})
    )


def _sessions() -> Iterator[Step]:
    yield from (task("w1"), task("w2"), Call("session.spawn", taskIds=["w1"], name="w", skills=["review"]))
    yield Call("session.spawn", taskIds=["w1"], name="w", persona="nobody")
    yield from (came_up("@w"), Call("session.register", by="@w"), Call("session.update", by="@w", status="working"))
    yield Call("session.report", by="@w", message="here", metadata={"a": 1})
    yield from (Call("session.link", sessionId="@w", taskId="w2"), Call("session.unlink", sessionId="@w", taskId="w2"))
    yield from (Call("session.pause", sessionId="@w"), Call("session.resume", sessionId="@w"))
    yield Call("event.report", event="SessionStart", agent="own", by="@w")
    ask = Call("attention.ask", by="@w", message="deploy?", options=["yes", "no"], timeoutMs=5_000, onTimeout="no")
    yield from (ask, Call("attention.answer", attentionId="question", value="yes"), ask, woke("answer", "question"))
    yield from (Call("session.stop", sessionId="@w"), exited("@w", "stopped"))
    for number, end in enumerate((lost, not_launched, exited)):
        yield from (task(f"e{number}"), Call("session.spawn", taskIds=[f"e{number}"], name=f"e{number}"))
        yield end(f"@e{number}")
    yield Call("session.register", agent="stream", workingDir="/tmp/shop", name="mine", pid=7, agentSessionId="c9")


def _queues() -> Iterator[Step]:
    names = ["q1", "q2", "q3"]
    yield from (task(name) for name in names)
    yield Call("session.spawn", taskIds=names, strategy="queue", name="q")
    yield from (came_up("@q"), Call("queue.move", sessionId="@q", taskId="q3", position=0))
    yield from (Call("queue.next", by="@q"), Call("queue.complete", by="@q"))
    yield from (Call("queue.next", by="@q"), Call("queue.fail", by="@q", error="no"))
    yield from (Call("queue.requeue", by="@q", taskId="q1"), Call("queue.skip", by="@q", taskId="q1"))
    yield Call("queue.remove", sessionId="@q", taskId="q2")
    yield from (task("q4"), Call("session.spawn", projectId="shop", strategy="queue", name="q5"))
    yield from (Call("queue.add", sessionId="@q5", taskId="q4"), Call("session.stop", sessionId="@q"))


def _runs() -> Iterator[Step]:
    deep = (group("g", subtask("a", timeoutMs=5_000), subtask("b", "a")), group("h", subtask("c"), needs=["g"]))
    yield from (run_of(*deep), came_up("@g"), Call("run.pause", runId="run"), Call("run.resume", runId="run"))
    yield from (Call("task.start", by="@g", taskId="a"), woke("timeout", "a"), exited("@g", "failed"))
    yield from (run_of(*deep), Call("run.cancel", runId="run"))
    yield run_of(group("g2", subtask("a2")), approve=True)
    yield Call("plan.approve", planId="plan")
    yield from (came_up("@g2"), Call("task.complete", by="@g2", taskId="a2"), exited("@g2"))
    yield from (task("root2"), Call("plan.submit", taskId="root2", markdown="# Plan\n\n- [ ] one `true`\n- [ ] two\n"))
    yield Call("plan.submit", taskId="root2", plan={"groups": [group("s", subtask("s1"), skills=["reviw"])]})
    yield Call("plan.submit", taskId="root2", plan={"groups": [group("s", subtask("s1"), skills=["review"])]})
    yield Call("plan.apply", planId="plan")
    yield run_of(group("t", subtask("t1")), approve=True)
    yield Call("plan.reject", planId="plan", reason="no")


def _planning() -> Iterator[Step]:
    yield Call("run.start", text="build it", workingDir="/tmp/shop", agent="stream")
    planner = "@plan: build it"
    yield from (came_up(planner), tell(planner, Started("c1"), TurnStarted()))
    yield tell(planner, PlanOffered("no plan"), TurnEnded())
    plan = {"groups": [group("p", subtask("p1"), skills=["review"])]}
    yield tell(planner, TurnStarted(), PlanOffered(msgspec.json.encode(plan).decode()), TurnEnded())
    yield exited(planner)


def _conversation() -> Iterator[Step]:
    yield from (task("t1"), Call("session.spawn", taskIds=["t1"], name="t", agent="stream"), came_up("@t"))
    yield tell("@t", Started("c2"), TurnStarted())
    yield from (Call("message.send", sessionId="@t", text="one"), Call("message.cancel", messageId="message"))
    yield from (tell("@t", TurnEnded()), Call("message.send", sessionId="@t", text="two"))
    yield Find(lambda play: NotDelivered(*play.attempt_of("@t"), play.id_of("message"), "its input is full"))
    yield Call("permission.ask", by="@t", agent="stream", event="Permission", payload={"command": "rm x"}, eventId="e1")
    yield Find(lambda play: Withdrawn(play.id_of("question")))
    yield from (Later(700_000), tell("@t", TurnStarted()), Later(700_000), woke("stall", "@t"))
    yield Find(lambda play: Probed(*play.attempt_of("@t"), busy=False, detail="no output"))
    yield Call("attention.answer", attentionId="question", value="wait")


def _limits() -> Iterator[Step]:
    for kind, ahead in (("usage", 60_000), ("usage", 9_000_000), ("rate", None)):
        yield Find(partial(_limit, kind, ahead))
        yield from (Call("attention.answer", attentionId="question", value="now"), Later(61_000), woke("wake", "@t"))


def _limit(kind: str, ahead: int | None, play: Scenario) -> Signed:
    limit = LimitReached(kind, None if ahead is None else play.at + ahead)
    return Signed(*play.attempt_of("@t"), Source.STREAM, (limit,))


def _recorded(agent: str) -> Iterator[Step]:
    """A session of a real agent, told all that was recorded of it."""
    session = f"@{agent}"
    yield from (task(agent), Call("session.spawn", taskIds=[agent], agent=agent, name=agent), came_up(session))
    for event, _, payload in recordings.payloads(RECORDED[agent]):
        for method in ("event.report", "permission.ask"):

            def said(play: Scenario, method: str = method, event: str = event, payload: object = payload) -> Command:
                given = {"event": event, "agent": agent, "payload": payload, "sessionId": play.id_of(session)}
                return hook_command(HOOKS.read, method, msgspec.convert(given, METHODS[method].params), Actor())

            asks = any(isinstance(sign, PermissionAsked) for sign in HOOKS.read(agent, event, payload).signs)
            if asks or method == "event.report":
                yield Find(said)
    for name in recordings.streams(RECORDED[agent]):
        for line in recordings.lines(RECORDED[agent], name):
            yield tell(session, *ADAPTERS[agent].read_line(line).signs)
    yield exited(session, "failed", tail="bye")


def _system() -> Iterator[Step]:
    yield Call("token.create", name="laptop", owner="ada", scope="work", digest=digest_of(b"mst_secret"))
    yield Find(
        lambda play: Command(
            "token.revoke", msgspec.convert({"tokenId": min(play.world.tokens)}, METHODS["token.revoke"].params)
        )
    )
    yield from (Call("system.freeze"), task("late"), Call("system.thaw"))
    yield Find(lambda play: ClockMoved(ClockMark(boot="b", ahead=play.at, asleep=0, stepped=90_000), 90_000, 0))
    yield from (
        Find(lambda play: DaemonStarted()),
        Find(lambda play: Draining()),
        Find(lambda play: StoppingSessions()),
    )
    yield from (exited("@t", "stopped"), exited("@q", "stopped"), exited("@q5", "stopped"))
