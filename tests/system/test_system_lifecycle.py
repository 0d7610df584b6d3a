"""The daemon's life under load and signals (fault 29), and entity files that people changed while it was down."""

import json
import signal
import threading
import time
from pathlib import Path
from typing import Any

import msgspec
import pytest

from maestrod.api.task import Task
from tests.kit.daemons.daemon import Connection, Daemon, Json, Refused, live_of

WRITERS = 4


class Writer(threading.Thread):
    """Makes tasks until the daemon hangs up or says that it stops; keeps the ids it was told, which are acknowledged."""

    def __init__(self, daemon: Daemon, project: str) -> None:
        super().__init__()
        self.acknowledged: list[str] = []
        self.begun = threading.Event()
        self.words: set[str] = set()
        self._connection = daemon.connect()
        self._project = project

    def run(self) -> None:
        with self._connection as connection:
            try:
                while True:
                    self.acknowledged.append(connection.call("task.create", title="t", projectId=self._project)["id"])
                    self.begun.set()
            except Refused as refusal:
                self.words.add(refusal.reason)
            except OSError:
                pass


@pytest.mark.slow
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT, signal.SIGKILL, signal.SIGABRT])
def test_29_a_signal_during_many_writes_loses_nothing_acknowledged(daemon: Daemon, number: signal.Signals) -> None:
    daemon.start()
    project = daemon.call("project.create", name="p", workingDir=str(daemon.home))["id"]
    writers = [Writer(daemon, project) for _ in range(WRITERS)]
    for writer in writers:
        writer.start()
    for writer in writers:
        writer.begun.wait()
    code = daemon.end(number)
    for writer in writers:
        writer.join()
    assert code == (0 if number in {signal.SIGTERM, signal.SIGINT} else -number)
    assert {word for writer in writers for word in writer.words} <= {"daemon.stopping"}
    daemon.start()
    there = {task["id"] for task in daemon.every("task.list", limit=1000)}
    acknowledged = {id_ for writer in writers for id_ in writer.acknowledged}
    assert acknowledged <= there
    assert len(there - acknowledged) <= WRITERS, "more than what was under way"


@pytest.mark.slow
def test_29_hang_ups_and_broken_pipes_are_ignored(daemon: Daemon) -> None:
    daemon.start()
    assert daemon.process is not None
    for _ in range(20):
        connection = daemon.connect()
        connection.send("event.subscribe", {"since": 0})
        connection.send("system.status", {})
        connection.close()
        daemon.process.send_signal(signal.SIGHUP)
        daemon.process.send_signal(signal.SIGPIPE)
    assert daemon.call("system.status")["pid"] == daemon.pid
    assert daemon.end() == 0
    assert "Traceback" not in daemon.words()


def stubborn_session(daemon: Daemon) -> Json:
    project = daemon.call("project.create", name="p", workingDir=str(daemon.home))
    task = daemon.call(
        "task.create", title="t", projectId=project["id"], commands=["trap '' TERM; echo up; while :; do sleep 1; done"]
    )
    session: Json = daemon.call("session.spawn", taskIds=[task["id"]], agent="shell")
    with daemon.connect() as connection:
        connection.call("session.output", sessionId=session["id"], offset=60, wait=True)
    return session


@pytest.mark.slow
def test_29_pending_calls_finish_and_a_second_signal_stops_at_once(daemon: Daemon) -> None:
    daemon.start()
    session = stubborn_session(daemon)
    assert daemon.process is not None
    with daemon.connect() as connection, daemon.connect() as waiting, daemon.watch(topics=["session"]) as events:
        connection.send("session.stop", {"sessionId": session["id"]})  # takes the ladder's five seconds
        events.wait_for(lambda event: (live_of(event).get("ending") or {}).get("kind") == "stopping")
        number = waiting.send("session.output", {"sessionId": session["id"], "offset": 1 << 20, "wait": True})
        waiting.call("system.status")
        daemon.process.send_signal(signal.SIGTERM)
        with pytest.raises(Refused, match="stopping"):
            waiting.answer(number)  # so the stop has begun
        began = time.monotonic()
        daemon.process.send_signal(signal.SIGTERM)
        assert daemon.wait() == 0
        assert time.monotonic() - began < 4.5, "it waited for the ladder"
    daemon.start()  # the next one finds the stop that was asked for and sees to it
    daemon.finish_sessions()
    assert daemon.call("session.get", sessionId=session["id"])["status"] == "stopped"
    assert daemon.nothing_left()


@pytest.mark.slow
def test_29_waiting_clients_are_notified_when_the_daemon_stops(daemon: Daemon) -> None:
    daemon.start()
    session = stubborn_session(daemon)
    with daemon.connect() as connection:
        number = connection.send("session.output", {"sessionId": session["id"], "offset": 1 << 20, "wait": True})
        connection.call("system.status")
        assert daemon.end() == 0
        with pytest.raises(Refused) as refused:
            connection.answer(number)
    assert refused.value.reason == "daemon.stopping" and refused.value.retryable


