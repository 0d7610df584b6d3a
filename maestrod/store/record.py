"""One line of the journal: one decision with all its events, and a checksum over its bytes.

``{"crc":"xxxxxxxx","seq":N,"at":ms,"events":[...]}``: ``crc`` is the CRC-32 of zlib (the polynomial of ISO 3309, as in
gzip and PNG), eight lower-case hex digits, over every byte after ``"crc":"xxxxxxxx",`` up to the newline. It comes first and
at a fixed position, so the raw bytes are checked before any of them is trusted. CRC-32 finds every flipped bit and every
burst of up to 32 bits. ``seq`` is the seq of the first event; the line covers one seq per event.
"""

import zlib
from collections.abc import Sequence

import msgspec

from maestrod.api.event import Event
from maestrod.core.world.sparse import sparse

OPENING = b'{"crc":"'
_CRC_END = len(OPENING) + 8
_BODY = _CRC_END + 2


class Record(msgspec.Struct, frozen=True, gc=False):
    """A decision in the journal: ``events`` have consecutive seqs, beginning with ``seq``; ``at`` is in ms since the epoch."""

    seq: int
    at: int
    events: tuple[Event, ...]

    @property
    def last_seq(self) -> int:
        """The seq of the last event."""
        return self.seq + len(self.events) - 1


class DamagedLine(ValueError):
    """Bytes that are not a line written by this program: torn, flipped or foreign. The message says which."""


_encoder = msgspec.json.Encoder()
_decoder = msgspec.json.Decoder(Record)


def encode(events: Sequence[Event]) -> bytes:
    """The line of one decision, with its newline. ``events`` must have consecutive seqs, and at least one event."""
    body = b'"seq":%d,"at":%d,"events":%b}' % (events[0].seq, events[0].at, _encoder.encode(list(map(sparse, events))))
    return b'{"crc":"%08x",%b\n' % (zlib.crc32(body), body)


def decode(line: bytes) -> Record:
    """The decision in ``line`` (without its newline). Raises ``DamagedLine`` if any bit has changed."""
    if line[:_BODY] != b'{"crc":"%08x",' % zlib.crc32(line[_BODY:]):
        raise DamagedLine("checksum does not match" if line[:8] == OPENING else "does not begin with a checksum")
    return parse(line)


def parse(line: bytes) -> Record:
    """The decision in ``line``, ignoring the checksum. Only for inspecting damaged lines: never apply it."""
    try:
        record = _decoder.decode(line)
    except (msgspec.DecodeError, msgspec.ValidationError, UnicodeDecodeError) as error:
        raise DamagedLine(f"not a decision: {error}") from error
    events = record.events
    if not events or events[0].seq != record.seq or events[-1].seq != record.seq + len(events) - 1:
        raise DamagedLine("the event numbers do not match the line")
    return record


def peek_seq(line: bytes) -> int | None:
    """The seq that a line claims, without decoding or checking it; None if it claims none."""
    if line[_BODY : _BODY + 6] != b'"seq":':
        return None
    digits = line[_BODY + 6 : line.find(b",", _BODY + 6)]
    return int(digits) if digits.isdigit() else None
