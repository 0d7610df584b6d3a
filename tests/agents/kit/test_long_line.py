"""A shortened line decodes to the same values except for long texts, however it was split into pieces."""

import json
import time
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from maestrod.agents.kit.json_lines import object_of
from maestrod.agents.kit.long_line import LongLine
from maestrod.agents.registry import ADAPTERS
from maestrod.core.values.signs import Trouble, TurnEnded
from maestrod.supervisor.line_cutter import LINE_BYTES, LineCutter

TEXT = st.text(st.sampled_from('ab"\\\n\x1b€😀\u2028{}[],:'), max_size=40)
VALUE = st.recursive(
    st.none() | st.booleans() | st.integers() | TEXT,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXT, inner, max_size=3),
    max_leaves=8,
)


def shortened(line: bytes, cuts: list[int], limit: int) -> bytes:
    long = LongLine(limit)
    places = sorted({0, len(line), *(cut for cut in cuts if cut < len(line))})
    return b"".join(long.feed(line[begin:end]) for begin, end in pairwise(places))


def same_but_for_long_texts(found: Any, value: Any) -> bool:
    if isinstance(value, dict):  # two names may be cut to the same
        return isinstance(found, dict) and len(found) <= len(value)
    if isinstance(value, list):
        return isinstance(found, list) and len(found) == len(value) and all(map(same_but_for_long_texts, found, value))
    if isinstance(value, str):
        return found == value or (isinstance(found, str) and found.endswith("…"))
    return bool(found == value)


@given(st.dictionaries(TEXT, VALUE, max_size=4), st.booleans(), st.lists(st.integers(0, 400), max_size=8))
def test_a_line_of_short_texts_stays_as_it_is(value: dict[str, Any], ascii_only: bool, cuts: list[int]) -> None:
    line = json.dumps(value, ensure_ascii=ascii_only).encode()
    assert shortened(line, cuts, 10_000) == line


@given(VALUE, st.booleans(), st.lists(st.integers(0, 400), max_size=8), st.integers(4, 30))
def test_a_shortened_line_is_the_same_json_except_for_long_texts(
    value: Any, ascii_only: bool, cuts: list[int], limit: int
) -> None:
    line = json.dumps({"type": value}, ensure_ascii=ascii_only).encode()
    read = object_of(shortened(line, cuts, limit))
    assert not read.is_broken
    assert same_but_for_long_texts(read.value("type"), value)


@given(st.binary(max_size=200), st.lists(st.integers(0, 200), max_size=8))
def test_no_bytes_do_harm_and_none_are_added_but_the_mark(line: bytes, cuts: list[int]) -> None:
    assert line.startswith(shortened(line, cuts, 10_000))


def test_millions_of_escapes_take_no_memory_for_replays() -> None:
    began = time.process_time()
    kept = LongLine(1000).feed(b'{"type":"' + rb"\n" * 2_000_000 + b'","end":1}')
    assert kept == b'{"type":"' + rb"\n" * 500 + "…".encode() + b'","end":1}'
    assert time.process_time() - began < 5


LONG = '"' + "words \\ud83d and \\n" * 300_000 + '"'
ENDS = {
    "claude": f'{{"type":"result","subtype":"success","result":{LONG},"is_error":false,"num_turns":2}}',
    "codex": f'{{"type":"turn.failed","error":{{"message":{LONG}}}}}',
    "gemini": f'{{"type":"result","note":{LONG},"status":"success","stats":{{"input_tokens":1}}}}',
    "opencode": f'{{"type":"step_finish","note":{LONG},"part":{{"reason":"stop","tokens":{{}}}}}}',
}


@pytest.mark.parametrize("agent", sorted(ENDS))
def test_the_end_of_a_turn_is_read_however_long_its_line(agent: str) -> None:
    line = ENDS[agent].encode()
    assert len(line) > LINE_BYTES
    cutter = LineCutter(0)
    [(kept, end)] = [
        given for at in range(0, len(line), 1 << 16) for given in cutter.feed(at, (line + b"\n")[at : at + (1 << 16)])
    ]
    assert (end, cutter.note) == (len(line) + 1, f"the long texts in a line of {len(line):,} bytes were cut")
    signs = ADAPTERS[agent].read_line(kept).signs
    assert [sign for sign in signs if isinstance(sign, TurnEnded)], signs
    assert not [sign for sign in signs if isinstance(sign, Trouble) and sign.code == "unreadable_line"]