def entity(daemon: Daemon, kind: str, id_: str) -> Path:
    return daemon.data / kind / f"{id_}.json"


def as_told(daemon: Daemon, task_id: str) -> Json:
    """What the file of a task says, with the defaults that files leave out."""
    task = msgspec.json.decode(entity(daemon, "tasks", task_id).read_bytes(), type=Task)
    decoded: Json = json.loads(msgspec.json.encode(task))
    return decoded


def edit(path: Path, **members: Any) -> None:
    path.write_text(json.dumps({**json.loads(path.read_text()), **members}, indent=2))


def three_tasks(daemon: Daemon) -> list[str]:
    project = daemon.call("project.create", name="p", workingDir=str(daemon.home))
    return [daemon.call("task.create", title=f"t{n}", projectId=project["id"])["id"] for n in range(3)]


def wait_edited(events: Connection, id_: str) -> Json:
    return events.wait_for(lambda event: event["id"] == id_)


@pytest.mark.slow
def test_files_edited_without_a_daemon_are_changes_like_any_other(daemon: Daemon) -> None:
    daemon.start()
    first, second, third = three_tasks(daemon)
    assert daemon.end() == 0
    edit(entity(daemon, "tasks", first), title="edited by hand", priority="high")
    entity(daemon, "tasks", second).write_text("{ torn")
    entity(daemon, "tasks", third).unlink()
    daemon.start()
    with daemon.watch(since=0, topics=["task.updated"]) as events:
        assert wait_edited(events, first)["data"]["title"] == "edited by hand"
    titles = {task["id"]: task["title"] for task in daemon.every("task.list")}
    assert titles == {first: "edited by hand", second: "t1", third: "t2"}
    assert daemon.end() == 0
    assert json.loads(entity(daemon, "tasks", third).read_text())["title"] == "t2"
    assert json.loads(entity(daemon, "tasks", second).read_text())["title"] == "t1"
    assert any("torn" in path.read_text(errors="replace") for path in (daemon.data / "quarantine").iterdir())
    daemon.start()
    assert {task["id"]: task["title"] for task in daemon.every("task.list")} == titles


NONSENSE: tuple[Json, ...] = (
    {"dependencies": ["SELF"]},
    {"dependencies": ["tsk_00000000000000000000000000"]},
    {"parentId": "SELF"},
    {"parentId": "tsk_00000000000000000000000000"},
    {"projectId": "prj_00000000000000000000000000"},
    {"status": "flying"},
    {"progress": "half"},
)


@pytest.mark.slow
def test_invalid_edits_are_refused_and_harm_nothing(daemon: Daemon) -> None:
    daemon.start()
    project = daemon.call("project.create", name="p", workingDir=str(daemon.home))["id"]
    tasks = [daemon.call("task.create", title=f"t{n}", projectId=project) for n in range(len(NONSENSE) + 1)]
    assert daemon.end() == 0
    for task, members in zip(tasks[1:], NONSENSE, strict=True):
        edit(entity(daemon, "tasks", task["id"]), **json.loads(json.dumps(members).replace("SELF", task["id"])))
    edit(entity(daemon, "tasks", tasks[0]["id"]), title="a sound edit")
    daemon.start()
    with daemon.watch(since=0, topics=["task.updated"]) as events:
        wait_edited(events, tasks[0]["id"])
    assert daemon.end() == 0
    for task, members in zip(tasks[1:], NONSENSE, strict=True):
        assert as_told(daemon, task["id"])[next(iter(members))] == task[next(iter(members))], (
            "the file shows what is not so"
        )
        copies = [path.read_text() for path in (daemon.data / "quarantine").glob(f"*{task['id']}*")]
        assert any(next(iter(members)) in copy for copy in copies), "what was written is nowhere any more"
    daemon.start()
    for task in tasks[1:]:
        assert daemon.call("task.get", taskId=task["id"]).items() >= task.items()
    assert "Traceback" not in daemon.words()


@pytest.mark.slow
def test_19_an_unreadable_edited_file_is_quarantined_and_logged(daemon: Daemon) -> None:
    daemon.start()
    project = daemon.call("project.create", name="p", workingDir=str(daemon.home))["id"]
    task = daemon.call("task.create", title="t", projectId=project)
    assert daemon.end() == 0
    entity(daemon, "tasks", task["id"]).write_text("{broken")
    daemon.start()
    assert daemon.call("task.get", taskId=task["id"]).items() >= task.items()
    assert daemon.end() == 0
    assert f"{task['id']}.json: not a valid task" in daemon.words()
