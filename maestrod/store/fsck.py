"""Checks a store without changing it: first each file by itself, then the files against the journal."""

from pathlib import Path

from maestrod.api.system import CheckReport
from maestrod.store.entities import BadEntityFile, EntityFile, decode_file
from maestrod.store.files import Files, RealFiles, exists
from maestrod.store.format import read_format, refuse_newer, refuse_older
from maestrod.store.layout import FOLDERS, Layout
from maestrod.store.reader import Damage, End, read_journal
from maestrod.store.record import Record
from maestrod.store.recovery import recover
from maestrod.store.segments import list_segments
from maestrod.store.snapshot import BadSnapshot, read_snapshot
from maestrod.store.timeline_reading import line_seq


def check(data_dir: Path, files: Files | None = None) -> CheckReport:
    """Check the store in ``data_dir`` while no daemon writes to it: each file, and the files against each other.

    Raises ``BadConfiguration`` for a store of another version.
    """
    files = files or RealFiles(reserve=0)
    layout = Layout(data_dir)
    found = read_format(files, layout) if exists(files, data_dir) else None
    if found is None:
        return CheckReport(ok=False, problems=(f"{data_dir}: there is no store here, or its format file is damaged",))
    refuse_newer(files, layout, found)
    refuse_older(layout, found)
    missing = [folder for folder in layout.folders if not exists(files, folder)]
    if missing:  # a start creates it again and reports what is missing
        return CheckReport(ok=False, problems=tuple(f"{folder}: the folder is missing" for folder in missing))
    checking = _Check(files, layout)
    checking.check_each()
    checking.check_together()
    return checking.result()


def check_files(files: Files, layout: Layout) -> CheckReport:
    """Check each file by itself. The result is also correct while a daemon writes to the store."""
    checking = _Check(files, layout)
    checking.check_each()
    return checking.result()


class _Check:
    def __init__(self, files: Files, layout: Layout) -> None:
        self.files = files
        self.layout = layout
        self.problems: list[str] = []
        self.counts = {"segments": 0, "events": 0, "entities": 0, "timelines": 0, "entries": 0, "edited": 0}
        self.found: dict[tuple[str, str], EntityFile] = {}

    def result(self) -> CheckReport:
        return CheckReport(ok=not self.problems, problems=tuple(self.problems), counts=self.counts)

    def check_each(self) -> None:
        self._check_snapshot()
        self._check_journal()
        for kind in FOLDERS:
            for id_, path in self.layout.entity_names(self.files, kind).items():
                self._check_entity(kind, id_, path)
        self._check_timelines()

    def _check_snapshot(self) -> None:
        try:
            read_snapshot(self.files.read(self.layout.snapshot))
        except FileNotFoundError:
            return
        except (BadSnapshot, OSError) as error:
            self.problems.append(f"{self.layout.snapshot}: {error}")

    def _check_journal(self) -> None:
        segments = list_segments(self.files, self.layout.journal)
        self.counts["segments"] = len(segments)
        expected = segments[0].first_seq if segments else 1
        for item in read_journal(self.files, self.layout.journal, expected - 1):
            if isinstance(item, Record):
                if item.seq > expected:
                    self.problems.append(f"{self.layout.journal}: events {expected} to {item.seq - 1} are missing")
                expected = item.last_seq + 1
                self.counts["events"] += len(item.events)
            elif isinstance(item, Damage):
                self.problems.append(f"{item.path} line {item.line_number}: {item.reason}")
            elif isinstance(item, End):
                return

    def _check_entity(self, kind: str, id_: str, path: Path) -> None:
        try:
            found = decode_file(kind, id_, self.files.read(path))
        except FileNotFoundError:
            return
        except (BadEntityFile, OSError) as error:
            self.problems.append(f"{path}: {error}")
            return
        self.counts["entities"] += 1
        self.counts["edited"] += found.edited
        self.found[kind, id_] = found

    def _check_timelines(self) -> None:
        for folder, names in self._timelines():
            for name in names:
                path = folder / name
                if exists(self.files, path):
                    self._check_timeline(path)

    def _timelines(self) -> list[tuple[Path, list[str]]]:
        tasks, sessions = self.layout.folder("task"), self.layout.folder("session")
        own = [name for name in self.files.listdir(tasks) if name.endswith(".timeline.jsonl")]
        folders = [sessions / name for name in self.files.listdir(sessions) if self.files.info(sessions / name).is_dir]
        return [(tasks, own), *((folder, ["timeline.jsonl"]) for folder in folders)]

    def _check_timeline(self, path: Path) -> None:
        self.counts["timelines"] += 1
        last = 0
        *lines, _ = self.files.read(path).split(
            b"\n"
        )  # data after the last newline is being written, or torn and cut by the next start
        for number, line in enumerate(lines, 1):
            seq = line_seq(line)
            if seq <= last:
                self.problems.append(
                    f"{path} line {number}: " + ("cannot be read" if seq == 0 else f"event {seq} follows event {last}")
                )
            last = max(last, seq)
            self.counts["entries"] += 1

    def check_together(self) -> None:
        """Compare the entity files with the world that a start would load, where both have the same seq."""
        recovered = recover(self.files, self.layout, keep_copies=False)
        if recovered.read_only is not None:
            self.problems.append(recovered.read_only)
            return
        for (kind, id_), found in self.found.items():
            current = recovered.world.tables[kind].get(id_)
            is_behind = (kind, id_) in recovered.touched
            if not found.edited and not is_behind and current != found.entity:
                self.problems.append(
                    f"{self.layout.entity(kind, id_)}: differs from the journal as of event {found.seq}"
                )
        for kind in FOLDERS:
            for id_ in recovered.world.tables[kind]:
                if (kind, id_) not in self.found and (kind, id_) not in recovered.touched:
                    self.problems.append(f"{self.layout.entity(kind, id_)}: is missing")
