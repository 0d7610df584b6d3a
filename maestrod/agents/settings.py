"""The user's settings of one agent: the table ``[agents.NAME]``.

For a built-in agent it adds variables to the agent's environment and chooses its terminal. With ``command`` it makes an
agent of any program that takes a task as a prompt (``custom.py``).
"""

from typing import Annotated, Literal

from msgspec import Meta

from maestrod.api.model.base import Entity
from maestrod.api.model.patterns import NO_NUL, VARIABLE

Variable = Annotated[str, Meta(pattern=VARIABLE, max_length=200)]
Word = Annotated[str, Meta(max_length=4096, pattern=NO_NUL)]


class AgentSettings(Entity, frozen=True, forbid_unknown_fields=True):
    """One agent's table. The configuration reference prints the description of each member."""

    env: Annotated[
        tuple[Variable, ...],
        Meta(description="Names (never values) of variables that pass from the daemon's environment to the agent."),
    ] = ()
    terminal: Annotated[
        Literal["pty", "pipe"] | None,
        Meta(
            description="How its workers run unless a call says otherwise: `pty` (on a terminal) or `pipe` (headless)."
        ),
    ] = None
    command: Annotated[
        tuple[Word, ...],
        Meta(
            description="Program and arguments of your own agent. `{prompt}` is the task as text, `{prompt_file}` a file with it, "
            "`{task_id}` the task. Without one of the first two, the prompt is its standard input."
        ),
    ] = ()
    description: Annotated[str, Meta(description="What `maestroctl agent list` says about it.")] = ""
