"""Summarises an ended run: the outcome of its tasks, the time it took, and for each failure what to do next."""

from maestroctl.output import safe, safe_block
from maestroctl.show.progress import counts, spent
from maestroctl.show.render import duration
from maestroctl.show.run_model import RunModel
from maestroctl.show.tree import status_text
from maestrod.api.run import RunStatus
from maestrod.api.task import Task

#: Exit codes of ``run``, ``watch`` and ``wait`` by outcome. 75 (try again later) is a run that is blocked on a person.
OUTCOME_CODES = {RunStatus.COMPLETED: 0, RunStatus.FAILED: 1, RunStatus.CANCELLED: 130}
NEEDS_ATTENTION = 75

_FAILURES = 10  # shown in full; the tree shows all
_ERROR_LINES = 12


def exit_code(model: RunModel) -> int:
    """The exit code for the run's outcome."""
    return OUTCOME_CODES.get(model.run.status, NEEDS_ATTENTION)


def summary(model: RunModel) -> list[str]:
    """The lines of the summary."""
    run, leaves = model.run, model.leaves()
    elapsed = duration((run.completed_at or run.updated_at) - run.created_at)
    name = f"Run #{run.number} " if run.number else ""
    counted = counts(model.root)
    lines = [
        f"{name}{safe(model.root.title)}: {status_text(run.status)} in {elapsed}" + (f" ({counted})" if counted else "")
    ]
    lines += _spent(model)
    failed = [task for task in leaves if task.status.is_failed]
    if run.error and run.error not in map(_error, failed):
        lines += [f"  {line}" for line in safe_block(run.error).splitlines()]
    lines += [f"  {item.severity.value}: {safe(item.path)}: {safe(item.message)}" for item in run.diagnostics]
    for task in failed[:_FAILURES]:
        lines += _failure(model, task)
    if len(failed) > _FAILURES:
        lines.append(f"… and {len(failed) - _FAILURES} more: maestroctl task tree {run.root_task_id}")
    if failed:
        lines.append(f"To retry what failed: maestroctl retry {run.root_task_id}")
    return lines


def approval(model: RunModel) -> list[str]:
    """How to approve or reject the plan, one line each, so that a narrow terminal cuts off neither."""
    question = model.approval()
    if question is None or not question.number:
        return [
            f"  yes: maestroctl plan approve {model.run.plan_id}",
            f"  no:  maestroctl plan reject {model.run.plan_id}",
        ]
    return [
        f"  yes: maestroctl answer {question.number} yes",
        f"  no:  maestroctl answer {question.number} no [REASON]",
    ]


def _spent(model: RunModel) -> list[str]:
    """The run's usage, as far as its agents report it; it may grow while an agent is alive."""
    if model.run.usage is None:
        return []
    return [f"  used {spent(model.run.usage)}" + (" so far" if model.live_sessions() else "")]


def _failure(model: RunModel, task: Task) -> list[str]:
    """A failed task: its error (command, exit code and last lines), and where to read more."""
    lines = [f"✘ {safe(task.title)}" + (f" (attempt {task.attempt})" if task.attempt > 1 else "")]
    text = safe_block(_error(task) or "no reason given").splitlines()
    if len(text) > _ERROR_LINES:
        text = [text[0], f"… {len(text) - _ERROR_LINES} lines …", *text[-(_ERROR_LINES - 2) :]]
    lines += [f"    {line}" for line in text]
    sessions = [session.id for session in model.sessions if task.id in session.task_ids]
    if sessions:
        lines.append(f"    full output: maestroctl logs {sessions[-1]}")
    return lines


def _error(task: Task) -> str:
    """Why a task failed, as far as reported."""
    return (
        (task.result.error if task.result else None) or (task.status_reason.detail if task.status_reason else "") or ""
    )
