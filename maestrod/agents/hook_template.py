"""The templates of ``hooks/<agent>/``, filled in: which program reports an event, and which one waits for a decision.

In a template ``{report}`` stands for the program that reports and returns at once, ``{decide}`` for the one that prints the
agent's answer to a request for permission; the template adds ``--event NAME`` itself.
"""

import shlex
import sys
from pathlib import Path
from typing import Any

import msgspec

from maestrod.api.errors import Unavailable


def commands(hooks: Path, agent: str) -> dict[str, str]:
    """What stands for the words in a template: shell commands with absolute paths, so that no PATH decides what runs."""
    return {
        word: shlex.join([sys.executable, "-I", "-S", str(hooks / program), "--agent", agent])
        for word, program in (("{report}", "event.py"), ("{decide}", "decide.py"))
    }


def filled(hooks: Path, agent: str, template: str = "hooks.json") -> Any:
    """An agent's template with the commands in it. Raises ``Unavailable`` for an installation that lost it."""
    path = hooks / agent / template
    try:
        raw = msgspec.json.decode(path.read_bytes())
    except (OSError, msgspec.MsgspecError) as error:
        raise Unavailable("hooks.missing", f"{path} cannot be read ({error}): install maestrod again") from error
    return _fill(raw, commands(hooks, agent))


def _fill(value: Any, words: dict[str, str]) -> Any:
    if isinstance(value, dict):
        return {name: _fill(member, words) for name, member in value.items()}
    if isinstance(value, list):
        return [_fill(item, words) for item in value]
    if isinstance(value, str):
        for word, command in words.items():
            value = value.replace(word, command)
    return value
