"""``maestroctl spawn``: start an agent on tasks."""

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
    """What the daemon can connect an agent to."""

    PTY = Terminal.PTY.value
    PIPE = Terminal.PIPE.value


def command(
    *,
    tasks: Annotated[list[str], typer.Option("--tasks", help="Task ids. Repeatable or comma-separated.")],
    agent: Annotated[str | None, typer.Option("--agent", help="The agent. Defaults to the project's agent.")] = None,
    name: Annotated[str | None, typer.Option("--name", help="Name of the session.")] = None,
    role: Annotated[Role, typer.Option("--role", help="What the session is for.")] = Role.WORKER,
    strategy: Annotated[
        Strategy,
        typer.Option(
            "--strategy", help="How the session gets its tasks: simple (all at once) or queue (one claim at a time)."
        ),
    ] = Strategy.SIMPLE,
    persona: Annotated[str | None, typer.Option("--persona", help="A persona for the agent.")] = None,
    skills: Annotated[
        list[str] | None, typer.Option("--skills", help="Skills for the agent. Repeatable or comma-separated.")
    ] = None,
    terminal: Annotated[
        Held | None, typer.Option("--terminal", help="Run the agent on a terminal (pty), or headless on pipes (pipe).")
    ] = None,
    as_json: Json = False,
) -> int:
    """Start an agent on tasks and print its session."""
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
    with Caller.of_this_process().client() as client:
        resolve_members(client, members)
        session = client.raw("session.spawn", members)
    if as_json:
        answer_json(session)
    else:
        answer(LINES["session.spawn"](session))
    return 0


def _split(values: list[str]) -> list[str]:
    return [part for value in values for part in value.split(",") if part]
