"""The planning tier with agents that hand in their plan as the last word of a turn."""

from maestrod.api.run import RunStatus
from maestrod.api.session import Role, Session
from maestrod.core.plan.reading import lint_document
from maestrod.core.work.plan_apply import hand_in
from maestrod.core.world.draft import Draft
from maestrod.core.world.known import names_for


def offered(draft: Draft, session: Session, document: str) -> None:
    """A document that should be a plan: taken in as if it had been submitted, while its run still wants one.

    What is no JSON at all becomes an invalid plan that says so: the planner is sent back to repair it.
    """
    run = draft.world.runs.get(session.run_id or "")
    if session.role is not Role.ORCHESTRATOR or run is None or run.status is not RunStatus.PLANNING:
        return
    root = draft.task(run.root_task_id)
    known = names_for(draft.world.policy, draft.seen, draft.project(root.project_id).working_dir, run.agent)
    hand_in(draft, root, run, lint_document(document, known), session.id)
