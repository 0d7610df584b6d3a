"""One readable file per entity: pretty-printed JSON, with the seq that it reflects and a checksum that reveals edits.

A file written by the daemon ends in ``"seq"`` (the last event it reflects) and ``"check"`` (CRC-32 of all bytes before it). If
the check does not match, a user edited the file. It is then validated and applied as a change, or quarantined if it is
invalid. So the file alone reveals an edit, whatever the clock, the snapshot or the journal say.

Members that this version does not know are kept when a file is replaced.
"""

import zlib
from collections.abc import Callable
from typing import Any, NamedTuple, TypeVar

import msgspec

from maestrod.api.model.base import Entity
from maestrod.api.text.json_text import repeated
from maestrod.api.text.outside_text import NotText, decode_repaired, file_text
from maestrod.core.world.entities import KINDS, whole

T = TypeVar("T")

#: The bytes before the checksum of a file.
CHECK = b',\n  "check": "'
_DECODERS = {kind: msgspec.json.Decoder(struct) for kind, struct in KINDS.items()}
_OWN = {"seq", "check"}
_KNOWN = {kind: {*struct.__struct_encode_fields__, *_OWN} for kind, struct in KINDS.items()}


class BadEntityFile(ValueError):
    """A file that is not the entity its name says. The message is for the user who edited it."""


class EntityFile(NamedTuple):
    """The content of a file. ``seq`` is 0 if it has none; ``edited`` if its check does not match."""

    entity: Entity
    seq: int
    edited: bool


class _Seq(msgspec.Struct):
    seq: int = 0


_seq_decoder = msgspec.json.Decoder(_Seq)


def encode_file(entity: Entity, seq: int, unknown: dict[str, Any] | None = None) -> bytes:
    """The bytes of an entity's file; ``unknown`` has members to carry over."""
    members = {**whole(entity), **(unknown or {}), "seq": seq}
    text = msgspec.json.format(msgspec.json.encode(members), indent=2).removesuffix(b"\n}")
    return b'%b%b%08x"\n}\n' % (text, CHECK, zlib.crc32(text))


def decode_file(kind: str, id_: str, data: bytes) -> EntityFile:
    """The content of the file of entity ``id_``. Raises ``BadEntityFile`` if it cannot be that entity."""
    if not data.strip(b"\0 \n"):
        raise BadEntityFile("the file is empty")
    try:
        entity = _decoded(_DECODERS[kind].decode, data)
        seq = _decoded(_seq_decoder.decode, data).seq
    except (msgspec.DecodeError, NotText) as error:
        raise BadEntityFile(str(error)) from error
    named: str = entity.id  # type: ignore[attr-defined]  # every struct in KINDS has an id
    if named != id_:
        raise BadEntityFile(f'its "id" is {named!r}, but the file is named after {id_!r}')
    edited = not is_genuine(data)
    if edited and (place := repeated(data)) is not None:
        raise BadEntityFile(f"`{place}` appears twice: one of the two would be lost")
    return EntityFile(entity, seq, edited=edited)


def _decoded(decode: Callable[[bytes], T], data: bytes) -> T:
    """Decode a file that an editor may have saved in another encoding. Raises ``NotText`` or what msgspec raises."""
    try:
        return decode(data)
    except (msgspec.DecodeError, UnicodeDecodeError):  # the second from msgspec 0.20
        plain = file_text(data).encode()
    return decode_repaired(decode, plain)


def is_genuine(data: bytes) -> bool:
    """Whether the daemon wrote these bytes: the check matches."""
    text, mark, rest = data.rpartition(CHECK)
    return bool(mark) and rest == b'%08x"\n}\n' % zlib.crc32(text)


def unknown_members(kind: str, data: bytes) -> dict[str, Any]:
    """The members of a file that this version does not know; none if the file cannot be read."""
    try:
        members = _decoded(msgspec.json.decode, data)
    except (msgspec.DecodeError, NotText):
        return {}
    if not isinstance(members, dict):
        return {}
    return {name: value for name, value in members.items() if name not in _KNOWN[kind]}
