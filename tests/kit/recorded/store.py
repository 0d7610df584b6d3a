"""Writes the data folders of ``tests/fixtures/<version>``: ``python -m tests.kit.recorded.store tests/fixtures/<version>``.

``store.zip`` is what a killed daemon leaves: a snapshot, the journal after it, and readable files that lag behind. ``journal.zip`` has
a journal and nothing else. Both come from real decisions through the real store, so that they hold every state that a store can
hold. ``world.jsonl`` is the world that both of them say, as the version that wrote them shows it. A version is recorded once, before its successor
changes anything: what it wrote is what its users have.
"""

import sys
import tempfile
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec

from maestrod.api.process import ProcessIdentity
from maestrod.api.reason import Source
from maestrod.api.system import ClockMark
from maestrod.api.turn import Outcome
from maestrod.core.values.command import Command
from maestrod.core.values.facts import ClockMoved, Fact, Launched, Probed
from maestrod.core.values.signs import (
    LimitReached,
    PermissionAsked,
    ScreenShown,
    Started,
    ToolStarted,
    TurnEnded,
    TurnStarted,
    UsageSeen,
)
from maestrod.core.world.world import World
from maestrod.store.store import Options, Store
from tests.core import conversations
from tests.core.conversations import tell
from tests.kit.agents.hook_words import OWN_ID
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

HOUR = 3_600_000
POLICY = msgspec.structs.replace(conversations.POLICY, max_sessions=99, registration_timeout_ms=600_000)
_PLAN = {"groups": [{"key": "p", "title": "p", "agent": "shell", "subtasks": [subtask("q")]}]}
_BAD_PLAN = {"groups": [{"key": "p", "title": "p", "subtasks": [subtask("q", "nothing")]}]}
_TURN = TurnStarted()
_LIMITED = TurnEnded(Outcome.LIMIT, "rate_limit", "5-hour limit")


def _limit(session: str, left: int | None = HOUR, *, gives_up: bool = True) -> Find:
    """A session meets a limit during a turn; it ends in ``left`` ms (None: at an unknown time)."""

    def make(play: Scenario) -> Fact | Command:
        limit = LimitReached("usage", None if left is None else play.at + left, "5-hour limit")
        return tell(session, limit, *([_LIMITED] if gives_up else [])).make(play)

    return Find(make)


def _asks(session: str, command: str) -> Call:
    """A session's hook asks for permission and waits."""
    payload = {"command": command}
    return Call("permission.ask", by=session, agent="stream", event="Permission", payload=payload, eventId=f"e-{session[1:]}", waitMs=HOUR)  # fmt: skip


def _adopted(session: str) -> Find:
    """The next daemon finds the session's process."""
    process = ProcessIdentity(pid=7, started=1, boot_id="b")
    return Find(lambda play: Launched(*play.attempt_of(session), process, adopted=True))


def _does(session: str, *, done: bool = False) -> tuple[Step, ...]:
    """A session starts its task, and optionally completes it."""
    start, complete = (Call(f"task.{verb}", by=session, taskId=f"t-{session[1:]}") for verb in ("start", "complete"))
    return (start, complete) if done else (start,)


def _let_go(session: str) -> tuple[Step, ...]:
    return (tell(session, _TURN), *_does(session, done=True), tell(session, TurnEnded()))


