"""``maestroctl why``: the reason behind a status."""

import time
from collections.abc import Sequence
from typing import Annotated, Any

import msgspec
import typer

from maestroctl.client.caller import Caller
from maestroctl.client.client import Client
from maestroctl.client.reading import taken
from maestroctl.output import answer, answer_json, safe, safe_block
from maestroctl.show import ending, failure_view
from maestroctl.show.pauses import Pauses, marked
from maestroctl.show.progress import counts_of, state_of
from maestroctl.show.questions import request_lines, short
from maestroctl.verbs.options import Json
from maestrod.api.run import RunStatus
from maestrod.api.session import SESSION_WHY, SessionPage, SessionRef
from maestrod.api.task import TaskStatus

_ACTIVE_RUN = frozenset(status.value for status in RunStatus if not status.is_over)


def command(
    *,
    subject: Annotated[str, typer.Argument(metavar="SESSION|TASK|RUN", help="An id or a unique part of it.")],
    as_json: Json = False,
) -> int:
    """Say why a session, a task or a run has its status.

    Prints the evidence: its source, its time and the reason. For a run or task that has ended: how, when, and what failed.
    """
    from maestroctl.client.resolve import resolve

    with Caller.of_this_process().client() as client:
        identity = resolve(client, subject, "ses", "tsk", "run")
        if identity.startswith("ses_"):
            return _session(client, identity, as_json=as_json)
        entity, tasks = _entity(client, identity)
        blockers = [client.raw("task.get", {"taskId": task}) for task in entity.get("dependencies", ())]
        lines = explain(entity, blockers, tasks)
        if entity.get("failure"):
            lines += _failures(client, entity["failure"], tasks)
        if entity["status"] == "pending":
            lines += _delays(client, entity)
        if identity.startswith("run_") and entity["status"] in _ACTIVE_RUN:
            lines += _at_work(client, entity, tasks)
    if as_json:
        answer_json({"entity": entity, "dependencies": blockers})
    else:
        for line in lines:
            answer(line)
    return 0


def _failures(client: Client, failure: dict[str, Any], tasks: list[dict[str, Any]]) -> list[str]:
    """The first failure with its output, then the other tasks that failed."""
    others = list(ending.also_failed(tasks, failure["taskId"]))
    first = {**failure, "failed": 1} if others else failure
    return [*failure_view.lines(first, failure_view.last_output(client, failure)), *others]


def _at_work(client: Client, run: dict[str, Any], tasks: list[dict[str, Any]]) -> list[str]:
    """What an active run does now: what holds it, what failed and is retried, its open questions, then its sessions."""
    run_id, frozen = run["id"], client.raw("system.status", {})["frozen"]
    held = Pauses(frozenset({run_id} if run["paused"] else ()), frozen)
    sessions = client.raw("session.list", {"runId": run_id, "live": True})["items"]
    names = {session["id"]: session for session in sessions}
    questions = client.raw("attention.list", {})["items"]
    asked = [each for each in questions if each["runId"] == run_id or each["sessionId"] in names]
    return [
        *([f"  to resume: maestroctl resume {run_id}"] if run["paused"] else []),
        *(["  everything is frozen: maestroctl thaw"] if frozen else []),
        *([] if run.get("failure") else ending.also_failed(tasks, None)),
        *_next_tries(tasks),
        *(
            f"  needs your answer: {next(iter(request_lines(each)), each['kind'])} (maestroctl answer {short(each)} VALUE)"
            for each in asked
        ),
        *(f"  session {safe(each['name'])} is {_state(each, held)}: maestroctl why {each['id']}" for each in sessions),
    ]


def _state(session: dict[str, Any], held: Pauses) -> str:
    return "paused" if held.has(session["runId"]) else safe(state_of(session)).replace("_", " ")


def _delays(client: Client, task: dict[str, Any]) -> list[str]:
    """Why a task without open dependencies has not started."""
    parent = client.raw("task.get", {"taskId": task["parentId"]}) if task["parentId"] else None
    if parent and not task["dispatch"] and parent["dispatch"]:
        status = parent["status"]
        reason = "" if status == "in_progress" else f": maestroctl why {parent['id']}"
        group = f"  it belongs to the group {parent['id']} ({status}), {safe(parent['title'])}{reason}"
        return [*_next_tries([task]), group]
    run_id = (task["dispatch"] or {}).get("runId")
    if run_id is None:
        return ["  no run includes it: maestroctl run --task " + task["id"]]
    if client.raw("run.get", {"runId": run_id})["run"]["paused"]:
        return [f"  its run is paused: maestroctl resume {run_id}"]
    waits = _next_tries(client.raw("task.tree", {"taskId": task["id"]})["tasks"])
    return waits or _of_the_whole(client.raw("system.status", {}), task)


def _of_the_whole(system: dict[str, Any], task: dict[str, Any]) -> list[str]:
    """What keeps everything, or this task, from starting."""
    if system["frozen"]:
        return ["  everything is frozen: maestroctl thaw"]
    limited = system["agentWaits"].get(task["dispatch"]["agent"])
    if limited:
        from maestroctl.show.limits import held_back

        return [f"  {held_back(safe(task['dispatch']['agent']), limited, int(time.time() * 1000))}"]
    if system["slotsUsed"] >= system["slots"]:
        return [f"  it waits for a slot: {system['slotsUsed']} of {system['slots']} are in use"]
    return []


