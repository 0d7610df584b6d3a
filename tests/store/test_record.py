"""Journal lines: they are read back unchanged, and no changed bit goes unnoticed."""

import json
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from maestrod.api.event import Event
from maestrod.core.world.sparse import sparse
from maestrod.store.record import DamagedLine, Record, decode, encode, parse, peek_seq

json_values: st.SearchStrategy[Any] = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53), 2**53) | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=6,
)


@st.composite
def decisions(draw: st.DrawFn) -> list[Event]:
    first, at = draw(st.integers(1, 10**12)), draw(st.integers(0, 2**43))
    count = draw(st.integers(1, 4))
    return [
        Event(
            seq=first + index,
            at=at,
            type=draw(st.sampled_from(["task.created", "timeline.added"])),
            id=draw(st.text(max_size=12)),
            data=draw(st.dictionaries(st.text(max_size=6), json_values, max_size=3)),
        )
        for index in range(count)
    ]


@given(decisions())
def test_a_round_trip_changes_nothing(events: list[Event]) -> None:
    line = encode(events)
    assert line.endswith(b"}\n") and line.count(b"\n") == 1
    assert decode(line[:-1]) == Record(events[0].seq, events[0].at, tuple(events))
    assert peek_seq(line) == events[0].seq
    assert json.loads(line)["events"] == json.loads(msgspec.json.encode(list(map(sparse, events)))), (
        "any JSON reader can read a journal"
    )


@given(decisions(), st.data())
def test_any_flipped_bit_is_detected(events: list[Event], data: st.DataObject) -> None:
    line = bytearray(encode(events)[:-1])
    bit = data.draw(st.integers(0, len(line) * 8 - 1))
    line[bit // 8] ^= 1 << bit % 8
    with pytest.raises(DamagedLine):
        decode(bytes(line))


@given(decisions(), st.data())
def test_a_torn_line_is_found(events: list[Event], data: st.DataObject) -> None:
    line = encode(events)[:-1]
    with pytest.raises(DamagedLine):
        decode(line[: data.draw(st.integers(0, len(line) - 1))])


@given(st.binary(max_size=60))
def test_foreign_bytes_are_refused(line: bytes) -> None:
    with pytest.raises(DamagedLine):
        decode(line)


def test_nonsense_with_a_valid_checksum_is_refused() -> None:
    events = [Event(seq=5, at=1, type="task.created", id="a"), Event(seq=7, at=1, type="task.created", id="b")]
    with pytest.raises(DamagedLine, match="event numbers"):
        decode(encode(events)[:-1])
    with pytest.raises(DamagedLine, match="not a decision"):
        parse(b'{"crc":"00000000","seq":1,"at":1,"events":{}}')


def test_crc_is_the_published_one() -> None:
    """The check value of CRC-32/ISO-HDLC, so that other programs can verify a journal."""
    import zlib

    assert zlib.crc32(b"123456789") == 0xCBF43926
    assert encode(
        [Event(seq=1, at=2, type="a.b", id="c")]
    ) == b'{"crc":"%08x","seq":1,"at":2,"events":[{"seq":1,"at":2,"type":"a.b","id":"c"}]}\n' % zlib.crc32(
        b'"seq":1,"at":2,"events":[{"seq":1,"at":2,"type":"a.b","id":"c"}]}'
    )