# A table: a group and its session, the agent, and the steps that make it what its name says.
# fmt: off
SESSIONS: tuple[tuple[str, str, tuple[Step, ...]], ...] = (
    ("spawning", "stream", ()),
    ("spawning-paused", "stream", (Call("session.pause", sessionId="@spawning-paused"),)),
    ("unseen", "stream", (came_up("@unseen"),)),
    ("working", "stream", (tell("@working", _TURN, ToolStarted("Bash", "make"), read_to=120),)),
    ("at-work", "shell", _does("@at-work")),
    ("idle", "tty", (_adopted("@idle"),)),
    ("background", "stream", (tell("@background", _TURN, TurnEnded(background=2), UsageSeen(10, 20, 0.5, cumulative=True)),)),
    ("asking", "tty", (Call("attention.ask", by="@asking", message="Which?", options=["a", "b"], timeoutMs=HOUR, onTimeout="a"),)),
    ("permission", "stream", (tell("@permission", _TURN), _asks("@permission", "rm x"))),
    ("standing", "stream", (tell("@standing", _TURN), _asks("@standing", "git push"),
        Call("attention.answer", attentionId="question", value="allow", lasts="session"))),
    ("dialog", "tty", (tell("@dialog", _TURN, PermissionAsked("Bash", "rm y")),)),
    ("paused", "stream", (tell("@paused", _TURN), *_does("@paused"), Call("session.pause", sessionId="@paused"))),
    ("stopping", "stream", (tell("@stopping", _TURN), Call("session.stop", sessionId="@stopping", reason="enough"))),
    ("stopping-paused", "stream", (Call("session.pause", sessionId="@stopping-paused"), Call("session.stop", sessionId="@stopping-paused"))),
    ("finishing", "stream", _let_go("@finishing")),
    ("finishing-overdue", "stream", (*_let_go("@finishing-overdue"), Later(20_000), woke("finish", "@finishing-overdue"))),
    ("finishing-paused", "stream", (*_let_go("@finishing-paused"), Call("session.pause", sessionId="@finishing-paused"))),
    ("finishing-stopped", "tty", (*_let_go("@finishing-stopped"), Call("session.stop", sessionId="@finishing-stopped"))),
    ("stalled", "tty", (tell("@stalled", _TURN), Later(600_000), woke("stall", "@stalled"),
        Find(lambda play: Probed(*play.attempt_of("@stalled"), False, "no output")))),
    ("quiet", "tty", (tell("@quiet", _TURN), tell("@quiet", ScreenShown(busy=False), source=Source.SCREEN))),
    ("interrupted", "tty", (tell("@interrupted", _TURN, TurnEnded(Outcome.INTERRUPTED, "interrupted", "Esc")),)),
    ("nudged", "stream", (tell("@nudged", _TURN, TurnEnded()), tell("@nudged", _TURN))),
    ("messages", "stream", (tell("@messages", _TURN), Call("message.send", sessionId="@messages", text="first"),
        Call("message.send", sessionId="@messages", text="second"), Call("message.cancel", messageId="message"))),
    ("queue", "shell", (Call("queue.next", by="@queue"),)),
    ("resumed", "process", (tell("@resumed", _TURN, TurnEnded()), exited("@resumed"))),
    ("retried", "shell", (*_does("@retried"), exited("@retried", "failed"))),
    ("limited", "stream", (tell("@limited", _TURN), _limit("@limited"))),
    ("limited-guessed", "stream", (tell("@limited-guessed", _TURN), _limit("@limited-guessed", None))),
    ("limited-long", "stream", (tell("@limited-long", _TURN), _limit("@limited-long", 24 * HOUR))),
    ("limited-working", "stream", (tell("@limited-working", _TURN), _limit("@limited-working"),
        Call("session.pause", sessionId="@limited-working"), tell("@limited-working", _TURN))),
    ("limited-gone", "process", (tell("@limited-gone", _TURN), _limit("@limited-gone"), exited("@limited-gone", "failed"))),
    ("limited-paused", "stream", (tell("@limited-paused", _TURN), _limit("@limited-paused"), Call("session.pause", sessionId="@limited-paused"))),
    ("limited-stopping", "stream", (tell("@limited-stopping", _TURN), _limit("@limited-stopping"), Call("session.stop", sessionId="@limited-stopping"))),
    ("limited-due", "process", (tell("@limited-due", _TURN), _limit("@limited-due"), Call("session.pause", sessionId="@limited-due"),
        Later(HOUR), woke("wake", "@limited-due"))),
    ("limited-over", "stream", (tell("@limited-over", _TURN), _limit("@limited-over"),
        Call("attention.answer", attentionId="question", value="now"), tell("@limited-over", _TURN))),
    ("timing-out", "shell", (*_does("@timing-out"), Later(60_000), woke("timeout", "t-timing-out"))),
    ("timed-out", "shell", (*_does("@timed-out"), Later(60_000), woke("timeout", "t-timed-out"), exited("@timed-out", "failed"))),
    ("failed", "shell", (*_does("@failed"), exited("@failed", "failed", tail="no space"))),
    ("unstarted", "shell", (not_launched("@unstarted"),)),
    ("unregistered", "stream", (Later(60_000), woke("register", "@unregistered"))),
    ("stopped", "shell", (Call("session.stop", sessionId="@stopped", reason="enough"), exited("@stopped", "stopped"))),
    ("lost", "shell", (*_does("@lost"), lost("@lost"))),
    ("completed", "shell", (*_does("@completed", done=True), exited("@completed"))),
)
# fmt: on
#: Sessions whose agent never starts, and those whose agent gives no sign of life by itself.
_DOWN = {"spawning", "spawning-paused", "unstarted", "unregistered"}
_SILENT = {"unseen"}


