"""One line on what a worker's verb did, made from the JSON reply. Imports almost nothing: agents run these verbs all day."""

from collections.abc import Callable, Mapping

from maestroctl.output import safe

TYPE_CHECKING = False  # importing typing takes longer than the call itself; type checkers treat this name as true
if TYPE_CHECKING:
    from typing import Any

    Reply = Mapping[str, Any]


def _task(reply: "Reply") -> str:
    return f"{reply['id']} {reply.get('status', 'pending')} {safe(reply['title'])}"


def _queue(reply: "Reply") -> str:
    items = reply.get("items", ())
    left = sum(not item.get("completedAt") for item in items)
    return f"{reply['id']} {left} of {len(items)} items left"


def _item(reply: "Reply") -> str:
    return f"{reply['taskId']} {reply.get('status', 'queued')}"


def _claim(reply: "Reply") -> str:
    task = reply.get("task")
    return f"{task['id']} {safe(task['title'])}" if task else ""


def _session(reply: "Reply") -> str:
    return f"{reply['id']} {reply['status']} {safe(reply['name'])}"


def _entry(reply: "Reply") -> str:
    return f"{reply['id']} {reply['type']}"


def _attention(reply: "Reply") -> str:
    answer = reply.get("answer")
    return safe(answer["value"]) if answer else str(reply["id"])


def _message(reply: "Reply") -> str:
    error = f": {safe(reply['error'])}" if reply.get("error") else ""
    return f"{reply['id']} {reply['status']}{error}"


#: The line for each method that agents call; an empty line is not printed.
LINES: "Mapping[str, Callable[[Reply], str]]" = {
    "task.start": _task,
    "task.progress": _task,
    "task.complete": _task,
    "task.fail": _task,
    "task.skip": _task,
    "task.block": _task,
    "task.cancel": _task,
    "task.retry": _task,
    "task.depend": _task,
    "task.undepend": _task,
    "queue.next": _claim,
    "queue.complete": _item,
    "queue.fail": _item,
    "queue.skip": _item,
    "queue.add": _queue,
    "queue.remove": _queue,
    "queue.move": _queue,
    "queue.requeue": _queue,
    "session.register": _session,
    "session.update": _session,
    "session.pause": _session,
    "session.resume": _session,
    "session.spawn": _session,
    "session.link": _session,
    "session.unlink": _session,
    "session.report": _entry,
    "message.send": _message,
    "message.cancel": _message,
    "attention.ask": _attention,
    "attention.wait": _attention,
    "attention.answer": _attention,
}


def explain_empty(method: str, reply: "Reply") -> str:
    """The message on stderr when there is no result to print."""
    if method == "queue.next":
        return "The queue is closed: there will be no more." if reply.get("closed") else "Nothing is queued now."
    return "Done."
