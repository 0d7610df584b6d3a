"""A run as a client knows it: the tree, its sessions and open questions, kept up to date by events.

Pure: takes a ``run.get`` reply and events, returns typed entities. Events carry only changes (see ``api/event.py``), so the
entities are kept as JSON and converted to structs when they are read.
"""

from collections.abc import Iterable
from typing import Any, Generic, TypeVar

import msgspec

from maestroctl.client.reading import taken
from maestrod.api.attention import Attention, AttentionKind
from maestrod.api.errors import VersionMismatch
from maestrod.api.event import Event
from maestrod.api.run import Run
from maestrod.api.session import Session
from maestrod.api.task import Task

T = TypeVar("T", bound=msgspec.Struct)


class Shelf(Generic[T]):
    """Entities of one type by id, in order of arrival."""

    def __init__(self, kind: type[T], documents: Iterable[dict[str, Any]]) -> None:
        self._kind = kind
        self._documents: dict[str, dict[str, Any]] = {document["id"]: dict(document) for document in documents}
        self._typed: dict[str, T] = {}

    def __iter__(self) -> Any:
        return (self.get(identity) for identity in list(self._documents))

    def __contains__(self, identity: str) -> bool:
        return identity in self._documents

    def get(self, identity: str) -> T:
        """The entity. Raises ``KeyError``, or ``VersionMismatch`` for one of a newer daemon."""
        if identity not in self._typed:
            try:
                self._typed[identity] = taken(self._documents[identity], self._kind)
            except msgspec.ValidationError as error:
                message = f"this maestroctl does not understand the daemon's data about {identity} ({error})"
                raise VersionMismatch(
                    "client.reply", f"{message}; install the daemon's version of maestroctl"
                ) from error
        return self._typed[identity]

    def apply(self, event: Event) -> bool:
        """Apply an event about one of these; False if it concerns an unknown entity."""
        if event.type.endswith(".deleted"):
            self._documents.pop(event.id, None)
        elif event.id in self._documents:
            self._documents[event.id].update(event.data)
        elif "id" in event.data:
            self._documents[event.id] = dict(event.data)
        else:
            return False
        self._typed.pop(event.id, None)
        return True


class RunModel:
    """A ``run.get`` reply (as JSON), updated by events. ``seq`` is the last event included."""

    def __init__(self, view: dict[str, Any]) -> None:
        self.seq: int = view["seq"]
        self._runs = Shelf(Run, [view["run"]])
        self.id: str = view["run"]["id"]
        self.tasks = Shelf(Task, view.get("tasks", ()))
        self.sessions = Shelf(Session, view.get("sessions", ()))
        self.attention = Shelf(Attention, view.get("attention", ()))
        self.plan: dict[str, Any] | None = None  # the plan that awaits approval, once it has been read

    @property
    def run(self) -> Run:
        """The run itself."""
        return self._runs.get(self.id)

    @property
    def root(self) -> Task:
        """The task at the top."""
        return self.tasks.get(self.run.root_task_id)

    @property
    def ended(self) -> bool:
        """Whether the run has its outcome."""
        return self.run.status.is_over

    def apply(self, event: Event) -> None:
        """Apply one event; events about other entities change nothing."""
        self.seq = max(self.seq, event.seq)
        kind = event.type.partition(".")[0]
        if kind == "run" and event.id == self.id:
            self._runs.apply(event)
        elif kind == "task" and (event.id in self.tasks or self._in_tree(event)):
            self.tasks.apply(event)
        elif kind == "session" and (event.id in self.sessions or event.data.get("runId") == self.id):
            self.sessions.apply(event)
        elif kind == "attention" and (
            event.id in self.attention or event.session_id in self.sessions or self._asks(event)
        ):
            self.attention.apply(event)

    def live_sessions(self) -> list[Session]:
        """The live sessions, oldest first."""
        return [session for session in self.sessions if not session.status.is_over]

    def questions(self) -> list[Attention]:
        """The open questions."""
        return [question for question in self.attention if question.is_open]

    def approval(self) -> Attention | None:
        """The open question for approval of the plan, if there is one."""
        return next((each for each in self.questions() if each.kind is AttentionKind.APPROVAL), None)

    def leaves(self) -> list[Task]:
        """The tasks without subtasks."""
        parents = {task.parent_id for task in self.tasks}
        return [task for task in self.tasks if task.id not in parents]

    def stuck(self) -> bool:
        """Whether the run is blocked until a person answers. A usage limit does not count: it ends by itself."""
        needs = [each for each in self.questions() if each.kind is not AttentionKind.LIMIT or each.deadline is not None]
        if self.ended or not needs:
            return False
        if any(question.kind is AttentionKind.APPROVAL for question in needs):
            return True
        asking = {question.session_id for question in needs}
        return all(session.id in asking for session in self.live_sessions())

    def _asks(self, event: Event) -> bool:
        """Whether the run itself asks, for approval of its plan."""
        return event.data.get("runId") == self.id

    def _in_tree(self, event: Event) -> bool:
        """Whether a new task belongs to this run's tree."""
        return event.data.get("parentId") in self.tasks or event.root_id == self.run.root_task_id
