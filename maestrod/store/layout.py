"""Where everything lives in the data folder; the only file that spells these names."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from maestrod.store.files import Files

#: Kind of entity to its folder. Remembered requests have no files: only programs ask for them, and they expire.
FOLDERS: Mapping[str, str] = {
    "project": "projects",
    "task": "tasks",
    "session": "sessions",
    "queue": "queues",
    "plan": "plans",
    "run": "runs",
    "attention": "attention",
    "message": "messages",
    "system": "system",
    "token": "tokens",
}


#: Whose timeline: a session's, or (without one) a task's.
Owner = tuple[str | None, str | None]


def owners(session_id: str | None, task_id: str | None) -> tuple[Owner, ...]:
    """Whose timelines an entry stands in: its session's and its task's.

    Each keeps its own copy, so that a task's timeline stays whole whatever becomes of its links to sessions.
    """
    session: Owner = (session_id, None)
    task: Owner = (None, task_id)
    return tuple(owner for owner in (session, task) if any(owner)) or (task,)


@dataclass(frozen=True)
class Layout:
    """The paths of one data folder."""

    data_dir: Path

    @property
    def format(self) -> Path:
        """Which version wrote this store, and its instance id."""
        return self.data_dir / "format"

    @property
    def journal(self) -> Path:
        """The folder of the journal's segments."""
        return self.data_dir / "journal"

    @property
    def snapshot(self) -> Path:
        """The whole world in one file."""
        return self.data_dir / "snapshot.jsonl"

    @property
    def watermark(self) -> Path:
        """Up to which seq every entity file and timeline is known to be complete."""
        return self.data_dir / "reflected.json"

    @property
    def quarantine(self) -> Path:
        """Copies of what could not be read, each with the reason."""
        return self.data_dir / "quarantine"

    @property
    def archive(self) -> Path:
        """Finished trees taken out of the world."""
        return self.data_dir / "archive"

    @property
    def folders(self) -> tuple[Path, ...]:
        """The folders every store has."""
        return (self.journal, *map(self.folder, FOLDERS))

    def folder(self, kind: str) -> Path:
        """The folder of a kind of entity."""
        return self.data_dir / FOLDERS[kind]

    def entity(self, kind: str, id_: str) -> Path:
        """The readable file of one entity."""
        return self.data_dir / FOLDERS[kind] / f"{id_}.json"

    def timeline(self, session_id: str | None, task_id: str | None) -> Path:
        """The file of the timeline of a session or, without one, of a task."""
        if session_id is not None:
            return self.folder("session") / session_id / "timeline.jsonl"
        return self.folder("task") / f"{task_id}.timeline.jsonl"

    def entity_names(self, files: Files, kind: str) -> dict[str, Path]:
        """Ids and paths of the entity files of a kind, as the folder has them."""
        folder = self.folder(kind)
        names = (name for name in files.listdir(folder) if name.endswith(".json") and not name.startswith("."))
        return {name.removesuffix(".json"): folder / name for name in names}

    def make(self, files: Files) -> None:
        """Make the folders that are not there."""
        for folder in (self.data_dir, *self.folders):
            files.mkdir(folder)
