"""Plans of agents that submit their plan as the last message of a turn."""

from maestrod.api.run import RunStatus
from maestrod.api.session import Role, Session
from maestrod.core.plan.reading import lint_document
from maestrod.core.work.plan_apply import store_submitted
from maestrod.core.world.draft import Draft
from maestrod.core.world.known import names_for


def offered(draft: Draft, session: Session, document: str) -> None:
    """Treat a document as a submitted plan while its run still needs one.

    A document that is not JSON becomes an invalid plan with that finding, and the planner is asked to correct it.
    """
    run = draft.world.runs.get(session.run_id or "")
    if session.role is not Role.ORCHESTRATOR or run is None or run.status is not RunStatus.PLANNING:
        return
    root = draft.task(run.root_task_id)
    known = names_for(draft.world.policy, draft.seen, draft.project(root.project_id).working_dir, run.agent)
    store_submitted(draft, root, run, lint_document(document, known), session.id)
