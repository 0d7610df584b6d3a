"""Migrates a store from format 1 (maestrod 0.1) to 2: the members of a live session became one member, ``live``; time limits
became clocks.

In format 1, these members were independent (``paused``, ``stopping``, ``finishing``, ``deadline`` with ``timeoutLeft``,
``turn`` with ``stallAt`` and ``quietSince``, ``wait``, ``limitHits`` with ``limitedSince``), and the time limit of a task was
in ``deadline`` and ``timeoutLeft``. An event of the journal says only which members changed, so rewriting it needs the entity's
earlier state. The journal is replayed as in format 1, and each event becomes the equivalent change in format 2. Everything is
JSON here, because the structs of format 1 no longer exist.

Unreadable data is left as it is, for recovery to handle as usual.
"""

import zlib
from collections.abc import Callable, Iterator, Mapping
from functools import partial
from pathlib import Path
from typing import Any

import msgspec

from maestrod.api.event import Event
from maestrod.api.text.json_text import repeated
from maestrod.store.entities import CHECK, is_genuine
from maestrod.store.files import Files, atomic_write
from maestrod.store.layout import Layout
from maestrod.store.reader import SECTOR, without_zero_tail
from maestrod.store.record import DamagedLine, decode, encode
from maestrod.store.segments import list_segments

Json = dict[str, Any]

_OVER = frozenset({"completed", "failed", "stopped"})
#: The members of a session that became ``live``.
_MEMBERS = (
    *("paused", "stopping", "finishing", "deadline", "timeoutLeft", "turn"),
    *("wait", "limitHits", "limitedSince", "stallAt", "quietSince"),
)
#: What the conversion of a member of another type raises. Only an editor can have written it.
_MISFITS = (TypeError, AttributeError, ValueError, LookupError)
_UNSAID = {"source": "recovery", "code": "stopped"}


def session(old: Mapping[str, Any]) -> Json:
    """A session of format 1 in format 2. Members that equal their default may be absent in both."""
    new = {name: value for name, value in old.items() if name not in _MEMBERS}
    has = {name: old[name] for name in _MEMBERS if old.get(name)}
    new["live"] = None
    if old.get("status") in _OVER:
        return new
    new |= {name: None for name in ("exit", "completedAt") if name in new}
    if old.get("status") == "spawning" and not has.get("finishing"):
        new["live"] = _spawning(has, old)
        return new
    if old.get("status") == "spawning":
        new["status"] = "idle"  # it was let go before its first sign of life, which it no longer needs
    new["live"] = _up(has, old)
    return new


def task(old: Mapping[str, Any]) -> Json:
    """A task of format 1 in format 2."""
    new = {name: value for name, value in old.items() if name not in {"deadline", "timeoutLeft"}}
    return new | {"clock": _clock(old)}


#: By kind, the function that converts an entity from format 1 to 2.
ENTITIES: Mapping[str, Callable[[Mapping[str, Any]], Json]] = {"session": session, "task": task}


def _spawning(has: Json, old: Mapping[str, Any]) -> Json:
    live: Json = {"phase": "spawning"} | _paused(has)
    if has.get("stopping"):
        return live | {"ending": _stopping(old)}
    return live | ({} if (clock := _clock(old)) is None else {"clock": clock})


def _up(has: Json, old: Mapping[str, Any]) -> Json:
    live: Json = {"phase": "up"} | _paused(has)
    if has.get("stopping"):
        live["ending"] = _stopping(old)
    elif has.get("finishing"):
        live["ending"] = {"kind": "finishing"} | ({} if (clock := _clock(old)) is None else {"clock": clock})
    if "turn" in has:
        live["turn"] = _turn(has["turn"], has)
    if "wait" in has:
        live["wait"] = has["wait"]
    if "limitHits" in has:
        live["limited"] = {"hits": has["limitHits"], "since": has.get("limitedSince", 0)}
    return live


def _paused(has: Json) -> Json:
    return {"paused": True} if has.get("paused") else {}


def _stopping(old: Mapping[str, Any]) -> Json:
    return {"kind": "stopping", "reason": old.get("statusReason") or _UNSAID}


def _clock(old: Mapping[str, Any]) -> Json | None:
    if old.get("deadline") is not None:
        return {"deadline": old["deadline"]}
    return None if old.get("timeoutLeft") is None else {"left": old["timeoutLeft"]}


def _turn(turn: Json, has: Json) -> Json:
    kept: Json = {name: turn[name] for name in ("since", "source", "attempt", "background") if name in turn}
    watch: Json = {"stallAt": has["stallAt"]} if "stallAt" in has else {}
    if turn.get("running"):
        quiet: Json = {"quietSince": has["quietSince"]} if "quietSince" in has else {}
        return {"state": "running", **kept, "doing": turn.get("doing", ""), **watch, **quiet}
    said: Json = {name: turn[name] for name in ("code", "detail") if name in turn}
    return {"state": "over", "outcome": turn.get("outcome") or "completed", **kept, **said, **watch}


def migrate(files: Files, layout: Layout) -> None:
    """Rewrite the store in ``layout``. After an interruption, run it again on the original files."""
    entities = _Entities()
    _rewrite(files, layout.snapshot, partial(_snapshot, entities))
    for kind in ENTITIES:
        for id_, path in layout.entity_names(files, kind).items():
            _rewrite(files, path, partial(_file, entities, kind, id_))
    segments = list_segments(files, layout.journal)
    for number, segment in enumerate(segments):
        end = segments[number + 1].first_seq if number + 1 < len(segments) else None
        atomic_write(files, segment.path, _segment(files.read(segment.path), entities, end))


