"""What a user's configuration says of one agent: the table ``[agents.NAME]``.

For an agent that is built in it says what else passes into its environment and how it is held; with ``command`` it makes an
agent of any program that takes a task as a prompt (``custom.py``).
"""

from typing import Annotated

from msgspec import Meta

from maestrod.api.base import Entity
from maestrod.api.patterns import NO_NUL
from maestrod.api.session import Terminal

#: A variable's name (POSIX: environment variable names; lower case is what proxies have).
Variable = Annotated[str, Meta(pattern=r"^[A-Za-z_][A-Za-z0-9_]*\Z", max_length=200)]
Word = Annotated[str, Meta(max_length=4096, pattern=NO_NUL)]


class AgentSettings(Entity, frozen=True, forbid_unknown_fields=True):
    """``env`` are names of variables that pass from the daemon's environment to the agent, never values.

    ``terminal`` is how its workers are held when nobody says (``pty`` or ``pipe``). ``command`` is the program of a custom agent and
    its arguments, with ``{prompt}`` (the task as text), ``{prompt_file}`` (a file with it) and ``{task_id}`` in them; without the first
    two the prompt is its standard input. ``description`` says what it is.
    """

    env: tuple[Variable, ...] = ()
    terminal: Terminal | None = None
    command: tuple[Word, ...] = ()
    description: str = ""
