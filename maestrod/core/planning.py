"""The planning tier with agents that hand in their plan as the last word of a turn."""

from typing import Any

import msgspec

from maestrod.api.plan import Diagnostic, PlanReport
from maestrod.api.run import RunStatus
from maestrod.api.session import Role, Session
from maestrod.core.draft import Draft
from maestrod.core.plan import lint
from maestrod.core.plan_apply import hand_in


def offered(draft: Draft, session: Session, document: str) -> None:
    """A document that should be a plan: taken in as if it had been submitted, while its run still wants one.

    What is no JSON at all becomes an invalid plan that says so: the planner is sent back to repair it.
    """
    run = draft.world.runs.get(session.run_id or "")
    if session.role is not Role.ORCHESTRATOR or run is None or run.status is not RunStatus.PLANNING:
        return
    root = draft.task(run.root_task_id)
    names = draft.world.rules.names_for(draft.project(root.project_id).working_dir)
    known = msgspec.structs.replace(names, default_agent=run.agent)
    try:
        raw: Any = msgspec.json.decode(document)
    except (msgspec.DecodeError, UnicodeError, RecursionError) as error:
        finding = Diagnostic(path="plan", code="not_json", message=f"The plan has to be one JSON document: {error}")
        report = PlanReport(ok=False, diagnostics=(finding,))
    else:
        report = lint(_without_nulls(raw), known)
    hand_in(draft, root, run, report, session.id)


def _without_nulls(value: Any) -> Any:
    """The document without members that are null: a strict schema makes planners write those where they mean nothing."""
    if isinstance(value, dict):
        return {name: _without_nulls(member) for name, member in value.items() if member is not None}
    if isinstance(value, list):
        return [_without_nulls(item) for item in value]
    return value
