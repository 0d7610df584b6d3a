"""``maestroctl spawn``: start an agent on tasks, by hand."""

import enum
from typing import Annotated

import typer

from maestroctl.client.caller import Caller
from maestroctl.lines import LINES
from maestroctl.output import answer, answer_json
from maestroctl.verbs.options import Json
from maestrod.api.errors import Malformed
from maestrod.api.session import Role, Terminal
from maestrod.api.task import Strategy


class Held(enum.Enum):
    """How an agent can be held when we start it."""

    PTY = Terminal.PTY.value
    PIPE = Terminal.PIPE.value


def command(
    *,
    tasks: Annotated[list[str], typer.Option("--tasks", help="Ids, repeatable or separated by commas.")],
    agent: Annotated[str | None, typer.Option("--agent", help="The agent; the project's when left out.")] = None,
    name: Annotated[str | None, typer.Option("--name", help="What the session is called.")] = None,
    role: Annotated[Role, typer.Option("--role", help="To do, or to plan and watch.")] = Role.WORKER,
    strategy: Annotated[
        Strategy, typer.Option("--strategy", help="All tasks at once, or one claim after the other.")
    ] = Strategy.SIMPLE,
    persona: Annotated[str | None, typer.Option("--persona", help="The role it plays.")] = None,
    skills: Annotated[
        list[str] | None, typer.Option("--skills", help="Names, repeatable or separated by commas.")
    ] = None,
    terminal: Annotated[
        Held | None, typer.Option("--terminal", help="How it is held: on a terminal, or headless on pipes.")
    ] = None,
    as_json: Json = False,
) -> int:
    """Start an agent on tasks; prints its session."""
    from maestroctl.client.resolve import resolve_members

    members = {
        "taskIds": _split(tasks),
        "role": role.value,
        "strategy": strategy.value,
        **({"agent": agent} if agent else {}),
        **({"terminal": terminal.value} if terminal else {}),
        **({"name": name} if name else {}),
        **({"persona": persona} if persona else {}),
        **({"skills": _split(skills)} if skills else {}),
    }
    if not members["taskIds"]:
        raise Malformed("usage", "--tasks names no task")
    with Caller.here().client() as client:
        resolve_members(client, members)
        session = client.raw("session.spawn", members)
    if as_json:
        answer_json(session)
    else:
        answer(LINES["session.spawn"](session))
    return 0


def _split(values: list[str]) -> list[str]:
    return [part for value in values for part in value.split(",") if part]
