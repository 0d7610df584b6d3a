"""The guard around the command of a hook, so that the hook outlives this installation without harm.

A hook stays in an agent's settings when maestrod is uninstalled, moved, upgraded half-way, or not in the container that the settings are
mounted into. A shell or a Python that cannot find its script exits with 2, which Claude Code, Codex and Gemini CLI read as "block": they
then refuse every prompt. So what happens without us is decided by the command line itself.

Agents give the line to a shell of their own choice (``/bin/sh``, bash, or the user's ``$SHELL``, which may be fish). So it is a simple
command with single-quoted words for all of them, and the logic is in a script for ``/bin/sh`` that uses POSIX features only.
"""

import shlex
from collections.abc import Sequence
from enum import Enum

_SHELL = ("/bin/sh", "-c")
#: Reads what the program left of the agent's JSON, so that an agent that is still writing it does not meet a broken pipe.
_DRAIN = "[ -t 0 ] || cat >/dev/null"
_REFUSAL = "maestrod is not there to decide about this tool"


class Guard(Enum):
    """What a hook does when its program cannot run or fails. The ``:`` hold where the shell inherits ``set -e`` (``SHELLOPTS``)."""

    #: Reports an event: always silent, always exit status 0.
    REPORT = f'{{ "$@" >/dev/null || {_DRAIN}; }} 2>/dev/null || :; exit 0'
    #: Asks for a decision and prints it: silence with exit status 0 means "no opinion", and the agent's own default applies.
    DECIDE = f'{{ "$@" || {_DRAIN}; }} 2>/dev/null || :; exit 0'
    #: The only check before a tool runs: without a decision it refuses. Exit status 2 is "block", standard error the reason.
    GATE = (
        '{ said=$("$@") && [ -n "$said" ] && printf %s "$said" && exit 0; } 2>/dev/null || :; '
        f'{{ {_DRAIN}; }} 2>/dev/null || :; echo "{_REFUSAL}" >&2; exit 2'
    )


def guarded(words: Sequence[str], guard: Guard) -> str:
    """The command line of a hook that runs ``words``, for any shell."""
    return shlex.join([*_SHELL, guard.value, "maestrod-hook", *words])


def guarded_words(command: str) -> list[str] | None:
    """The words that a guarded command line runs; None for a command line without a guard. Raises ``ValueError`` for no command line."""
    words = shlex.split(command)
    is_guarded = words[:2] == list(_SHELL) and words[2:3] != [] and words[2] in {guard.value for guard in Guard}
    return words[4:] if is_guarded else None
