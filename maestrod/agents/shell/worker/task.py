"""Performs one task: runs its commands in order and its checks, and describes the result."""

import time

from .command import CommandResult, Runner
from .prompt import variables
from .terminal import plain, say, tail
from .workplace import FolderLost

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    #: Called after each command with the task's progress (0 to 1) and a short text.
    Progress = Callable[[float, str], None]

#: How many characters of a command a message shows: its beginning is enough to recognize it.
_SHOWN = 200


class Program:
    """A program that gets each task as a prompt, in place of the task's own commands: one command line for all tasks."""

    def __init__(self, command: str, folder: str) -> None:
        self.command = command
        self._folder = folder

    def variables(self, task: "dict[str, Any]") -> dict[str, str]:
        """The variables that describe a task to the program. Raises ``OSError`` when the prompt cannot be written."""
        return variables(task, self._folder)


def perform(
    task: "dict[str, Any]", runner: Runner, progress: "Progress", program: Program | None = None
) -> tuple[bool, str]:
    """Run a task's commands, or ``program`` instead, and its checks. Returns whether it is done, and a summary or error."""
    say(f"## {task['title']}")
    try:
        variables = {"MAESTRO_TASK_ID": task["id"], **(program.variables(task) if program is not None else {})}
    except OSError as error:
        return False, f"the prompt cannot be written: {error}"
    own = (task.get("commands") or ()) if program is None else (program.command,)
    commands = [("command", command) for command in own]
    steps = commands + [("check", check) for check in task.get("checks") or ()]
    began = time.monotonic()
    last = b""
    for number, (kind, command) in enumerate(steps, 1):
        say(f"$ {command}")
        try:
            outcome = runner.shell(command, **variables)
        except FolderLost as lost:
            return False, f"{lost}; {kind} not run: {shortened(command)}"
        except OSError as error:
            return False, f"{kind} cannot be started: {error}: {shortened(command)}"
        if not outcome.ok:
            return False, explain(kind, command, outcome)
        last = outcome.output or last
        if number < len(steps):
            progress(number / len(steps), f"{number}/{len(steps)} {shortened(command)}")
    return True, _summary(len(commands), len(steps) - len(commands), time.monotonic() - began, last)


def explain(kind: str, command: str, outcome: CommandResult) -> str:
    """The error text of a failed command: which one, how it ended, and its last lines."""
    text = f"{kind} {outcome}: {shortened(command)}"
    lines = tail(outcome.output)
    say(f"# {text}")
    return f"{text}\n{lines}" if lines else text


def shortened(command: str) -> str:
    """The first line of a command, or as much of it as fits a message."""
    lines = [line for line in command.split("\n") if line.strip() and line.strip() != "set -e"]
    first = lines[0].strip() if lines else ""
    return first if len(lines) < 2 and len(first) <= _SHOWN else f"{first[:_SHOWN]} …"


def _summary(commands: int, checks: int, seconds: float, output: bytes) -> str:
    parts = [
        f"{count} {noun}{'s' if count > 1 else ''}"
        for count, noun in ((commands, "command"), (checks, "check"))
        if count
    ]
    text = f"{' and '.join(parts) or 'nothing to run'} in {seconds:.1f} s"
    lines = plain(output[-2000:])
    return f"{text}: {lines[-1][:_SHOWN]}" if lines else text
