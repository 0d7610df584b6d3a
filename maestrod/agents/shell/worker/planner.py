"""The orchestrator of the `shell` agent: runs the planner program, submits its plan, and returns the linter's findings to it.

The program runs in the project's folder. It reads the TaskContext as JSON on standard input (``MAESTRO_TASK_CONTEXT``
names a file with it) and prints the plan: a JSON document, possibly with the fences and sentences that models put around
one, or a Markdown checklist. Instead it may call ``maestroctl plan submit`` itself and print nothing. When a plan is
refused, the program runs again, and ``MAESTRO_PLAN_DIAGNOSTICS`` names a JSON file
``{"attempt": 2, "diagnostics": [{path, code, message, severity}]}``.
"""

import posix

from .command import CommandResult, Runner
from .daemon import Daemon, Refused
from .jsontext import dumps
from .task import explain
from .terminal import say
from .workplace import FolderLost

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

#: Maximum bytes of a plan: the contract's limit for a plan message.
PLAN_LIMIT = 4_194_304
CONTEXT = "task-context.json"
DIAGNOSTICS = "plan-diagnostics.json"


class Failed(Exception):
    """There is no plan; the text says why."""


class Planner:
    """Makes and submits the plan of one task. ``folder`` is the session's folder, which has the context; a refused plan is
    returned to the program up to ``repairs`` times.
    """

    def __init__(
        self, daemon: Daemon, runner: Runner, program: list[str], task_id: str, folder: str, repairs: int
    ) -> None:
        self._daemon = daemon
        self._runner = runner
        self._program = program
        self._task_id = task_id
        self._folder = folder
        self._repairs = repairs

    def plan(self) -> bool:
        """Make and submit the plan; returns whether it was accepted. If not, the task fails with the reason."""
        self._tell("session.update", status="working")
        try:
            self._plan()
        except Failed as failure:
            say(f"# {failure}")
            self._tell("task.fail", taskId=self._task_id, error=str(failure))
            return False
        return True

    def _tell(self, method: str, **params: "Any") -> None:
        """Report something that does not affect the outcome."""
        try:
            self._daemon.call(method, **params)
        except Refused as refusal:
            say(f"# {method} was refused: {refusal.message}")

    def _plan(self) -> None:
        findings: list[dict[str, Any]] = []
        for attempt in range(1, self._repairs + 2):
            text = self._run(attempt, findings)
            refused = self._submit(text) if text.strip() else self._submitted_by_itself()
            if refused is None:
                return
            findings = refused
            for finding in findings:
                say(f"# {finding.get('severity', 'error')} at {finding.get('path')}: {finding.get('message')}")
        raise Failed(f"the plan was refused {self._repairs + 1} times; last: {_first(findings)}")

    def _run(self, attempt: int, findings: "list[dict[str, Any]]") -> str:
        """Run the program; returns its output."""
        context = f"{self._folder}/{CONTEXT}"
        variables = {"MAESTRO_TASK_CONTEXT": context}
        if findings:
            variables["MAESTRO_PLAN_DIAGNOSTICS"] = path = f"{self._folder}/{DIAGNOSTICS}"
            _write(path, dumps({"attempt": attempt, "diagnostics": findings}))
        command = " ".join(self._program)
        say(f"$ {command}")
        try:
            outcome = self._runner.program(self._program, context, PLAN_LIMIT + 1, **variables)
        except FolderLost as lost:
            raise Failed(str(lost)) from lost
        except OSError as error:
            raise Failed(f"the planner {command} cannot be started: {self._obstacle(error)}") from error
        return self._printed(command, outcome)

    def _obstacle(self, error: OSError) -> str:
        """What is wrong: for a script whose interpreter is missing, execve(2) reports that the script is missing."""
        if isinstance(error, PermissionError):
            return "it is not executable (chmod +x)"
        if isinstance(error, FileNotFoundError) and posix.access(self._program[0], posix.F_OK):
            return "the interpreter named in its first line does not exist"
        return error.strerror or str(error)

    def _printed(self, command: str, outcome: CommandResult) -> str:
        if not outcome.ok:
            raise Failed(explain("planner", command, outcome))
        if len(outcome.output) > PLAN_LIMIT:
            raise Failed(f"the planner {command} printed more than {PLAN_LIMIT} bytes")
        return outcome.output.decode("utf-8", "replace")

    def _submit(self, text: str) -> "list[dict[str, Any]] | None":
        """Submit the plan. Returns None when it is accepted, otherwise the findings."""
        try:
            plan = self._daemon.call("plan.submit", taskId=self._task_id, **_members(text))
        except Refused as refusal:
            found = refusal.details.get("diagnostics")
            if not found:
                raise Failed(f"the plan was refused: {refusal.message}") from refusal
            return list(found)
        return _verdict(plan)

    def _submitted_by_itself(self) -> "list[dict[str, Any]] | None":
        """The result for a plan that the program submitted itself: None when it was accepted, otherwise the findings."""
        plans = self._daemon.call("plan.list", taskId=self._task_id, limit=1000).get("items") or ()
        if not plans:
            raise Failed("the planner neither printed a plan nor submitted one with `maestroctl plan submit`")
        return _verdict(plans[-1])


def _members(text: str) -> "dict[str, Any]":
    """The plan as parameters: valid JSON as a document, anything else as text, in which the daemon finds the plan."""
    if text.lstrip()[:1] == "{":
        import json  # planners start rarely

        try:
            return {"plan": json.loads(text, object_pairs_hook=_object, parse_constant=int)}  # int refuses NaN
        except (ValueError, RecursionError):
            pass  # the daemon reports where the mistake is
    return {"markdown": text}


def _object(pairs: "list[tuple[str, Any]]") -> "dict[str, Any]":
    """Build an object; refuses a member that appears twice, because one of the two would be lost."""
    members = dict(pairs)
    if len(members) != len(pairs):
        raise ValueError
    return members


def _verdict(plan: "dict[str, Any]") -> "list[dict[str, Any]] | None":
    """The findings of an invalid plan; None for an accepted one."""
    if plan.get("status") == "invalid":
        return list(plan.get("diagnostics") or [_finding("invalid", "The plan is invalid")])
    say(f"# plan {plan.get('id')} is {plan.get('status')}")
    return None


def _finding(code: str, message: str) -> "dict[str, Any]":
    return {"path": "plan", "code": code, "message": message, "severity": "error"}


def _first(findings: "list[dict[str, Any]]") -> str:
    return "; ".join(f"{finding.get('path')}: {finding.get('message')}" for finding in findings[:3])


def _write(path: str, text: str) -> None:
    fd = posix.open(path, posix.O_WRONLY | posix.O_CREAT | posix.O_TRUNC | posix.O_CLOEXEC, 0o600)
    with open(fd, "w", encoding="utf-8") as file:  # noqa: PTH123 - pathlib costs more than starting
        file.write(text)
