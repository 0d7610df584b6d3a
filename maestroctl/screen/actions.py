"""What the keys of the view do: one function per key, which takes the selection and returns a sentence on the result."""

from maestroctl.client.client import Client
from maestroctl.client.stop import stop as stop_all
from maestroctl.output import safe
from maestroctl.screen.answering import Decided
from maestroctl.screen.fleet import Fleet, has_ended
from maestrod.api.attention import Attention
from maestrod.api.errors import Malformed
from maestrod.api.session import Session
from maestrod.api.task import Task


def stop(client: Client, subject: Session | Task) -> str:
    """Stop a session or a task with all its processes."""
    results = stop_all(client, subject.id, "stopped in the view")
    left = sum(result["left"] for result in results)
    return f"{_name(subject)} stopped: {left} left"


def retry(client: Client, task: Task) -> str:
    """Retry what failed, here and below."""
    client.raw("task.retry", {"taskId": task.id})
    return f"{_name(task)}: retrying"


def pause(client: Client, fleet: Fleet, subject: Session | Task) -> str:
    """Pause or resume a session, or the run of a task. Raises ``Malformed`` for a task without an active run."""
    if isinstance(subject, Session):
        verb = "session.resume" if subject.paused else "session.pause"
        client.raw(verb, {"sessionId": subject.id})
        return f"{_name(subject)} {'resumed' if subject.paused else 'paused'}"
    run = fleet.run_of(subject.id)
    if run is None or has_ended(run):
        raise Malformed("usage", "no active run includes this task: nothing to pause")
    client.raw("run.resume" if run.paused else "run.pause", {"runId": run.id})
    return "run resumed" if run.paused else "run paused"


def approval(fleet: Fleet, task: Task) -> Attention | None:
    """The open question for approval of the plan of the task's run, if there is one."""
    run = fleet.run_of(task.id)
    return next((each for each in fleet.questions() if run is not None and each.run_id == run.id), None)


def answer(client: Client, question: Attention, decided: Decided) -> str:
    """Answer a question."""
    members = {"attentionId": question.id, "value": decided.value}
    if decided.reason:
        members["reason"] = decided.reason
    client.raw("attention.answer", members)
    return f"answered: {safe(decided.value)}"


def session_to_attach_to(fleet: Fleet, subject: Session | Task | Attention | None) -> str | None:
    """The session whose terminal belongs to the selection: itself, the one that asks, or the one that works on the task or below it.

    For a tree that failed, it is the last session of the failed task.
    """
    if isinstance(subject, Session):
        return subject.id
    if isinstance(subject, Attention):
        return subject.session_id or None
    if isinstance(subject, Task):
        own = fleet.sessions_of(subject.id)
        if own and not own[-1].status.is_over:
            return own[-1].id
        failed = fleet.failed_below(subject.id) if subject.status.is_failed else []
        blamed = [session for task in failed for session in reversed(fleet.sessions_of(task.id))]
        if blamed:
            return blamed[0].id
        found = fleet.sessions_below(subject.id) or own
        return found[-1].id if found else None
    return None


def _name(subject: Session | Task) -> str:
    return safe(subject.name if isinstance(subject, Session) else subject.title)
