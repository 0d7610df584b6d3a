"""Lines from pieces: the same however they are split and wherever reading resumes, and bounded."""

from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from maestrod.agents.kit.json_lines import object_of
from maestrod.supervisor.line_cutter import LINE_BYTES, LineCutter

LOG = st.binary(max_size=200).map(lambda data: data.replace(b"\x00", b"\n"))
CUTS = st.lists(st.integers(0, 200), max_size=12)


def pieces(log: bytes, cuts: list[int], start: int = 0) -> list[tuple[int, bytes]]:
    """The log from ``start`` on, cut at the offsets, each piece with its own."""
    offsets = sorted({start, len(log), *(cut for cut in cuts if start < cut < len(log))})
    return [(begin, log[begin:end]) for begin, end in pairwise(offsets)]


def cut(log: bytes, cuts: list[int], start: int = 0, limit: int = LINE_BYTES) -> list[tuple[bytes, int]]:
    cutter = LineCutter(start, limit)
    lines = [line for begin, data in pieces(log, cuts, start) for line in cutter.feed(begin, data)]
    assert cutter.position == len(log) or not pieces(log, cuts, start)
    return lines


@given(LOG, CUTS)
def test_the_lines_are_those_of_the_whole_log(log: bytes, cuts: list[int]) -> None:
    whole = log.split(b"\n")[:-1]
    assert [line for line, _ in cut(log, cuts)] == whole
    assert all(log[: end - 1].endswith(line) and log[end - 1 : end] == b"\n" for line, end in cut(log, cuts))


@given(LOG, CUTS, st.data())
def test_continuing_where_the_last_reader_stopped_misses_and_repeats_nothing(
    log: bytes, cuts: list[int], data: st.DataObject
) -> None:
    lines = cut(log, cuts)
    read = data.draw(st.integers(0, len(lines)))
    read_to = lines[read - 1][1] if read else 0
    assert lines[:read] + cut(log, cuts, read_to) == lines


@given(LOG.filter(lambda log: b"{" not in log), CUTS, st.integers(0, 20))
def test_exactly_the_lines_beyond_the_limit_are_left_out(log: bytes, cuts: list[int], limit: int) -> None:
    kept = [line if len(line) <= limit else b"" for line in log.split(b"\n")[:-1]]
    assert [line for line, _ in cut(log, cuts, limit=limit)] == kept


@given(CUTS, st.integers(200, 2000), st.integers(120, 190))
def test_a_long_json_line_loses_only_its_long_texts(cuts: list[int], size: int, limit: int) -> None:
    line = b'{"type":"result","text":"%b","is_error":false}' % (b"x" * size)
    cutter = LineCutter(0, limit)
    notes = []
    for begin, data in pieces(line + b"\nnext\n", cuts):
        for kept, _ in cutter.feed(begin, data):
            notes.append(cutter.note)
            message = object_of(kept) if kept.startswith(b"{") else None
            assert message is None or (message.value("type"), message.value("is_error")) == ("result", False)
    assert notes == [f"the long texts in a line of {len(line):,} bytes were cut", ""]


def test_a_long_line_that_is_not_json_is_left_out_and_reported() -> None:
    cutter = LineCutter(0, limit=10)
    assert list(cutter.feed(0, b"x" * 50 + b"\n")) == [(b"", 51)]
    assert cutter.note == "a line of 50 bytes was left out"
    assert list(cutter.feed(51, b"next\n")) == [(b"next", 56)]
    assert not cutter.note


@given(LOG, CUTS)
def test_a_last_line_without_an_end_is_returned_at_the_end(log: bytes, cuts: list[int]) -> None:
    cutter = LineCutter(0)
    for begin, data in pieces(log, cuts):
        list(cutter.feed(begin, data))
    assert cutter.finish() == log.split(b"\n")[-1]
    assert cutter.read_to == len(log)


def test_a_line_whose_beginning_was_rotated_away_is_skipped() -> None:
    cutter = LineCutter(0)
    assert list(cutter.feed(0, b"one\nbegin")) == [(b"one", 4)]
    lines = cutter.feed(100, b"the end of another\nwhole\n")
    assert next(lines) == (b"", 119)
    assert cutter.note == "91 bytes of its output were gone before they could be read"
    assert list(lines) == [(b"whole", 125)]
    assert not cutter.note


def test_an_unfinished_line_is_bounded() -> None:
    cutter = LineCutter(0, limit=1000)
    for number in range(100):
        assert list(cutter.feed(number * 100, b"x" * 100)) == []
    assert sum(map(len, cutter._pieces)) <= 1000
    assert list(cutter.feed(10_000, b"\nnext\n")) == [(b"", 10_001), (b"next", 10_006)]
