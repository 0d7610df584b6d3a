"""Read a session's output log from its files, without the shim.

`shim/outputlog.py` describes the files and the offsets. Rotation may delete segments while they are read; the reader
then continues at the next one, and the chunk's `start` shows the gap.
"""

import os
from pathlib import Path

from maestrod.sessions.shim.outputlog import log_end, segment_name, segment_starts
from maestrod.sessions.spec import OutputChunk

READ_BLOCK = 64 * 1024


def output_folder(session_folder: Path) -> Path:
    """The folder with the segments of a session's log."""
    return session_folder / "output"


def output_end(session_folder: Path) -> int:
    """The offset after the last byte of a session's log."""
    return log_end(str(output_folder(session_folder)))


def read_output(session_folder: Path, offset: int, limit: int, dropped: int = 0) -> OutputChunk:
    """Up to `limit` bytes from `offset`, or from the first kept byte after it; empty at the end of the log."""
    folder = output_folder(session_folder)
    end = log_end(str(folder))
    position = min(max(0, offset), end)
    start = position
    parts: list[bytes] = []
    taken = 0
    for segment in _from(segment_starts(str(folder)), position):
        if segment > position:
            if parts:
                break  # a gap: the next segment does not follow on, so it belongs to another chunk
            start = position = segment
        data = _read_segment(folder / segment_name(segment), position - segment, limit - taken)
        if data and not parts:
            start = position
        parts += [data] if data else []
        taken += len(data)
        position += len(data)
        if taken >= limit:
            break
    return OutputChunk(start, b"".join(parts), max(end, position), dropped)


def tail_output(session_folder: Path, limit: int, lines: int | None = None, dropped: int = 0) -> OutputChunk:
    """The last `limit` bytes of the log, or its last `lines` lines within them."""
    end = output_end(session_folder)
    chunk = read_output(session_folder, max(0, end - limit), limit, dropped)
    if lines is None:
        return chunk
    cut = _cut_before_lines(chunk.data, lines)
    return OutputChunk(chunk.start + cut, chunk.data[cut:], chunk.end, dropped)


def _from(starts: list[int], offset: int) -> list[int]:
    """The segment that holds the offset, and all after it."""
    holding = [start for start in starts if start <= offset]
    return holding[-1:] + [start for start in starts if start > offset]


def _read_segment(path: Path, offset: int, limit: int) -> bytes:
    """Up to `limit` bytes of one segment; empty when rotation has deleted it."""
    try:
        fd = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    except FileNotFoundError:
        return b""
    parts: list[bytes] = []
    try:
        while limit > 0 and (part := os.pread(fd, min(limit, READ_BLOCK), offset)):
            parts.append(part)
            offset += len(part)
            limit -= len(part)
    finally:
        os.close(fd)
    return b"".join(parts)


def _cut_before_lines(data: bytes, lines: int) -> int:
    """The index at which the last `lines` lines begin; a last line without a newline counts."""
    position = len(data) - 1 if data.endswith(b"\n") else len(data)
    for _ in range(lines):
        position = data.rfind(b"\n", 0, position)
        if position < 0:
            return 0
    return position + 1 if lines else len(data)
