"""The texts of the daemon's own messages to agents between turns."""

from collections.abc import Sequence

from maestrod.api.plan import Diagnostic, Severity
from maestrod.api.task import Strategy, Task

#: Maximum number of tasks or findings in one message; the rest is counted.
NAMED = 30


def nudge(left: Sequence[Task], strategy: Strategy) -> str:
    """The reminder after a turn that left tasks open."""
    rows = [f"- {task.title} (`{task.id}`, {task.status.value.replace('_', ' ')})" for task in left[:NAMED]]
    if len(left) > NAMED:
        rows.append(f"- and {len(left) - NAMED} more")
    if strategy is Strategy.QUEUE:
        how = "`maestroctl queue complete --summary SUMMARY`, `maestroctl queue fail ERROR`; claim the next with `maestroctl queue next`"
    else:
        how = "`maestroctl task complete TASK_ID SUMMARY` or `maestroctl task fail TASK_ID ERROR`"
    return "\n".join(
        [
            "You ended your turn, but you did not report the outcome of:",
            "",
            *rows,
            "",
            f"Finish what is left and report each task: {how}. A task counts as done only when it is reported.",
        ]
    )


def repair(findings: Sequence[Diagnostic]) -> str:
    """The message after a refused plan, with its findings."""
    errors = [found for found in findings if found.severity is Severity.ERROR] or list(findings)
    rows = [f"- {found.path}: {found.message} ({found.code})" for found in errors[:NAMED]]
    if len(errors) > NAMED:
        rows.append(f"- and {len(errors) - NAMED} more")
    return "\n".join(
        ["Your plan has errors. Fix exactly these, and submit the whole plan again in the same way:", "", *rows]
    )


def missing_plan() -> str:
    """The reminder after a planner's turn without a plan."""
    return (
        "You ended your turn without a plan. End it with one JSON document, the plan, and nothing else;"
        " or submit the plan with `maestroctl plan submit FILE`."
    )


def wake() -> str:
    """The message after the end of a usage limit."""
    return "The usage limit that interrupted you has ended. Continue with what you were doing."
