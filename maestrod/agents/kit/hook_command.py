"""The command line of a generated hook: an isolated interpreter by its absolute path, and one of the programs of ``hooks/``.

Agents run hooks with a shell, in any folder and environment. So every word is quoted, our programs are not looked up on
a PATH, and no virtual environment is entered (``bench/hook.py`` measures what each of these costs). A session may outlive
this installation, so the command is guarded (``maestrod/api/local/hook_guard.py``).
"""

from pathlib import Path

from maestrod.api.local.hook_guard import Guard, guarded
from maestrod.api.local.program_links import interpreter

#: Reports to the daemon what happened; never makes the agent wait for a decision.
EVENT = "event.py"
#: Asks the daemon for a decision and waits for it.
DECIDE = "decide.py"
#: Any other program is a gate of the agent's own.
_GUARDS = {EVENT: Guard.REPORT, DECIDE: Guard.DECIDE}


def hook_words(hooks: Path, program: str, agent: str, event: str) -> tuple[str, ...]:
    """The words of the command. ``hooks`` is the folder with the programs."""
    return (str(interpreter(hooks)), "-I", "-S", str(hooks / program), "--agent", agent, "--event", event)


def hook_command(hooks: Path, program: str, agent: str, event: str, *more: str) -> str:
    """The command, with more arguments, as one guarded line for a shell."""
    return guarded((*hook_words(hooks, program, agent, event), *more), _GUARDS.get(program, Guard.GATE))
