"""What was ended along with an agent is told by name: a server left in the background does not vanish without a word."""

from maestrod.api.event import TimelineType
from maestrod.api.reason import Source
from maestrod.api.session import Session
from maestrod.api.text.plain_text import plain_text
from maestrod.core.values.facts import EndedAlong
from maestrod.core.world.draft import Draft

#: Processes named in the sentence; the metadata has all that were recorded.
NAMED = 10
#: Tasks whose timelines get the line: of a session with more it is its own timeline that tells.
TASKS = 20


def tell(draft: Draft, session: Session, ended: EndedAlong) -> None:
    """A line in the timeline of the session and of each of its tasks. Names come from the processes themselves: harmless text."""
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
