"""What the keys of the view do to the daemon: one function per key, from what is chosen to a sentence that says what came of it."""

from maestroctl.client.client import Client
from maestroctl.client.stop import stop as stop_all
from maestroctl.output import safe
from maestroctl.screen.answering import Decided
from maestroctl.screen.fleet import Fleet, has_ended
from maestroctl.show.run_model import LIVE_SESSION
from maestrod.api.attention import Attention
from maestrod.api.errors import Malformed
from maestrod.api.session import Session
from maestrod.api.task import Task, TaskStatus

#: What may be tried again (``task.retry``).
RETRIABLE = frozenset({TaskStatus.FAILED, TaskStatus.SKIPPED, TaskStatus.CANCELLED})


def stop(client: Client, subject: Session | Task) -> str:
    """Stop a session or a task and everything it started."""
    results = stop_all(client, subject.id, "stopped in the view")
    left = sum(result["left"] for result in results)
    return f"{_name(subject)} stopped: {left} left"


def retry(client: Client, task: Task) -> str:
    """Try again what failed, here and below."""
    client.raw("task.retry", {"taskId": task.id})
    return f"{_name(task)} is tried again"


def pause(client: Client, fleet: Fleet, subject: Session | Task) -> str:
    """Hold a session, or the run of a task, or let it go on. Raises ``Malformed`` for a task that no run has."""
    if isinstance(subject, Session):
        verb = "session.resume" if subject.paused else "session.pause"
        client.raw(verb, {"sessionId": subject.id})
        return f"{_name(subject)} {'goes on' if subject.paused else 'is paused'}"
    run = fleet.run_of(subject.id)
    if run is None or has_ended(run):
        raise Malformed("usage", "no run is at work on this task: there is nothing to pause")
    client.raw("run.resume" if run.paused else "run.pause", {"runId": run.id})
    return "the run goes on" if run.paused else "the run is paused"


def approval(fleet: Fleet, task: Task) -> Attention | None:
    """The open question whether the plan of the task's run is to be applied; None when there is none."""
    run = fleet.run_of(task.id)
    return next((each for each in fleet.questions() if run is not None and each.run_id == run.id), None)


def answer(client: Client, question: Attention, decided: Decided) -> str:
    """Answer a question."""
    members = {"attentionId": question.id, "value": decided.value}
    if decided.reason:
        members["reason"] = decided.reason
    client.raw("attention.answer", members)
    return f"answered: {safe(decided.value)}"


def session_to_sit_at(fleet: Fleet, subject: Session | Task | Attention | None) -> str | None:
    """The session whose terminal belongs to what is chosen: itself, the one that asks, the one at work on the task or below.

    Of a tree that failed it is the last session of the task that failed.
    """
    if isinstance(subject, Session):
        return subject.id
    if isinstance(subject, Attention):
        return subject.session_id or None
    if isinstance(subject, Task):
        own = fleet.sessions_of(subject.id)
        if own and own[-1].status in LIVE_SESSION:
            return own[-1].id
        failed = fleet.failed_below(subject.id) if subject.status is TaskStatus.FAILED else []
        blamed = [session for task in failed for session in reversed(fleet.sessions_of(task.id))]
        if blamed:
            return blamed[0].id
        found = fleet.sessions_below(subject.id) or own
        return found[-1].id if found else None
    return None


def _name(subject: Session | Task) -> str:
    return safe(subject.name if isinstance(subject, Session) else subject.title)
