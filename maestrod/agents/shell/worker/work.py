"""The two strategies: all tasks in the order of the manifest, or one claim from the queue at a time.

Reports use the same methods as ``maestroctl``. A failed task does not stop tasks that do not depend on it; the daemon
refuses to start those that do.
"""

from .command import Runner
from .daemon import Daemon, Refused, steady
from .task import Program, perform
from .terminal import say

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any


class Worker:
    """Does the tasks of one session."""

    def __init__(self, daemon: Daemon, runner: Runner, program: Program | None = None) -> None:
        self._daemon = daemon
        self._runner = runner
        self._program = program
        self._done = True

    def simple(self, tasks: "list[dict[str, Any]]") -> bool:
        """Do the tasks in order; returns whether all of them are done."""
        for task in tasks:
            if self._tell("task.start", taskId=task["id"]):
                self._finish(task, "task")
            elif not self._is_settled(task):
                self._done = False
        return self._done

    def queue(self) -> bool:
        """Claim and do tasks until none is left; returns whether all are done. Sends each report with the next claim."""
        claim = self._daemon.call("queue.next", wait=True)
        while task := claim.get("task") if claim.get("item") else None:
            method, params = self._perform(task, "queue")
            reply, claim = self._daemon.calls((method, params), ("queue.next", {"wait": True}))
            self._settle(task, method, self._is_taken(method, reply))
            if isinstance(claim, Refused):
                raise claim
        return self._done

    def _finish(self, task: "dict[str, Any]", noun: str) -> None:
        method, params = self._perform(task, noun)
        self._settle(task, method, self._tell(method, **params))

    def _perform(self, task: "dict[str, Any]", noun: str) -> "tuple[str, dict[str, Any]]":
        """Do a task; returns the method and parameters that report the result."""
        done, words = perform(
            task, self._runner, lambda fraction, text: self._progress(task, fraction, text), self._program
        )
        if not done:
            return f"{noun}.fail", {"taskId": task["id"], "error": words, "at": steady()}
        say(f"# done: {words}")
        return f"{noun}.complete", {"taskId": task["id"], "summary": words, "at": steady()}

    def _settle(self, task: "dict[str, Any]", method: str, is_taken: bool) -> None:
        self._done = self._done and method.endswith(".complete") and (is_taken or self._is_settled(task))

    def _progress(self, task: "dict[str, Any]", fraction: float, text: str) -> None:
        self._daemon.note("task.progress", taskId=task["id"], progress=fraction, message=text, at=steady())

    def _tell(self, method: str, **params: "Any") -> bool:
        """Send a report; returns False when the daemon refuses it."""
        return self._is_taken(method, self._daemon.calls((method, params))[0])

    def _is_taken(self, method: str, answer: "Any") -> bool:
        """Whether the daemon accepted a report. Raises ``Refused`` when it refuses the session itself."""
        if not isinstance(answer, Refused):
            return True
        if answer.is_final:
            raise answer
        say(f"# {method} was refused: {answer.message}")
        return False

    def _is_settled(self, task: "dict[str, Any]") -> bool:
        """Whether another client has brought the task to an end: nothing is left to do, and nothing has failed."""
        try:
            found = self._daemon.call("task.get", taskId=task["id"])
        except Refused:
            return False
        return bool(found.get("completedAt")) and found["status"] != "failed"
