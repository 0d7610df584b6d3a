"""``maestroctl plan check FILE`` and ``plan submit FILE``: plans from files."""

from typing import Annotated, Any

import typer

from maestroctl.client import session_env
from maestroctl.client.caller import Caller
from maestroctl.client.errors import finding_line
from maestroctl.output import answer, answer_json, safe
from maestroctl.verbs.options import Json
from maestroctl.verbs.run import plan_document
from maestrod.api.errors import Malformed

PlanFile = Annotated[str, typer.Argument(metavar="FILE", help="A JSON or Markdown file, or - for stdin.")]


def check(*, file: PlanFile, as_json: Json = False) -> int:
    """Check a plan without storing it.

    Prints the linter's findings with their paths, then the waves. Exit code 1 if the plan has errors.
    """
    with Caller.of_this_process().client() as client:
        report = client.raw("plan.check", plan_document(file))
    if as_json:
        answer_json(report)
    else:
        for line in report_lines(report):
            answer(line)
    return 0 if report["ok"] else 1


def submit(
    *,
    file: PlanFile,
    task_id: Annotated[
        str | None, typer.Option("--task-id", help="The task to plan. Inside a session, defaults to its own task.")
    ] = None,
    as_json: Json = False,
) -> int:
    """Submit a plan for a task.

    Exit code 1 if the linter finds errors; the findings say what to fix.
    """
    from maestroctl.client.resolve import resolve_members

    caller = Caller.of_this_process()
    members: dict[str, Any] = plan_document(file)
    if task_id:
        members["taskId"] = task_id
    elif not caller.in_session:
        raise Malformed("usage", "name the task that the plan is for: --task-id ID")
    session_env.fill(members, caller.environ, session=False)
    with caller.client() as client:
        resolve_members(client, members)
        plan = client.raw("plan.submit", members)
    if as_json:
        answer_json(plan)
    else:
        answer(f"{plan['id']} {plan['status']}")
        for finding in plan.get("diagnostics", ()):
            answer(finding_line(finding))
    return 1 if plan["status"] == "invalid" else 0


def report_lines(report: dict[str, Any]) -> list[str]:
    """What the linter says, for people."""
    lines = [finding_line(finding) for finding in report.get("diagnostics", ())]
    if not report["ok"]:
        return [*lines, "This plan has errors and would be refused."]
    waves = report.get("waves", ())
    lines += [f"wave {number}: {', '.join(safe(key) for key in wave)}" for number, wave in enumerate(waves, 1)]
    if report.get("criticalPath"):
        lines.append(f"critical path: {' → '.join(safe(key) for key in report['criticalPath'])}")
    groups = report.get("groups", ())
    tasks = sum(len(group["subtasks"]) for group in groups)
    return [*lines, f"This plan is valid: {_size(len(groups), tasks, len(waves))}."]


def _size(groups: int, tasks: int, waves: int) -> str:
    counts = (("group", groups), ("task", tasks), ("wave", waves))
    return ", ".join(f"{count} {noun}{'' if count == 1 else 's'}" for noun, count in counts)


COMMANDS = {"check": check, "submit": submit}
