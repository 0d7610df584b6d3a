"""Laws of runs, their approvals, numbers and usage; continues ``laws.py``."""

from maestrod.api.attention import AttentionKind
from maestrod.api.plan import PlanStatus
from maestrod.api.run import RunStatus
from maestrod.core.world.world import World


def plans_that_wait_are_in_the_inbox(world: World) -> None:
    """A run awaits approval if and only if exactly one approval is open for it, about its plan; no other run has one."""
    waiting = {run.id: run.plan_id for run in world.runs.values() if run.status is RunStatus.AWAITING_APPROVAL}
    approvals = [each for each in world.attention.values() if each.kind is AttentionKind.APPROVAL]
    open_ = [(each.run_id, each.plan_id) for each in approvals if each.answer is None]
    assert sorted(open_) == sorted(waiting.items()), (open_, waiting)
    for each in approvals:
        assert each.plan_id is not None and world.plans[each.plan_id].run_id == each.run_id, each
        status = world.plans[each.plan_id].status
        assert each.answer is not None or status is PlanStatus.READY, (each, status)


def numbers_are_given_once(world: World) -> None:
    """Runs and questions are numbered from 1 in the order of their creation, and the counters have the last number."""
    runs = [run.number for run in sorted(world.runs.values(), key=lambda run: run.id)]
    questions = [each.number for each in sorted(world.attention.values(), key=lambda each: each.id)]
    assert sorted(runs) == list(range(1, len(runs) + 1)), runs
    assert sorted(questions) == list(range(1, len(questions) + 1)), questions
    assert (world.system.last_run, world.system.last_question) == (len(runs), len(questions))


def runs_have_used_what_their_sessions_used(world: World) -> None:
    """A run's usage is the sum over its sessions; None if no session reported usage."""
    for run in world.runs.values():
        used = [s.usage for s in world.sessions.values() if s.run_id == run.id and s.usage is not None]
        assert (run.usage is None) == (not used), (run, used)
        if run.usage is None:
            continue
        assert run.usage.input == sum(each.input for each in used), (run, used)
        assert run.usage.output == sum(each.output for each in used), (run, used)
        costs = [each.cost for each in used if each.cost is not None]
        assert (run.usage.cost is None) == (not costs), (run, used)
        assert abs((run.usage.cost or 0.0) - sum(costs)) < 1e-5, (run, used)
