"""How the world comes to rest after a rule: whatever follows from the change has followed.

Theory. A rule changes a few entities and forgets about the rest. What the change means to others is found by six steps. Each
takes its work from a worklist of the draft, which ``Draft`` and the steps fill as entities change:

1. ``settle`` (``dirty``): a task follows from what is below it and what it waits for.
2. ``planner_gone`` (``planners_gone``): a run whose planner has ended works on what there is, or fails.
3. ``adopt`` (``reopened``): leaves of a run that belong to no unit become units.
4. ``follow`` (``moved``): sessions and queues follow the tasks they hold.
5. ``advance_all`` (``at_turn``): an agent between two turns is told the next thing, or let go, or given up.
6. ``wake_due``: sessions whose usage limit is over go on, if there is a slot.

The order is a priority. An earlier step looks at less and decides more, so a later one never acts on what an earlier one is about
to change: no agent is let go before its tasks have settled. What a later step changes goes through the earlier ones again. New
sessions start only when nothing moves any more: they take the slots that are left.

It ends, because each step uses up something that no step gives back within a decision:

- ``settle`` goes along the edges between tasks (parents and dependencies), and these form no circle (``dependencies.py``).
- A planner ends once, and so does a session that is given up. No session is made before the world is at rest.
- A leaf becomes a unit once.
- A session that ``advance`` has told something is busy until its agent answers, and one that was let go stays so. Both answers are
  facts, thus other decisions.
- A session wakes once: only a sign, thus another decision, lets it wait again.
"""

from maestrod.core.follow import follow
from maestrod.core.schedule import schedule, wake_due
from maestrod.core.session import approval, turns
from maestrod.core.work import run, run_usage
from maestrod.core.work.rollup import settle
from maestrod.core.world import numbering
from maestrod.core.world.draft import Draft


def come_to_rest(draft: Draft) -> None:
    """Let everything follow that follows from the changes of a draft, give out the slots, and bring what is derived up to date."""
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
