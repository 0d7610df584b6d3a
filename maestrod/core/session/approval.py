"""Plans that wait for approval, as questions in the inbox.

A run awaits approval exactly while there is one open approval question about its plan. ``follow`` maintains this after every
decision, whatever changed the run: if the run ends or gets another plan, the question is closed, and a run from an older store
gets one. Approving or rejecting the plan with the plan methods answers the question, and answering the question approves or
rejects the plan.
"""

from maestrod.api.attention import Attention, AttentionAnswer, AttentionKind
from maestrod.api.event import TimelineType
from maestrod.api.plan import Plan, PlanRef, PlanReject
from maestrod.api.reason import Source
from maestrod.api.run import Run, RunStatus
from maestrod.core.session import attention
from maestrod.core.values.attention_options import APPROVE, REJECT, free_text
from maestrod.core.work import plan_apply
from maestrod.core.world import numbering
from maestrod.core.world.draft import Draft


def follow(draft: Draft) -> None:
    """Open a question for every run that began to wait. Close those of runs that no longer wait, or wait with another plan."""
    for question_id in sorted(draft.world.approvals):
        question = draft.question(question_id)
        run = draft.world.runs.get(question.run_id or "")
        if run is None or run.status is not RunStatus.AWAITING_APPROVAL or run.plan_id != question.plan_id:
            attention.close(draft, question, attention.CLOSED, "")
    for run_id in sorted(draft.world.awaiting):
        if run_id not in draft.world.open_questions:
            _open(draft, draft.run(run_id))


def answered(draft: Draft, question: Attention) -> None:
    """Approve or reject the plan, as the answer says."""
    if question.answer is None or question.plan_id is None:
        return
    if question.answer.value == APPROVE:
        plan_apply.approve(draft, question.plan_id)
    else:
        plan_apply.reject(draft, PlanReject(plan_id=question.plan_id, reason=question.answer.reason))


def approve(draft: Draft, params: PlanRef) -> Plan:
    """The rule of ``plan.approve`` and ``plan.apply``. Also answers the open question about the plan."""
    plan = plan_apply.approve(draft, params.plan_id)
    _answer(draft, plan, APPROVE, "")
    return plan


def reject(draft: Draft, params: PlanReject) -> Plan:
    """The rule of ``plan.reject``. Also answers the open question about the plan."""
    plan = plan_apply.reject(draft, params)
    _answer(draft, plan, REJECT, params.reason)
    return plan


def _answer(draft: Draft, plan: Plan, value: str, reason: str) -> None:
    for question_id in sorted(draft.world.approvals):
        question = draft.question(question_id)
        if question.plan_id == plan.id:
            given = AttentionAnswer(attention_id=question.id, value=value, reason=reason)
            attention.close(draft, question, attention.USER, value, given)


def _open(draft: Draft, run: Run) -> None:
    plan = draft.world.plans.get(run.plan_id or "")
    if plan is None:
        return
    options = (APPROVE, REJECT)
    count = sum(len(group.subtasks) for group in plan.groups)
    tasks = f"{count} task{'' if count == 1 else 's'} in {len(plan.groups)} group{'' if len(plan.groups) == 1 else 's'}"
    text = f"Approve the plan for {run.title or plan.title!r}? It has {tasks}."
    question = draft.put(
        Attention(
            id=draft.new_id("att"),
            number=numbering.next_question(draft),
            session_id="",
            kind=AttentionKind.APPROVAL,
            message=text,
            project_id=run.project_id,
            task_id=run.root_task_id,
            run_id=run.id,
            plan_id=plan.id,
            options=options,
            free_text=free_text(AttentionKind.APPROVAL, options, None),
            opened_at=draft.now,
        )
    )
    metadata = {"attentionId": question.id, "kind": question.kind.value, "planId": plan.id}
    draft.timeline(TimelineType.NEEDS_INPUT, text, task_id=run.root_task_id, source=Source.PLAN, metadata=metadata)
