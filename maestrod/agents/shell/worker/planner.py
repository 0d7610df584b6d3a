"""The orchestrator of the `shell` agent: run the planner program, hand in its plan, send it back with what the linter found.

The program runs in the project's folder. It reads the TaskContext as JSON on standard input (and finds it as a file in
``MAESTRO_TASK_CONTEXT``) and prints the plan: a JSON plan document, also with the fences and sentences that models put around
one, or a Markdown checklist. Or it calls
``maestroctl plan submit`` itself and prints nothing. When a plan is refused the program runs again, with
``MAESTRO_PLAN_DIAGNOSTICS`` naming a JSON file ``{"attempt": 2, "diagnostics": [{path, code, message, severity}]}``.
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

#: Bytes of a plan: the contract's bound on a plan message.
PLAN_LIMIT = 4_194_304
CONTEXT = "task-context.json"
DIAGNOSTICS = "plan-diagnostics.json"


class Failed(Exception):
    """There is no plan, and why."""


class Planner:
    """Makes and hands in the plan of one task. ``folder`` is the session's, where the context lies; a refused plan goes back
    to the program ``repairs`` times.
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
        """Whether a plan was accepted; if not, the task is told why."""
        self._tell("session.update", status="working")
        try:
            self._plan()
        except Failed as failure:
            say(f"# {failure}")
            self._tell("task.fail", taskId=self._task_id, error=str(failure))
            return False
        return True

    def _tell(self, method: str, **params: "Any") -> None:
        """Report something that the outcome does not hang on."""
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
        """What the program prints."""
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
        """What to do about it: for a script without its interpreter execve(2) says that the script is not there."""
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
        """Hand in the plan: None when it is accepted, else what is wrong with it."""
        try:
            plan = self._daemon.call("plan.submit", taskId=self._task_id, **_members(text))
        except Refused as refusal:
            found = refusal.details.get("diagnostics")
            if not found:
                raise Failed(f"the plan was refused: {refusal.message}") from refusal
            return list(found)
        return _verdict(plan)

    def _submitted_by_itself(self) -> "list[dict[str, Any]] | None":
        """The same of the plan that the program handed in itself."""
        plans = self._daemon.call("plan.list", taskId=self._task_id, limit=1000).get("items") or ()
        if not plans:
            raise Failed("the planner neither printed a plan nor submitted one with `maestroctl plan submit`")
        return _verdict(plans[-1])


def _members(text: str) -> "dict[str, Any]":
    """The plan as parameters: JSON as it is, anything else as text, which the daemon reads in whatever wrapping it is."""
    if text.lstrip()[:1] == "{":
        import json  # planners start rarely

        try:
            return {"plan": json.loads(text, object_pairs_hook=_object, parse_constant=int)}  # int refuses NaN
        except (ValueError, RecursionError):
            pass  # the daemon says where the mistake is
    return {"markdown": text}


def _object(pairs: "list[tuple[str, Any]]") -> "dict[str, Any]":
    """An object, unless a member appears twice: one of the two would be lost."""
    members = dict(pairs)
    if len(members) != len(pairs):
        raise ValueError
    return members


def _verdict(plan: "dict[str, Any]") -> "list[dict[str, Any]] | None":
    """None for an accepted plan."""
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
