"""The paths in the data folder. Only the list of what an uninstallation may remove (``own_files``) has these names too."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from maestrod.api.local.own_files import ENTITY_FOLDERS
from maestrod.store.files import Files

#: Kind of entity to its folder.
FOLDERS: Mapping[str, str] = ENTITY_FOLDERS


#: The owner of a timeline: a session, or (without one) a task.
Owner = tuple[str | None, str | None]


def owners(session_id: str | None, task_id: str | None) -> tuple[Owner, ...]:
    """The owners of the timelines that an entry belongs to: its session and its task.

    Each has its own copy, so that a task's timeline stays complete if its links to sessions change.
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
        """The file with the store's format and instance id."""
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
        """The file with the seq up to which all entity files and timelines are complete."""
        return self.data_dir / "reflected.json"

    @property
    def quarantine(self) -> Path:
        """The folder for copies of unreadable data, each with the reason."""
        return self.data_dir / "quarantine"

    @property
    def archive(self) -> Path:
        """The folder for finished trees that were removed from the world."""
        return self.data_dir / "archive"

    @property
    def folders(self) -> tuple[Path, ...]:
        """The folders that every store has."""
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
        """Ids and paths of the existing entity files of a kind."""
        folder = self.folder(kind)
        names = (name for name in files.listdir(folder) if name.endswith(".json") and not name.startswith("."))
        return {name.removesuffix(".json"): folder / name for name in names}

    def make(self, files: Files) -> None:
        """Create missing folders."""
        for folder in (self.data_dir, *self.folders):
            files.mkdir(folder)
