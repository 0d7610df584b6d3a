"""The command line of a generated hook: an isolated interpreter by its absolute path, and one of the programs of ``hooks/``.

Agents run hooks with ``sh -c``, in whatever folder and environment they are in; so every word is quoted, nothing is looked up
on a PATH, and no virtual environment is entered (``bench/hook.py`` says what each of these costs).
"""

import shlex
import sys
from pathlib import Path

#: Tells the daemon what happened; never makes the agent wait for a decision.
EVENT = "event.py"
#: Asks the daemon for a decision and waits for it.
DECIDE = "decide.py"


def hook_words(hooks: Path, program: str, agent: str, event: str) -> tuple[str, ...]:
    """The words of the command. ``hooks`` is the folder with the programs."""
    interpreter = str(Path(sys.executable).resolve())
    return (interpreter, "-I", "-S", str(hooks / program), "--agent", agent, "--event", event)


def hook_command(hooks: Path, program: str, agent: str, event: str) -> str:
    """The same as one line for a shell."""
    return shlex.join(hook_words(hooks, program, agent, event))
