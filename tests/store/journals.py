"""What the journal's tests share: a listener that remembers, and records with recognizable content."""

from pathlib import Path

from maestrod.api.event import Event
from maestrod.store.files import Files
from maestrod.store.journal import Journal
from maestrod.store.reader import Damage, End, Torn, read_journal
from maestrod.store.record import Record, encode
from maestrod.store.segments import reopen

FOLDER = Path("/data/journal")


class Heard:
    """A ``JournalListener`` that writes down what it was told."""

    def __init__(self) -> None:
        self.acknowledged = 0
        self.failures: list[tuple[int, str]] = []
        self.alerts: list[str] = []

    def durable(self, seq: int) -> None:
        assert seq > self.acknowledged, "what is durable is never taken back"
        self.acknowledged = seq

    def failed(self, seq: int, message: str) -> None:
        self.failures.append((seq, message))

    def alert(self, message: str) -> None:
        self.alerts.append(message)


def events_at(seq: int, count: int = 1, size: int = 20) -> list[Event]:
    return [
        Event(seq=seq + index, at=1, type="task.updated", id="t", data={"text": f"{seq + index}:" + "x" * size})
        for index in range(count)
    ]


def append(journal: Journal, seq: int, count: int = 1, size: int = 20) -> int:
    """Append one decision of ``count`` events; returns the next seq."""
    journal.append(seq, seq + count - 1, encode(events_at(seq, count, size)))
    return seq + count


def recover(files: Files, folder: Path = FOLDER) -> tuple[list[Record], list[Damage], list[Torn], End]:
    records: list[Record] = []
    damages: list[Damage] = []
    torn: list[Torn] = []
    for item in read_journal(files, folder):
        if isinstance(item, Record):
            records.append(item)
        elif isinstance(item, Damage):
            damages.append(item)
        elif isinstance(item, Torn):
            torn.append(item)
        else:
            return records, damages, torn, item
    raise AssertionError("a reading ends with its end")


def resume(files: Files, heard: Heard, segment_size: int) -> tuple[Journal, int]:
    """Open the journal again as a start does; returns it and the next seq."""
    *_, end = recover(files)
    active = reopen(files, end.path, end.offset, segment_size) if end.path else None
    return Journal(
        FOLDER, files, heard, durable_seq=end.next_seq - 1, active=active, segment_size=segment_size
    ), end.next_seq
