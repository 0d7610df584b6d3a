"""``maestroctl run``: from a request to a completed tree, watched live."""

import shlex
import shutil
from pathlib import Path
from typing import Annotated, Any

import typer

from maestroctl.client.caller import Caller
from maestroctl.client.client import Client
from maestroctl.client.text_input import read_file
from maestroctl.output import answer, answer_json, safe, say
from maestroctl.show import agent_choice
from maestroctl.verbs.options import ExitOnQuestion, Json, JsonLines
from maestrod.api.errors import MaestroError, Malformed
from maestrod.api.text import plan_text
from maestrod.api.text.json_text import Flaw

_MARKDOWN = {".md", ".markdown"}


def start(
    *,
    text: Annotated[
        str | None, typer.Argument(metavar="TEXT", help="The request, in words.", show_default=False)
    ] = None,
    task: Annotated[str | None, typer.Option("--task", help="Run a task there is already, by its id.")] = None,
    plan: Annotated[
        str | None, typer.Option("--plan", help="A ready plan: a JSON or Markdown file, - for stdin.")
    ] = None,
    project: Annotated[
        str | None,
        typer.Option("--project", help="The project to work in; the one of the folder you stand in when left out."),
    ] = None,
    agent: Annotated[
        str | None, typer.Option("--agent", help="The agent that plans and works; the project's when left out.")
    ] = None,
    remember: Annotated[
        bool, typer.Option("--remember", help="Let --agent plan this project's requests from now on.")
    ] = False,
    planner: Annotated[
        str | None,
        typer.Option("--planner", help="The program that plans, for agents that take one (docs/planner.md)."),
    ] = None,
    approve: Annotated[
        bool, typer.Option("--approve", help="Wait for your approval before a plan is applied.")
    ] = False,
    keep_planner: Annotated[
        bool,
        typer.Option("--keep-planner", help="Let the planning agent stay: it is told what happens and may plan more."),
    ] = False,
    max_sessions: Annotated[int | None, typer.Option("--max-sessions", min=1, help="Sessions at work at once.")] = None,
    max_attempts: Annotated[int | None, typer.Option("--max-attempts", min=1, help="Tries for each task.")] = None,
    detach: Annotated[bool, typer.Option("--detach", help="Print the run's id and leave it to itself.")] = False,
    exit_on_question: ExitOnQuestion = False,
    as_json: Json = False,
    as_lines: JsonLines = False,
) -> int:
    """Run a request, a task or a plan and watch it until it is done.

    Examples: maestroctl run "add tests for the parser" --approve; maestroctl run --plan plan.md --max-sessions 3.

    Exit code: 0 completed, 1 failed, 130 cancelled (or Ctrl-C, which leaves the run to itself), 75 waits for you.
    """
    caller = Caller.here()
    members = parameters(caller, text, task, plan, has_project=project is not None)
    if project is not None:
        members["projectId"] = project
    options: dict[str, Any] = {"agent": agent, "planner": absolute_program(caller.folder, planner) if planner else None}
    options |= {"maxSessions": max_sessions, "maxAttempts": max_attempts}
    options |= {"approve": approve or None, "keepPlanner": keep_planner or None}
    members |= {name: value for name, value in options.items() if value is not None}
    with caller.client() as client:
        if task is not None or project is not None:
            from maestroctl.client.resolve import resolve_members

            resolve_members(client, members)
        run = agent_choice.start(client, members, remembered=remember)
        if "workingDir" in members and not (as_json or as_lines):
            _say_project(client, members["workingDir"])
        if detach:
            return _detached(run, as_json=as_json or as_lines)
        from maestroctl.show.run_follow import follow, stream_json

        if as_lines:
            return stream_json(client, run["id"])
        return follow(caller, client, run["id"], as_json=as_json, stop_on_question=exit_on_question)


def parameters(
    caller: Caller, text: str | None, task: str | None, plan: str | None, *, has_project: bool = False
) -> dict[str, Any]:
    """What to run, as parameters of ``run.start``. Raises ``Malformed`` unless it is exactly one thing."""
    if sum(given is not None for given in (text, task, plan)) != 1:
        raise Malformed("usage", "say what to run: a TEXT, --task ID or --plan FILE, and only one of them")
    if task is not None:
        return {"taskId": task}
    members: dict[str, Any] = {} if has_project else {"workingDir": _folder(caller)}
    if plan is not None:
        return members | plan_document(plan)
    return members | {"text": text}


def _folder(caller: Caller) -> str:
    """The folder the user stands in, which says the project. On another machine the same path would be another folder."""
    if caller.is_remote:
        raise Malformed(
            "usage", "the folder you stand in is not on the daemon's machine: name a project with --project"
        )
    return caller.wire_path(caller.folder)


def _say_project(client: Client, folder: str) -> None:
    """Say which project a run belongs to when that is not plainly the folder's."""
    try:
        projects = client.raw("project.list", {"workingDir": folder}).get("items", ())
    except MaestroError:  # only a word; the run has started
        return
    for project in projects:
        if project["workingDir"] != folder:
            say(f"Project {safe(project['name'])} in {safe(project['workingDir'])}")


def plan_document(name: str) -> dict[str, Any]:
    """A plan file as the parameters ``plan`` or ``markdown``. Raises ``Malformed`` for what cannot be read."""
    content = read_file(name, "the plan")
    if Path(name).suffix.lower() in _MARKDOWN or (name == "-" and not _is_json(content)):
        return {"markdown": content}
    try:
        document = _json_plan(content)
    except Flaw as flaw:
        place = f" (at {flaw.path})" if flaw.path else ""
        raise Malformed("usage", f"{name} is not JSON: {flaw}{place}; a Markdown plan ends in .md") from flaw
    if not isinstance(document, dict):
        raise Malformed("usage", f"{name} is not a plan: a JSON object with `groups`")
    return {"plan": document}


def _is_json(content: str) -> bool:
    return content.lstrip("\ufeff \t\r\n").startswith("{")


def _json_plan(content: str) -> Any:
    """The plan that a text is, or that it wraps as models wrap it. Raises ``Flaw``."""
    try:
        return plan_text.read(content)
    except Flaw:
        wrapped = plan_text.only_document_in(content)
        if wrapped is None:
            raise
        return plan_text.read(wrapped)


def absolute_program(folder: Path, command: str) -> list[str]:
    """A command line whose program is an absolute path: the daemon stands somewhere else. Raises ``Malformed``."""
    try:
        words = shlex.split(command)
    except ValueError as error:
        raise Malformed("usage", f"--planner: {error}") from error
    if not words:
        raise Malformed("usage", "--planner names no program")
    beside = folder / words[0]
    found = str(beside) if beside.exists() else shutil.which(words[0])
    if found is None:
        raise Malformed("usage", f"--planner: there is no program {words[0]} here or on PATH")
    return [found, *words[1:]]


def _detached(run: dict[str, Any], *, as_json: bool) -> int:
    if as_json:
        answer_json(run)
    else:
        answer(run["id"])
        say(f"Watch it with: maestroctl watch {run['id']}")
    return 0


start.default = True  # type: ignore[attr-defined] # read by app.py: `maestroctl run TEXT`
COMMANDS = {"start": start}
