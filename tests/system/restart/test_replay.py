"""Replaying the journal of a real daemon gives the world it had (a random session of commands, agents included), byte for byte."""

import random
import signal
from pathlib import Path
from typing import Any

import msgspec
import pytest

from maestrod.core.world.entities import KINDS
from maestrod.core.world.world import World
from maestrod.store.files import RealFiles
from maestrod.store.layout import Layout
from maestrod.store.reader import read_journal
from maestrod.store.record import Record
from maestrod.store.recovery import recover
from tests.kit.daemons.daemon import Connection, Daemon, Json, Refused

COMMANDS = 400


def replayed(data: Path) -> World:
    """The world as the journal alone tells it."""
    world = World()
    for item in read_journal(RealFiles(), Layout(data).journal):
        if isinstance(item, Record):
            for event in item.events:
                world.apply(event)
    return world


def live(daemon: Daemon) -> dict[str, dict[str, Any]]:
    """Every entity that methods show, by kind and id; what is derived for the reply is left out."""
    plural = {"project": "project.list", "session": "session.list", "task": "task.list", "plan": "plan.list"}
    found = {kind: daemon.every(method, limit=1000) for kind, method in plural.items()}
    found["run"] = daemon.every("run.list", limit=1000)
    found["attention"] = daemon.every("attention.list", answered=True, limit=1000)
    found["queue"] = [
        daemon.call("queue.get", sessionId=each["id"]) for each in found["session"] if each.get("strategy") == "queue"
    ]
    return {kind: {item["id"]: msgspec.convert(item, KINDS[kind]) for item in items} for kind, items in found.items()}


class Caller:
    """Calls methods at random with ids that exist, now and then with ones that do not."""

    def __init__(self, connection: Connection, seed: int, folder: Path) -> None:
        self._connection = connection
        self._random = random.Random(seed)
        self._folder = str(folder)
        self.known: dict[str, list[str]] = {"prj": [], "tsk": [], "ses": [], "run": [], "att": []}
        self.accepted = 0

    def step(self) -> None:
        """One call; a refusal changes nothing."""
        method, params = self._random.choice(self._calls())
        try:
            reply = self._connection.call(method, **params)
        except Refused:
            return
        self.accepted += 1
        if isinstance(reply, dict) and (prefix := str(reply.get("id", ""))[:3]) in self.known:
            self.known[prefix].append(reply["id"])

    def _one(self, prefix: str) -> str:
        if not self.known[prefix] or self._random.random() < 0.02:
            return f"{prefix}_00000000000000000000000000"
        return self._random.choice(self.known[prefix])

    def _calls(self) -> list[tuple[str, Json]]:
        """The calls to choose from; those that come more often are made more often."""
        tasks: Json = {"projectId": self._one("prj"), "maxAttempts": self._random.randint(1, 3), "backoffMs": 600_000}
        fraction, strategy = self._random.random(), self._random.choice(["simple", "queue"])
        moves = ("start", "complete", "skip", "block", "retry", "cancel", "delete")
        return [
            ("project.create", {"name": "p", "workingDir": self._folder}),
            *[("task.create", {"title": "t", **tasks})] * 3,
            *[("task.create", {"title": "sub", "parentId": self._one("tsk"), "commands": ["true"]})] * 3,
            *[(f"task.{verb}", {"taskId": self._one("tsk")}) for verb in moves],
            ("task.fail", {"taskId": self._one("tsk"), "error": "no"}),
            ("task.progress", {"taskId": self._one("tsk"), "progress": fraction}),
            ("task.update", {"taskId": self._one("tsk"), "title": "changed", "priority": "high"}),
            *[
                (f"task.{verb}", {"taskId": self._one("tsk"), "onTaskId": self._one("tsk")})
                for verb in ("depend", "undepend")
            ],
            ("session.register", {"projectId": self._one("prj"), "taskIds": [self._one("tsk")]}),
            ("session.spawn", {"taskIds": [self._one("tsk")], "strategy": strategy}),
            *[(f"session.{verb}", {"sessionId": self._one("ses")}) for verb in ("pause", "resume")],
            ("session.report", {"sessionId": self._one("ses"), "message": "m", "requestId": f"r{fraction:.1f}"}),
            ("attention.ask", {"sessionId": self._one("ses"), "message": "?"}),
            ("attention.answer", {"attentionId": self._one("att"), "value": "yes"}),
            ("run.start", {"taskId": self._one("tsk"), "agent": "shell"}),
            ("run.cancel", {"runId": self._one("run")}),
        ]


def stop_everything(daemon: Daemon) -> None:
    for session in daemon.every("session.list", live=True):
        try:
            daemon.call("session.stop", sessionId=session["id"])
        except Refused as refusal:
            if refusal.reason != "session.ended":
                raise
    daemon.finish_sessions()


@pytest.mark.slow
@pytest.mark.parametrize("seed", [1, 2])
def test_the_journal_replays_to_the_world_the_daemon_had(daemon: Daemon, seed: int) -> None:
    daemon.start()
    with daemon.connect() as connection:
        caller = Caller(connection, seed, daemon.home)
        for _ in range(COMMANDS):
            caller.step()
    assert caller.accepted > COMMANDS / 3
    daemon.call("system.freeze")
    stop_everything(daemon)
    before = live(daemon)
    daemon.kill()
    world = replayed(daemon.data)
    assert {kind: world.tables[kind] for kind in before} == before
    assert recover(RealFiles(), Layout(daemon.data)).world.dump() == world.dump()
    daemon.start()  # from snapshot and tail, or from the journal: the same
    assert live(daemon) == before
    assert daemon.end(signal.SIGTERM) == 0
    assert recover(RealFiles(), Layout(daemon.data)).world.dump() == replayed(daemon.data).dump()
