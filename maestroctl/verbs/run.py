"""``maestroctl run``: run a request, a task or a plan, and follow it."""

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
    text: Annotated[str | None, typer.Argument(metavar="TEXT", help="What to do.", show_default=False)] = None,
    task: Annotated[str | None, typer.Option("--task", help="Run an existing task, by its id.")] = None,
    plan: Annotated[
        str | None, typer.Option("--plan", help="Run a plan: a JSON or Markdown file, or - for stdin.")
    ] = None,
    project: Annotated[
        str | None,
        typer.Option("--project", help="Project. Defaults to the current directory's project."),
    ] = None,
    agent: Annotated[
        str | None, typer.Option("--agent", help="The agent that plans and works. Defaults to the project's agent.")
    ] = None,
    remember: Annotated[bool, typer.Option("--remember", help="Make --agent the project's planning agent.")] = False,
    planner: Annotated[
        str | None,
        typer.Option("--planner", help="A planning program (shell agent; docs/planner.md)."),
    ] = None,
    approve: Annotated[bool, typer.Option("--approve", help="Wait for your approval of the plan.")] = False,
    keep_planner: Annotated[
        bool,
        typer.Option("--keep-planner", help="Keep the planning agent to the end; it may plan more."),
    ] = False,
    max_sessions: Annotated[
        int | None, typer.Option("--max-sessions", min=1, help="Maximum number of worker sessions at the same time.")
    ] = None,
    max_attempts: Annotated[
        int | None, typer.Option("--max-attempts", min=1, help="Maximum attempts per task.")
    ] = None,
    detach: Annotated[bool, typer.Option("--detach", help="Print the run's id and return at once.")] = False,
    exit_on_question: ExitOnQuestion = False,
    as_json: Json = False,
    as_lines: JsonLines = False,
) -> int:
    """Run a request, a task or a plan, and follow it to the end.

    Examples:
        maestroctl run "add tests for the parser" --approve
        maestroctl run --plan plan.md --max-sessions 3

    Exit code: 0 completed, 1 failed, 130 cancelled (or Ctrl-C: the run continues), 75 blocked on your answer.
    """
    caller = Caller.of_this_process()
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
        raise Malformed("usage", "say what to run: exactly one of TEXT, --task ID and --plan FILE")
    if task is not None:
        return {"taskId": task}
    members: dict[str, Any] = {} if has_project else {"workingDir": _folder(caller)}
    if plan is not None:
        return members | plan_document(plan)
    return members | {"text": text}


def _folder(caller: Caller) -> str:
    """The current directory, which determines the project. On a remote machine the same path would be another folder."""
    if caller.is_remote:
        raise Malformed(
            "usage", "the current directory is not on the daemon's machine: choose a project with --project"
        )
    return caller.wire_path(caller.folder)


def _say_project(client: Client, folder: str) -> None:
    """Say which project a run belongs to if it is not the current directory's."""
    try:
        projects = client.raw("project.list", {"workingDir": folder}).get("items", ())
    except MaestroError:  # for information only: the run has started
        return
    for project in projects:
        if project["workingDir"] != folder:
            say(f"Project {safe(project['name'])} in {safe(project['workingDir'])}")


def plan_document(name: str) -> dict[str, Any]:
    """A plan file as the parameter ``plan`` or ``markdown``. Raises ``Malformed`` if it cannot be read."""
    content = read_file(name, "the plan")
    if Path(name).suffix.lower() in _MARKDOWN or (name == "-" and not _is_json(content)):
        return {"markdown": content}
    try:
        document = _json_plan(content)
    except Flaw as flaw:
        place = f" (at {flaw.path})" if flaw.path else ""
        raise Malformed(
            "usage", f"{name} is not JSON: {flaw}{place}; the name of a Markdown plan ends in .md"
        ) from flaw
    if not isinstance(document, dict):
        raise Malformed("usage", f"{name} is not a plan: expected a JSON object with `groups`")
    return {"plan": document}


def _is_json(content: str) -> bool:
    return content.lstrip("\ufeff \t\r\n").startswith("{")


def _json_plan(content: str) -> Any:
    """The plan in a text, also inside prose or a code fence, as models write it. Raises ``Flaw``."""
    try:
        return plan_text.read(content)
    except Flaw:
        wrapped = plan_text.only_document_in(content)
        if wrapped is None:
            raise
        return plan_text.read(wrapped)


def absolute_program(folder: Path, command: str) -> list[str]:
    """A command line whose program is an absolute path, since the daemon has another working directory. Raises ``Malformed``."""
    try:
        words = shlex.split(command)
    except ValueError as error:
        raise Malformed("usage", f"--planner: {error}") from error
    if not words:
        raise Malformed("usage", "--planner: the command is empty")
    beside = folder / words[0]
    found = str(beside) if beside.exists() else shutil.which(words[0])
    if found is None:
        raise Malformed("usage", f"--planner: program {words[0]} not found, neither here nor on PATH")
    return [found, *words[1:]]


def _detached(run: dict[str, Any], *, as_json: bool) -> int:
    if as_json:
        answer_json(run)
    else:
        answer(run["id"])
        say(f"To follow it: maestroctl watch {run['id']}")
    return 0


start.default = True  # type: ignore[attr-defined] # read by app.py: `maestroctl run TEXT`
COMMANDS = {"start": start}
