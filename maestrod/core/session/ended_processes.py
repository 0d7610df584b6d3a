"""Reports the processes that were ended along with an agent, so that a background server does not vanish silently."""

from maestrod.api.event import TimelineType
from maestrod.api.reason import Source
from maestrod.api.session import Session
from maestrod.api.text.plain_text import plain_text
from maestrod.core.values.facts import EndedAlong
from maestrod.core.world.draft import Draft

#: Maximum number of processes in the message; the metadata has all recorded ones.
NAMED = 10
#: Maximum number of tasks whose timelines get the entry; the session's own timeline always gets it.
TASKS = 20


def record(draft: Draft, session: Session, ended: EndedAlong) -> None:
    """Add an entry to the timelines of the session and its tasks. The processes chose their names, so these are made plain
    text.
    """
    if not ended.count:
        return
    processes = [{"pid": each.pid, "name": _name(each.name)} for each in ended.processes]
    named = [f"{each['name']} ({each['pid']})" for each in processes[:NAMED]]
    more = ended.count - len(named)
    names = f"{', '.join(named)}{f' and {more} more' if more else ''}"
    metadata = {"processes": processes, "count": ended.count}
    text = f"ended along with the agent: {names}"
    draft.timeline(TimelineType.MILESTONE, text, session_id=session.id, source=Source.PROCESS, metadata=metadata)
    text = f"ended along with the agent of session {session.name!r}: {names}"
    for task_id in dict.fromkeys((session.unit_task_id or "", *session.task_ids[:TASKS])):
        if task_id in draft.world.tasks:
            draft.timeline(TimelineType.MILESTONE, text, task_id=task_id, source=Source.PROCESS, metadata=metadata)


def _name(name: str) -> str:
    return " ".join(plain_text(name).split()) or "?"
