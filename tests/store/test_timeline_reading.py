"""Reading by seq from files and pending bytes: the block size makes no difference."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from maestrod.store import timeline_reading
from maestrod.store.timeline_reading import BEHIND_ALL, TimelineSlice, line_seq
from tests.kit.parts.crash_files import CrashFiles
from tests.store.test_timeline import PATH


def line(seq: int, size: int) -> bytes:
    return b'{"id":"e","type":"progress","timestamp":1,"message":"%b","seq":%d}\n' % (b"m" * size, seq)


@pytest.mark.parametrize("block", [1, 7, 64, 333, 16_384])
@given(
    lines=st.lists(st.integers(0, 200), max_size=25),
    split=st.integers(0, 25),
    seq=st.integers(0, 60),
    torn=st.binary(max_size=30),
)
def test_any_block_size_finds_the_same(block: int, lines: list[int], split: int, seq: int, torn: bytes) -> None:
    every = [line(2 * index + 1, size) for index, size in enumerate(lines)]
    seqs = [2 * index + 1 for index in range(len(lines))]
    stored, pending = b"".join(every[:split]), b"".join(every[split:])
    files = CrashFiles()
    files.damage(PATH, stored + torn.replace(b"\n", b""))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(timeline_reading, "_BLOCK", block)
        reading = TimelineSlice(files, PATH, len(stored), pending)
        assert [entry.seq for entry in reading.after(seq)] == [each for each in seqs if each > seq]
        assert [entry.seq for entry in reading.before(seq)] == [each for each in reversed(seqs) if each < seq]
        assert [entry.seq for entry in reading.before(BEHIND_ALL)] == seqs[::-1]
        trusted = [each for each in seqs[:split] if each <= seq]
        end = sum(map(len, every[: len(trusted)]))
        whole = TimelineSlice(files, PATH, files.info(PATH).size)
        assert whole.trusted_end(seq) == ((end, trusted[-1]) if trusted else (0, 0))


def test_the_seq_of_a_line_is_read() -> None:
    assert line_seq(line(7, 3)) == 7
    assert line_seq(b"{") == line_seq(b"") == line_seq(b"\xff") == line_seq(b"[]") == 0
