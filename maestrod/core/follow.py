"""Brings sessions, their queues and clocks in line with changed tasks.

Rules change tasks without regard to the sessions that hold them. After roll-up, ``follow`` checks exactly the tasks that
changed.
"""

from maestrod.core.session import session
from maestrod.core.work import pause, queue
from maestrod.core.world.draft import Draft


def follow(draft: Draft) -> None:
    """Bring the live sessions and queues of every changed task in line with it."""
    world = draft.world
    touched: dict[str, None] = {}
    for task_id in list(draft.moved):
        task = world.tasks.get(task_id)
        if task is None:
            continue
        for session_id in world.by_session.live_of(task_id):
            queue.follow_task(draft, session_id, task)
            touched[session_id] = None
    draft.moved.clear()
    for session_id in touched:
        session.follow_tasks(draft, session_id)
        pause.hold_clocks(draft, world.sessions[session_id])