def _rewrite(files: Files, path: Path, rewritten: Callable[[bytes], bytes]) -> None:
    """Replace a file; what is not a file is left for recovery to report."""
    try:
        data = files.read(path)
    except (FileNotFoundError, IsADirectoryError):
        return
    new = rewritten(data)
    if new != data:
        atomic_write(files, path, new)


class _Entities:
    """The sessions and tasks in format 1, event by event. ``bases`` has their states in other files, each as of a seq."""

    def __init__(self) -> None:
        self.bases: dict[str, list[tuple[int, Json]]] = {}
        self._now: dict[str, tuple[int, Json]] = {}

    def rewritten(self, event: Event) -> Event:
        """An event in format 2. An event about an unknown entity or another kind stays as it is."""
        kind, _, what = event.type.partition(".")
        if kind not in ENTITIES:
            return event
        entity = ENTITIES[kind]
        if what == "created":
            self._now[event.id] = (event.seq, dict(event.data))
            return msgspec.structs.replace(event, data=entity(event.data))
        before = self._before(event)
        if before is None or what == "deleted":
            return event
        after = before | event.data
        self._now[event.id] = (event.seq, after)
        old, new = entity(before), entity(after)
        data = {name: value for name, value in new.items() if name in event.data or old.get(name) != value}
        return msgspec.structs.replace(event, data=data)

    def _before(self, event: Event) -> Json | None:
        """The entity before the event: from the journal, or from a newer file whose seq is below the event's."""
        known = [self._now[event.id]] if event.id in self._now else []
        known += [base for base in self.bases.get(event.id, ()) if base[0] < event.seq]
        return max(known, key=lambda base: base[0])[1] if known else None


def _snapshot(entities: _Entities, data: bytes) -> bytes:
    """The rewritten snapshot; unchanged if it is damaged."""
    try:
        lines, seq = _snapshot_lines(data)
    except (ValueError, LookupError, TypeError):
        return data
    content = b"".join(_rewritten_snapshot(lines, seq, entities))
    trailer = {"lines": content.count(b"\n"), "crc": f"{zlib.crc32(content):08x}"}
    return content + msgspec.json.encode(trailer) + b"\n"


def _snapshot_lines(data: bytes) -> tuple[list[bytes], int]:
    """The lines of a complete snapshot except the last, and its seq. Raises ``ValueError``, ``LookupError`` or ``TypeError``."""
    start = data.rfind(b"\n", 0, -1) + 1
    if msgspec.json.decode(data[start:])["crc"] != f"{zlib.crc32(data[:start]):08x}":
        raise ValueError("its checksum does not match")
    lines = data[:start].splitlines(keepends=True)
    return lines, int(msgspec.json.decode(lines[0])["seq"])


def _rewritten_snapshot(lines: list[bytes], seq: int, entities: _Entities) -> Iterator[bytes]:
    yield msgspec.json.encode({"snapshot": 2, "seq": seq}) + b"\n"
    kind = ""
    for line in lines[1:]:
        if line.startswith(b'{"kind":'):
            kind = msgspec.json.decode(line)["kind"]
            yield line
        elif kind in ENTITIES:
            old = msgspec.json.decode(line)
            entities.bases.setdefault(old["id"], []).append((seq, old))
            yield msgspec.json.encode(ENTITIES[kind](old)) + b"\n"
        else:
            yield line


def _file(entities: _Entities, kind: str, id_: str, data: bytes) -> bytes:
    """A rewritten entity file. An edited file stays edited; one that recovery will refuse stays as it is."""
    try:
        old = msgspec.json.decode(data)
    except (msgspec.DecodeError, UnicodeDecodeError):
        return data
    genuine = is_genuine(data)
    if not isinstance(old, dict) or not isinstance(old.get("seq"), int) or not (genuine or repeated(data) is None):
        return data
    try:
        members = {**ENTITIES[kind](_without_own(old)), "seq": old["seq"]}
    except _MISFITS:
        return data
    if genuine:
        entities.bases.setdefault(id_, []).append((old["seq"], _without_own(old)))
    text = msgspec.json.format(msgspec.json.encode(members), indent=2).removesuffix(b"\n}")
    check = f"{zlib.crc32(text):08x}" if genuine else str(old.get("check", ""))
    return b'%b%b%b"\n}\n' % (text, CHECK, check.encode())


def _without_own(old: Json) -> Json:
    return {name: value for name, value in old.items() if name not in {"seq", "check"}}


def _segment(data: bytes, entities: _Entities, end: int | None) -> bytes:
    """A rewritten segment, up to the seq at which the next one begins (None: it is the last).

    A torn commit is recognised by the ends of disk sectors, so unreadable data keeps its position relative to them.
    """
    rewritten = bytearray()
    start, data = 0, without_zero_tail(data)
    while start < len(data):
        stop = data.find(b"\n", start)
        line = data[start : stop if stop >= 0 else None]
        try:
            record = decode(line if stop >= 0 else line[: line.rfind(b"}") + 1])
        except DamagedLine:
            if line and end is None:
                rewritten += b"\n" * ((start - len(rewritten)) % SECTOR)
            rewritten += line
        else:
            is_void = end is not None and record.seq >= end
            events = record.events if is_void else tuple(map(entities.rewritten, record.events))
            rewritten += line if events == record.events else encode(events).removesuffix(b"\n")
        rewritten += b"\n" if stop >= 0 else b""
        start = stop + 1 if stop >= 0 else len(data)
    return bytes(rewritten)
