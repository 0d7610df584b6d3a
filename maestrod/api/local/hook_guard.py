"""The guard around a hook's command, so that the hook does no harm when maestrod is no longer installed.

A hook stays in an agent's settings when maestrod is uninstalled, moved, half upgraded, or missing in the container that the
settings are mounted into. A shell or a Python that cannot find its script exits with 2, which Claude Code, Codex and Gemini CLI
read as "block": they then refuse every prompt. So the command line itself decides what happens without maestrod.

Agents pass the line to a shell of their choice (``/bin/sh``, bash, or the user's ``$SHELL``, which may be fish). So it is a
simple command with single-quoted words that works in all of them. The logic is in a script for ``/bin/sh`` that uses only POSIX
features.
"""

import shlex
from collections.abc import Sequence
from enum import Enum

_SHELL = ("/bin/sh", "-c")
#: Reads the rest of the agent's JSON, so that an agent that is still writing it does not get a broken pipe.
_DRAIN = "[ -t 0 ] || cat >/dev/null"
_REFUSAL = "maestrod is not there to decide about this tool"


class Guard(Enum):
    """What a hook does if its program cannot run or fails. Each ``:`` is for shells that inherit ``set -e`` (``SHELLOPTS``)."""

    #: Reports an event: always silent, always exit code 0.
    REPORT = f'{{ "$@" >/dev/null || {_DRAIN}; }} 2>/dev/null || :; exit 0'
    #: Asks for a decision and prints it. No output with exit code 0 means "no opinion", and the agent's own default applies.
    DECIDE = f'{{ "$@" || {_DRAIN}; }} 2>/dev/null || :; exit 0'
    #: The only check before a tool runs: without a decision, it refuses. Exit code 2 means "block"; stderr has the reason.
    GATE = (
        '{ said=$("$@") && [ -n "$said" ] && printf %s "$said" && exit 0; } 2>/dev/null || :; '
        f'{{ {_DRAIN}; }} 2>/dev/null || :; echo "{_REFUSAL}" >&2; exit 2'
    )


def guarded(words: Sequence[str], guard: Guard) -> str:
    """The command line of a hook that runs ``words``, for any shell."""
    return shlex.join([*_SHELL, guard.value, "maestrod-hook", *words])


def guarded_words(command: str) -> list[str] | None:
    """The words that a guarded command line runs; None if it has no guard. Raises ``ValueError`` for an invalid command line."""
    words = shlex.split(command)
    is_guarded = words[:2] == list(_SHELL) and words[2:3] != [] and words[2] in {guard.value for guard in Guard}
    return words[4:] if is_guarded else None
