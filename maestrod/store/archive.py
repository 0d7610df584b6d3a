"""Archives: entities and timelines as one stream of JSON lines, for export and import.

A header with the seq, one line per entity (``{"kind", "entity"}``), one per timeline entry (``{"entry"}``), and a trailer
with the number of lines and the CRC-32 of all bytes before it, so that an incomplete transfer is detected. ``archive_tree``
archives a finished tree before it is deleted from the world.
"""

import zlib
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

import msgspec

from maestrod.api.errors import Malformed, NotFound
from maestrod.api.event import TimelineEvent
from maestrod.api.model.base import Entity
from maestrod.api.session import Session
from maestrod.api.task import Task
from maestrod.api.text.outside_text import decode_repaired
from maestrod.core.world.entities import KIND_OF, KINDS
from maestrod.core.world.sparse import sparse
from maestrod.core.world.world import World
from maestrod.store import from_format_1
from maestrod.store.files import Files, atomic_write
from maestrod.store.layout import Layout
from maestrod.store.timeline import Timelines

FORMAT = 2
_encoder = msgspec.json.Encoder()


@dataclass
class Archive:
    """The content of an archive: entities as of ``seq``, and the entries of each timeline in the order of their seqs."""

    seq: int
    format: int = FORMAT
    entities: list[Entity] = field(default_factory=list)
    entries: list[TimelineEvent] = field(default_factory=list)


class _Header(msgspec.Struct, omit_defaults=True):
    archive: int
    seq: int


class _Line(msgspec.Struct):
    kind: str = ""
    entity: msgspec.Raw = msgspec.Raw()
    entry: TimelineEvent | None = None


class _Trailer(msgspec.Struct):
    lines: int
    crc: str


def archive_lines(seq: int, entities: Iterable[Entity], entries: Iterable[TimelineEvent]) -> Iterator[bytes]:
    """The lines of an archive, each with its newline."""
    crc = count = 0
    for line in _content(seq, entities, entries):
        crc, count = zlib.crc32(line, crc), count + 1
        yield line
    yield _encoder.encode(_Trailer(count, f"{crc:08x}")) + b"\n"


def _content(seq: int, entities: Iterable[Entity], entries: Iterable[TimelineEvent]) -> Iterator[bytes]:
    yield _encoder.encode(_Header(FORMAT, seq)) + b"\n"
    for entity in entities:
        yield _encoder.encode({"kind": KIND_OF[type(entity)], "entity": sparse(entity)}) + b"\n"
    for entry in entries:
        yield _encoder.encode({"entry": sparse(entry)}) + b"\n"


def read_archive(lines: Iterable[bytes]) -> Archive:
    """The content of an archive. Raises ``Malformed`` if a line is missing, changed or invalid."""
    held: bytes | None = None
    archive: Archive | None = None
    crc = count = 0
    for line in lines:
        if held is not None:
            archive = _take(archive, held, count)
            crc, count = zlib.crc32(held, crc), count + 1
        held = line
    trailer = _decode(held or b"", _Trailer, count + 1)
    if archive is None or trailer.lines != count or trailer.crc != f"{crc:08x}":
        raise Malformed(
            "archive.incomplete",
            "the archive is incomplete: its last line does not match the rest. Export it again",
        )
    return archive


def _take(archive: Archive | None, data: bytes, count: int) -> Archive:
    if archive is None:
        header = _decode(data, _Header, 1)
        if header.archive > FORMAT:
            raise Malformed(
                "archive.newer_format", f"the archive has format {header.archive}, this program supports {FORMAT}"
            )
        return Archive(header.seq, header.archive)
    line = _decode(data, _Line, count + 1)
    if line.entry is not None:
        archive.entries.append(line.entry)
    elif line.kind in KINDS:
        archive.entities.append(_decode(_entity(line, archive.format), KINDS[line.kind], count + 1))
    else:
        raise Malformed("archive.bad_line", f"line {count + 1} of the archive is of an unknown kind {line.kind!r}")
    return archive


def _entity(line: _Line, format_: int) -> bytes:
    """An entity in the present format. Data that is not a JSON object is left to the decoder."""
    if format_ > 1 or line.kind not in from_format_1.ENTITIES:
        return bytes(line.entity)
    old = msgspec.json.decode(bytes(line.entity))
    return msgspec.json.encode(from_format_1.ENTITIES[line.kind](old) if isinstance(old, dict) else old)


def _decode(data: bytes, struct: Any, number: int) -> Any:
    try:
        return decode_repaired(partial(msgspec.json.decode, type=struct), data)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise Malformed("archive.bad_line", f"line {number} of the archive cannot be read: {error}") from error


def tree_of(world: World, root_id: str) -> list[Entity]:
    """A task, all tasks below it, and everything that belongs to them: runs, plans, sessions, queues, questions."""
    if root_id not in world.tasks:
        raise NotFound("task.not_found", f"there is no task {root_id!r}", {"id": root_id})
    tasks = list(world.subtree(root_id))
    runs = {run_id: world.runs[run_id] for task in tasks for run_id in world.runs_of_root.get(task, ())}
    plans = {plan_id: world.plans[plan_id] for task in tasks for plan_id in world.plans_of_task.get(task, ())}
    sessions = {session_id: world.sessions[session_id] for task in tasks for session_id in world.sessions_of(task)}
    queues = [queue for queue in world.queues.values() if queue.session_id in sessions]
    questions = [question for question in world.attention.values() if question.session_id in sessions]
    return [
        *(world.tasks[task] for task in tasks),
        *runs.values(),
        *plans.values(),
        *sessions.values(),
        *queues,
        *questions,
    ]


def entries_of(timelines: Timelines, layout: Layout, entities: Collection[Entity]) -> Iterator[TimelineEvent]:
    """The timelines of the sessions and tasks among ``entities``, each entry once."""
    sessions = {entity.id for entity in entities if isinstance(entity, Session)}
    for session_id in sorted(sessions):
        yield from timelines.entries(layout.timeline(session_id, None))
    for entity in entities:
        if isinstance(entity, Task):
            entries = timelines.entries(layout.timeline(None, entity.id))
            yield from (entry for entry in entries if entry.session_id not in sessions)


def archive_tree(files: Files, layout: Layout, timelines: Timelines, world: World, root_id: str) -> Path:
    """Write a tree durably to ``archive/<root id>.jsonl``. Returns that path. ``read_archive`` reads it."""
    entities = tree_of(world, root_id)
    path = layout.archive / f"{root_id}.jsonl"
    files.mkdir(path.parent)
    atomic_write(files, path, b"".join(archive_lines(world.seq, entities, entries_of(timelines, layout, entities))))
    return path
