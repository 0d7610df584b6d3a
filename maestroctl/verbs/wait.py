"""``maestroctl wait``: block until a run or a task has ended."""

import time
from collections.abc import Mapping
from typing import Annotated, Any

import typer

from maestroctl.client.caller import Caller
from maestroctl.client.client import Client
from maestroctl.client.reading import taken
from maestroctl.client.stream import EventStream
from maestroctl.output import answer, answer_json, say
from maestroctl.show.failure_view import last_output, lines
from maestroctl.show.run_summary import OUTCOME_CODES
from maestroctl.verbs.options import Json, TimeoutMs
from maestrod.api.errors import ResyncRequired, TimedOut
from maestrod.api.event import EventSubscribe
from maestrod.api.run import RunStatus
from maestrod.api.task import TaskStatus
from maestrod.api.task_category import TaskCategory

#: Exit codes by the outcome of a task, like those of a run.
_CODES = {TaskCategory.COMPLETED: 0, TaskCategory.SKIPPED: 0, TaskCategory.FAILED: 1, TaskCategory.CANCELLED: 130}


def command(
    *,
    subject: Annotated[str, typer.Argument(metavar="RUN|TASK", help="An id or a unique part of it.")],
    timeout_ms: TimeoutMs = None,
    as_json: Json = False,
) -> int:
    """Wait until a run or a task has ended.

    Exit code: 0 completed or skipped, 1 failed, 130 cancelled, 124 timed out.
    """
    from maestroctl.client.resolve import resolve

    with Caller.of_this_process().client() as client:
        identity = resolve(client, subject, "run", "tsk")
        ended = wait(client, identity, timeout_ms)
        output = last_output(client, ended["failure"]) if ended.get("failure") and not as_json else []
    if as_json:
        answer_json(ended)
    else:
        answer(f"{identity} {ended['status']}")
        for line in lines(ended["failure"], output) if ended.get("failure") else []:
            say(line)
    status = _status(ended)
    return OUTCOME_CODES.get(status, 1) if isinstance(status, RunStatus) else _CODES.get(status.category, 1)


def wait(client: Client, identity: str, timeout_ms: int | None) -> dict[str, Any]:
    """The run or task when it has ended. Raises ``TimedOut``. Survives a restart of the daemon."""
    deadline = None if timeout_ms is None else time.monotonic() + timeout_ms / 1000
    topic = "run" if identity.startswith("run_") else "task"
    ids = () if topic == "run" else (identity,)
    stream = EventStream(client, EventSubscribe(topics=(topic,), task_ids=ids))
    try:
        stream.open()  # before the first look, so that no change is missed
        while not _status(entity := _entity(client, identity)).is_over:
            try:
                _change(stream, identity, deadline)
            except ResyncRequired:
                stream.begin_again()
    finally:
        stream.close()
    return entity


def _change(stream: EventStream, identity: str, deadline: float | None) -> None:
    """Return when something happened to it. Raises ``TimedOut``."""
    while True:
        remaining = None if deadline is None else deadline - time.monotonic()
        if remaining is not None and remaining <= 0:
            raise TimedOut("wait.timeout", f"{identity} has not ended in time; it continues")
        if any(event.id == identity for event in stream.poll(remaining)):
            return


def _status(entity: Mapping[str, Any]) -> RunStatus | TaskStatus:
    status = entity["status"]
    return taken(status, RunStatus) if entity["id"].startswith("run_") else taken(status, TaskStatus)


def _entity(client: Client, identity: str) -> dict[str, Any]:
    if identity.startswith("run_"):
        view: dict[str, Any] = client.raw("run.get", {"runId": identity})["run"]
        return view
    task: dict[str, Any] = client.raw("task.get", {"taskId": identity})
    return task
