"""Reading the log from its files: no byte ever gets the offset of another, despite rotation and deletion."""

from pathlib import Path
from tempfile import TemporaryDirectory

from hypothesis import given
from hypothesis import strategies as st

from maestrod.sessions.output import output_end, output_folder, read_output, tail_output
from maestrod.sessions.shim.outputlog import OutputLog, segment_name, segment_starts


def written(session: Path, data: bytes, segment: int = 10) -> None:
    log = OutputLog(str(output_folder(session)), segment, 1000)
    log.append(data)
    log.finish()


@given(
    data=st.binary(max_size=200),
    segment=st.integers(1, 30),
    gone=st.sets(st.integers(0, 20)),
    offset=st.integers(0, 250),
    limit=st.integers(1, 250),
)
def test_a_chunk_is_what_was_written_at_its_offset(
    data: bytes, segment: int, gone: set[int], offset: int, limit: int
) -> None:
    with TemporaryDirectory() as name:
        session = Path(name)
        written(session, data, segment)
        folder = output_folder(session)
        starts = segment_starts(str(folder))
        for index in gone & set(range(len(starts) - 1)):
            (folder / segment_name(starts[index])).unlink()
        chunk = read_output(session, offset, limit)
        assert chunk.data == data[chunk.start : chunk.next]
        assert chunk.start >= min(offset, len(data))
        assert len(chunk.data) <= limit
        assert chunk.end == len(data)
        if chunk.start > offset:  # what was skipped is really gone
            assert not any(
                start <= offset < start + segment for start in segment_starts(str(folder)) if start < chunk.start
            )
        if not chunk.data:
            assert offset >= len(data)


@given(data=st.binary(max_size=200), limit=st.integers(1, 30))
def test_reading_to_the_end_gives_everything_once(data: bytes, limit: int) -> None:
    with TemporaryDirectory() as name:
        written(Path(name), data)
        position, parts = 0, []
        while (chunk := read_output(Path(name), position, limit)).data:
            assert chunk.start == position
            parts.append(chunk.data)
            position = chunk.next
        assert b"".join(parts) == data


@given(st.lists(st.sampled_from([b"a", b"bb", b"", b"\xff"]), max_size=8), st.booleans(), st.integers(0, 10))
def test_the_last_lines_are_those_of_splitting(lines: list[bytes], ends: bool, wanted: int) -> None:
    data = b"\n".join(lines) + (b"\n" if ends and lines else b"")
    with TemporaryDirectory() as name:
        written(Path(name), data)
        chunk = tail_output(Path(name), 1000, lines=wanted)
        expected = b"".join(data.splitlines(keepends=True)[-wanted:]) if wanted else b""
        assert chunk.data == expected
        assert chunk.next == chunk.end == len(data)


def test_a_session_without_a_log_reads_as_empty(tmp_path: Path) -> None:
    chunk = read_output(tmp_path, 5, 10, dropped=3)
    assert (chunk.start, chunk.data, chunk.end, chunk.dropped) == (0, b"", 0, 3)
    assert output_end(tmp_path) == 0
    assert tail_output(tmp_path, 10, lines=2).data == b""


def test_the_tail_is_bounded(tmp_path: Path) -> None:
    written(tmp_path, b"x" * 500, segment=100)
    chunk = tail_output(tmp_path, 30)
    assert (chunk.start, chunk.data) == (470, b"x" * 30)