def _unit(name: str, agent: str) -> dict[str, object]:
    """The group of a session: its one task has a time limit, so that there are clocks to stop."""
    strategy = {"strategy": "queue"} if name == "queue" else {}
    attempts = {"maxAttempts": 2, "backoffMs": HOUR} if name == "retried" else {}
    return group(name, subtask(f"t-{name}", timeoutMs=60_000, **attempts), agent=agent, **strategy)


def _runs(agent: str) -> tuple[Step, ...]:
    """Runs in the other states, with the planners of those that have one."""
    started: dict[str, Any] = {"workingDir": "/tmp/shop", "agent": agent}
    return (
        Call("run.start", text="planning", **started),
        came_up("@plan: planning"),
        tell("@plan: planning", Started(OWN_ID), _TURN),
        Call("plan.submit", by="@plan: planning", plan=_BAD_PLAN),
        Call("run.start", text="awaiting", approve=True, **started),
        came_up("@plan: awaiting"),
        tell("@plan: awaiting", Started(OWN_ID), _TURN),
        Call("plan.submit", by="@plan: awaiting", plan=_PLAN),
        Call("run.start", plan={"title": "paused run", "groups": [group("held", subtask("t-held"))]}, workingDir="/tmp/shop"),
        came_up("@held"),
        Call("run.pause", runId="run"),
        Call("run.start", plan={"title": "cancelled run", "groups": [group("gone", subtask("t-gone"))]}, workingDir="/tmp/shop"),
        came_up("@gone"),
        Call("run.cancel", runId="run"),
        Call("run.start", plan={"title": "completed run", "groups": [group("over", subtask("t-over"))]}, workingDir="/tmp/shop"),
        came_up("@over"),
        *_does("@over", done=True),
        exited("@over"),
    )  # fmt: skip


def steps() -> Iterator[Step]:
    """The whole script; each state that it creates lasts until the end."""
    yield project(settings={"maxSessions": 90, "permissions": {"deny": ["Bash(sudo *)"], "timeoutMs": HOUR}})
    yield run_of(*(_unit(name, agent) for name, agent, _ in SESSIONS))
    yield task("by hand", requestId="r1")
    yield task("waits", needs=["by hand"])
    yield Call("session.register", projectId="shop", agent="claude", name="external", agentSessionId="c0", pid=7)
    yield Call("token.create", name="phone", owner="me", digest="d" * 64)
    for name, agent, _ in SESSIONS:
        if name not in _DOWN:
            yield came_up(f"@{name}")
        if name not in _DOWN | _SILENT and agent != "shell":
            yield tell(f"@{name}", Started(f"{OWN_ID}-{name}"))
    yield Call("system.freeze", reason="look")
    yield Call("system.thaw")
    yield Find(lambda play: ClockMoved(ClockMark(boot="b", ahead=play.at, asleep=0, stepped=500), step=500))
    yield from _runs("process")
    for _, _, own in SESSIONS:
        yield from own
    yield Call("session.report", sessionId="@working", message="half")


def record(folder: Path, *, write_behind: bool) -> World:
    """Play the script into a store that is never closed, and return the world at its end."""
    options = Options(segment_size=32_768, threads=False, checkpoint_bytes=1 << 30)
    store = Store.open(folder, policy=POLICY, call_soon=lambda function: function(), options=options)
    play = Scenario(policy=POLICY)
    play.world = store.world
    story = list(steps())
    for number, step in enumerate(story):
        play.given(step)
        if play.decision is not None and play.decision.events and not isinstance(step, Later):
            store.append(play.decision.events)
        store.commit()
        if write_behind and number == len(story) * 2 // 3:
            store.checkpoint()
        if write_behind and number < len(story) - 5:
            store.write_behind()
    return play.world


def pack(folder: Path, archive: Path, *, only: tuple[str, ...] = ("",)) -> None:
    """Keep the files of a folder whose path begins with one of ``only``; equal folders give equal archives."""
    with zipfile.ZipFile(archive, "x", zipfile.ZIP_DEFLATED) as packed:
        for path in sorted(folder.rglob("*")):
            name = path.relative_to(folder).as_posix()
            if path.is_file() and name.startswith(only):
                packed.writestr(zipfile.ZipInfo(name), path.read_bytes(), zipfile.ZIP_DEFLATED)


def main(target: Path) -> None:
    """Write everything below ``target``; refuses to overwrite anything."""
    with tempfile.TemporaryDirectory() as name:
        world = record(Path(name, "store"), write_behind=True)
        pack(Path(name, "store"), target / "store.zip")
        record(Path(name, "journal"), write_behind=False)
        pack(Path(name, "journal"), target / "journal.zip", only=("journal/", "format"))
    (target / "world.jsonl").write_bytes(world.dump())


if __name__ == "__main__":
    main(Path(sys.argv[1]))
