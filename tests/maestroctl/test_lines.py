"""One line per verb of a worker; a row that has a line must be a row."""

import pytest

from maestroctl.lines import LINES, explain_empty
from maestrod.api.protocol.registry import METHODS
from tests.kit.clients.entities import QUESTION, SESSION, TASK, session, task

QUEUE = {
    "id": f"que_{SESSION}",
    "sessionId": SESSION,
    "items": [
        {"taskId": TASK},
        {"taskId": TASK, "status": "completed", "completedAt": 1},
        {"taskId": TASK, "status": "processing"},
    ],
}


@pytest.mark.parametrize(
    "method, reply, line",
    [
        ("task.start", task(status="in_progress"), f"{TASK} in_progress Write the parser"),
        ("task.start", task(title="\x1b[31mred"), f"{TASK} pending \\x1b[31mred"),
        ("queue.add", QUEUE, f"que_{SESSION} 2 of 3 items left"),
        ("queue.complete", {"taskId": TASK, "status": "completed"}, f"{TASK} completed"),
        ("queue.next", {"task": task(), "item": {"taskId": TASK}}, f"{TASK} Write the parser"),
        ("queue.next", {}, ""),
        ("session.register", session(status="idle"), f"{SESSION} idle parser"),
        ("session.report", {"id": "evt_1", "type": "milestone"}, "evt_1 milestone"),
        ("attention.ask", {"id": QUESTION}, QUESTION),
        ("attention.ask", {"id": QUESTION, "answer": {"value": "yes\x07"}}, "yes\\x07"),
    ],
)
def test_the_line_is_formed(method: str, reply: dict[str, object], line: str) -> None:
    assert LINES[method](reply) == line


def test_every_line_belongs_to_a_method() -> None:
    assert set(LINES) <= set(METHODS)


def test_an_empty_answer_is_explained() -> None:
    assert "closed" in explain_empty("queue.next", {"closed": True})
    assert "queued" in explain_empty("queue.next", {})