def _next_tries(tasks: list[dict[str, Any]]) -> list[str]:
    """When failed tasks are retried, the next one first."""
    waiting = [task for task in tasks if task["notBefore"] and task["status"] == "pending"]
    now = int(time.time() * 1000)
    return [f"  {_next_try(task, now)}" for task in sorted(waiting, key=lambda task: task["notBefore"])]


def _next_try(task: dict[str, Any], now: int) -> str:
    from maestroctl.show.render import duration, when

    tries = f"attempt {task['attempt']} of {task['maxAttempts']} at '{safe(task['title'])}'"
    left = task["notBefore"] - now
    if left <= 0:
        return f"{tries} has been due since {when(task['notBefore'])}"
    return f"{tries} begins in {duration(left)}, at {when(task['notBefore'])}"


def explain(
    entity: dict[str, Any], dependencies: list[dict[str, Any]], tasks: Sequence[dict[str, Any]] = ()
) -> list[str]:
    """Sentences about a task or a run. ``tasks`` are those of the run's tree, the root first."""
    number = f"run #{entity['number']} " if entity.get("number") else ""
    lines = [f"{number}{entity['id']} {_status(entity)}: {safe(entity.get('title') or '')}".rstrip(": ")]
    lines += (
        ending.summary(entity, tasks[0] if tasks else entity)
        if ending.has_ended(entity)
        else _counted(tasks[0] if tasks else entity)
    )
    reason, failure = _reason(entity, tasks), entity.get("failure")
    if reason:
        detail = f": {reason['detail']}" if reason.get("detail") and not failure else ""
        by = f" (by {reason['by']})" if reason.get("by") else ""
        lines += _indented(f"{reason['source']} says {reason['code']}{by}{detail}")
    if entity.get("error") and not failure:
        lines += _indented(entity["error"])
    for task in dependencies:
        lines += _blocker(task)
    attempts = entity.get("attempts", ())
    for attempt in attempts if len(attempts) > 1 or not failure else ():
        error = f": {attempt['error']}" if attempt.get("error") else ""
        lines += _indented(f"attempt {attempt['attempt']} {attempt['status']}{error}")
    return lines


def _counted(entity: dict[str, Any]) -> list[str]:
    counted = counts_of(entity)
    return [f"  {counted}"] if counted else []


def _reason(entity: dict[str, Any], tasks: Sequence[dict[str, Any]]) -> dict[str, Any] | None:
    """The reason for the status, unless it is the failure of a task below. A run has that of the tasks it cancelled."""
    failure = entity.get("failure")
    if tasks and entity["status"] == RunStatus.CANCELLED.value:
        cancelled = (task["statusReason"] for task in reversed(tasks) if task["status"] == TaskStatus.CANCELLED.value)
        return next((reason for reason in cancelled if reason), None)
    return None if failure and failure["taskId"] != entity["id"] else entity.get("statusReason")


def _status(entity: dict[str, Any]) -> str:
    """The verb of the first sentence."""
    if ending.has_ended(entity):
        return ending.outcome(entity["status"])
    return f"is {safe(state_of(entity)).replace('_', ' ')}"


def _blocker(task: dict[str, Any]) -> list[str]:
    """A dependency that is not done, and how to retry it if it has ended."""
    status = taken(task["status"], TaskStatus)
    if status.is_done:
        return []
    again = f"; to retry it: maestroctl retry {task['id']}" if status.is_over else ""
    return [f"  it waits for {task['id']} ({safe(status.value)}): {safe(task['title'])}{again}"]


def _indented(text: str) -> list[str]:
    """A text of one or more lines under a heading."""
    first, *more = safe_block(text.rstrip()).splitlines()
    return [f"  {first}", *(f"    {line}" for line in more)]


def _session(client: Client, identity: str, *, as_json: bool) -> int:
    from maestroctl.show.render import render

    if as_json:
        answer_json(client.raw(SESSION_WHY.name, {"sessionId": identity}))
    else:
        reply = client.call(SESSION_WHY, SessionRef(session_id=identity))
        [shown] = marked(client, SessionPage(items=(reply.session,))).items  # paused with its run, or by a freeze
        for line in render(msgspec.structs.replace(reply, session=shown)):
            answer(line)
    return 0


def _entity(client: Client, identity: str) -> tuple[dict[str, Any], list[dict[str, Any]]]:
    """The run or task, and the tasks of its tree: for a task only where something failed."""
    if identity.startswith("run_"):
        view = client.raw("run.get", {"runId": identity})
        return view["run"], view["tasks"]
    task: dict[str, Any] = client.raw("task.get", {"taskId": identity})
    failure = task.get("failure")
    shown = failure and failure["taskId"] != identity and failure["failed"] > 1
    return task, client.raw("task.tree", {"taskId": identity})["tasks"] if shown else []
