"""Brings the world to rest after a rule: applies all consequences of a change.

A rule changes a few entities and ignores the rest. Six steps find the consequences for other entities. Each step
takes its work from a worklist of the draft, which ``Draft`` and the steps fill as entities change:

1. ``settle`` (``dirty``): the status of a task follows from its subtasks and its dependencies.
2. ``planner_gone`` (``planners_gone``): a run whose planner has ended works on the existing tree, or fails.
3. ``adopt`` (``reopened``): leaves of a run that belong to no unit become units.
4. ``follow`` (``moved``): sessions and queues follow the tasks they hold.
5. ``advance_all`` (``at_turn``): an agent between two turns gets the next message, or its session ends.
6. ``wake_due``: sessions whose usage limit has ended continue, if there is a slot.

The order is a priority. A later step never acts on a state that an earlier step is about to change: no agent is let go
before its tasks have settled. The changes of a later step go through the earlier ones again. New
sessions start only when nothing changes any more, and take the slots that are left.

This terminates, because each step consumes something that no step restores within a decision:

- ``settle`` follows the edges between tasks (parents and dependencies), and these form no cycle (``dependencies.py``).
- A planner ends once, and so does a session that fails. No session is created before the world is at rest.
- A leaf becomes a unit once.
- A session that got a message is busy until its agent answers, and one that was let go stays so. Both answers are
  facts, and so belong to other decisions.
- A session resumes after a limit once: only a sign, and so another decision, lets it wait again.
"""

from maestrod.core.follow import follow
from maestrod.core.schedule import schedule, wake_due
from maestrod.core.session import approval, turns
from maestrod.core.work import run, run_usage
from maestrod.core.work.rollup import settle
from maestrod.core.world import numbering
from maestrod.core.world.draft import Draft


def come_to_rest(draft: Draft) -> None:
    """Apply all consequences of a draft's changes, schedule sessions, and update derived entities."""
    _follow_up(draft)
    while wake_due(draft) or _is_restless(draft):
        _follow_up(draft)
    schedule(draft)
    numbering.catch_up(draft)
    approval.follow(draft)
    run_usage.add_up(draft)


def _is_restless(draft: Draft) -> bool:
    return bool(draft.dirty or draft.planners_gone or draft.reopened or draft.moved or draft.at_turn)


def _follow_up(draft: Draft) -> None:
    """Steps 1 to 5, once."""
    settle(draft)
    while draft.planners_gone:
        session_id, _ = draft.planners_gone.popitem()
        run.planner_gone(draft, draft.world.sessions[session_id])
        settle(draft)
    reopened = list(draft.reopened)
    draft.reopened.clear()
    for run_id in reopened:
        run.adopt(draft, draft.world.runs[run_id])
    follow(draft)
    turns.advance_all(draft)
