"""What the keys of the view do to the daemon: one function per key, from what is chosen to a sentence that says what came of it."""

from maestroctl.client import Client
from maestroctl.output import safe
from maestroctl.run_model import LIVE_SESSION
from maestroctl.screen.fleet import Fleet, has_ended
from maestroctl.verbs.stop import stop as stop_all
from maestrod.api.attention import Attention
from maestrod.api.errors import Malformed
from maestrod.api.run import RunStatus
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


def approve(client: Client, fleet: Fleet, task: Task) -> str:
    """Say yes to the plan of the task's run. Raises ``Malformed`` where none waits."""
    run = fleet.run_of(task.id)
    if run is None or run.status is not RunStatus.AWAITING_APPROVAL or run.plan_id is None:
        raise Malformed("usage", "no plan waits for a yes here")
    client.raw("plan.approve", {"planId": run.plan_id})
    return "the plan is approved"


def answer(client: Client, question: Attention, value: str) -> str:
    """Answer a question."""
    client.raw("attention.answer", {"attentionId": question.id, "value": value})
    return f"answered: {safe(value)}"


def session_to_sit_at(fleet: Fleet, subject: Session | Task | Attention | None) -> str | None:
    """The session whose terminal belongs to what is chosen: itself, the asking one, the one at work on the task or below."""
    if isinstance(subject, Session):
        return subject.id
    if isinstance(subject, Attention):
        return subject.session_id
    if isinstance(subject, Task):
        own = fleet.sessions_of(subject.id)
        if own and own[-1].status in LIVE_SESSION:
            return own[-1].id
        found = fleet.sessions_below(subject.id) or own
        return found[-1].id if found else None
    return None


def _name(subject: Session | Task) -> str:
    return safe(subject.name if isinstance(subject, Session) else subject.title)
