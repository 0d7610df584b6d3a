"""The two strategies: all tasks in the order of the manifest, or one claim of the queue after the other.

Reports go by the very methods ``maestroctl`` calls for any agent. A failed task does not stop the ones that do not need it;
those that do are refused by the daemon when they are to be started.
"""

from .command import Runner
from .daemon import Daemon, Refused
from .task import perform
from .terminal import say

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

#: Standings of a task that somebody else has brought to an end: nothing is left to do, and nothing has failed.
_SETTLED = {"completed", "skipped", "cancelled"}


class Worker:
    """Does the tasks of one session."""

    def __init__(self, daemon: Daemon, runner: Runner) -> None:
        self._daemon = daemon
        self._runner = runner
        self._done = True

    def simple(self, tasks: "list[dict[str, Any]]") -> bool:
        """Do the tasks in order; whether all of them are done."""
        for task in tasks:
            if self._tell("task.start", taskId=task["id"]):
                self._finish(task, "task")
            elif not self._is_settled(task):
                self._done = False
        return self._done

    def queue(self) -> bool:
        """Claim and do tasks until nothing is left; whether all of them are done."""
        while True:
            claim = self._daemon.call("queue.next", wait=True)
            task = claim.get("task") if claim.get("item") else None
            if not task:
                return self._done
            self._finish(task, "queue")

    def _finish(self, task: "dict[str, Any]", noun: str) -> None:
        done, words = perform(task, self._runner, lambda fraction, text: self._progress(task, fraction, text))
        if done:
            say(f"# done: {words}")
            told = self._tell(f"{noun}.complete", taskId=task["id"], summary=words)
        else:
            told = self._tell(f"{noun}.fail", taskId=task["id"], error=words)
        self._done = self._done and done and (told or self._is_settled(task))

    def _progress(self, task: "dict[str, Any]", fraction: float, text: str) -> None:
        self._tell("task.progress", taskId=task["id"], progress=fraction, message=text)

    def _tell(self, method: str, **params: "Any") -> bool:
        """Report; False when the daemon says no to this one. A no to the session as such ends it."""
        try:
            self._daemon.call(method, **params)
        except Refused as refusal:
            if refusal.reason.startswith(("session.", "token.")):
                raise
            say(f"# {method} was refused: {refusal.message}")
            return False
        return True

    def _is_settled(self, task: "dict[str, Any]") -> bool:
        try:
            return self._daemon.call("task.get", taskId=task["id"]).get("status", "pending") in _SETTLED
        except Refused:
            return False
