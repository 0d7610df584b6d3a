"""The output log of a session: bytes in segment files, bounded, without gaps between offsets.

Theory. Every byte that the log *keeps* has an offset, counted from the first byte of the session's first attempt. A
segment is a file under `output/` named by the 20-digit offset of its first byte; the next segment begins where it ends.
Old segments are deleted, so a reader may find that the log begins after the offset it asked for. It never finds one
byte at two offsets, and the name of the next segment shows every gap. Bytes that cannot be written (disk full, I/O
error) are dropped and counted, never waited for: an agent must not block because a disk is full. When writing works
again, a marker line in the log says how much was lost.
"""

import posix
from errno import errorcode

from .records import make_folder

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

NAME_DIGITS = 20


def segment_name(start: int) -> str:
    """File name of the segment whose first byte has this offset."""
    return f"{start:0{NAME_DIGITS}d}.log"


def segment_start(name: str) -> int | None:
    """Offset of the first byte of a segment; None when the name is not that of a segment."""
    stem, dot, suffix = name.partition(".")
    if dot and suffix == "log" and len(stem) == NAME_DIGITS and stem.isascii() and stem.isdigit():
        return int(stem)
    return None


def segment_starts(folder: str) -> list[int]:
    """Offsets of the segments in a folder, ascending; empty when there is no folder."""
    try:
        names = posix.listdir(folder)
    except (FileNotFoundError, NotADirectoryError):
        return []
    return sorted(start for start in map(segment_start, names) if start is not None)


def log_end(folder: str) -> int:
    """Offset after the last byte of the log in a folder; 0 when there is no log."""
    for start in reversed(segment_starts(folder)):
        try:
            return start + posix.stat(f"{folder}/{segment_name(start)}").st_size
        except FileNotFoundError:
            continue
    return 0


class OutputLog:
    """Writer of one session's log. `end` is the offset after the last kept byte; `dropped` counts lost bytes."""

    __slots__ = (
        "_fd",
        "_folder",
        "_keep",
        "_lost",
        "_lost_why",
        "_segment_bytes",
        "_size",
        "_torn",
        "_write",
        "dropped",
        "end",
    )

    def __init__(
        self,
        folder: str,
        segment_bytes: int,
        keep_segments: int,
        write: "Callable[[int, bytes | memoryview], int]" = posix.write,
    ) -> None:
        self._folder = folder
        self._segment_bytes = max(1, segment_bytes)
        self._keep = max(1, keep_segments)
        self._write = write
        self._fd = -1
        self._size = 0
        self._lost = 0
        self._lost_why = ""
        self._torn = b""
        self.dropped = 0
        self.end = log_end(folder)

    def append(self, data: bytes) -> None:
        """Keep the data, or drop and count what cannot be written. Never raises, never waits."""
        if not self._write_marker():
            self._lose(len(data), self._lost_why)
            return
        kept, why = self._put(data)
        if kept < len(data):
            self._lose(len(data) - kept, why)

    def finish(self) -> None:
        """Note a loss at the end of the log, if that can be written, and close the file."""
        self._write_marker()
        self._close()

    def _lose(self, count: int, why: str) -> None:
        self._lost += count
        self._lost_why = why
        self.dropped += count

    def _write_marker(self) -> bool:
        """Write how much was lost since the last marker; False while that fails. Completes a torn marker first."""
        while self._lost or self._torn:
            marker = self._torn or self._marker()
            kept, why = self._put(marker)
            if kept and not self._torn:
                self._lost = 0
            if kept < len(marker):
                self._torn = marker[kept:] if kept else self._torn
                self._lost_why = why
                return False
            self._torn = b""
        return True

    def _marker(self) -> bytes:
        return f"\r\n[maestrod: {self._lost} bytes of output were lost here: {self._lost_why}]\r\n".encode()

    def _put(self, data: bytes) -> tuple[int, str]:
        """Write as much as possible; returns how many bytes were kept, and the name of the error that stopped it."""
        view = memoryview(data)
        kept = 0
        while kept < len(view):
            try:
                fd = self._segment()
                count = self._write(fd, view[kept : kept + self._segment_bytes - self._size])
            except OSError as error:
                return kept, errorcode.get(error.errno or 0, "error")
            kept += count
            self._size += count
            self.end += count
        return kept, ""

    def _segment(self) -> int:
        """The file for the next byte: the open one, or a new one when that is full or was deleted."""
        if self._fd >= 0 and self._size < self._segment_bytes and posix.fstat(self._fd).st_nlink:
            return self._fd
        self._close()
        flags = posix.O_WRONLY | posix.O_CREAT | posix.O_APPEND | posix.O_CLOEXEC
        path = f"{self._folder}/{segment_name(self.end)}"
        try:
            self._fd = posix.open(path, flags, 0o600)
        except FileNotFoundError:
            make_folder(self._folder)
            self._fd = posix.open(path, flags, 0o600)
        self._size = 0
        self._prune()
        return self._fd

    def _prune(self) -> None:
        for start in segment_starts(self._folder)[: -self._keep]:
            try:
                posix.unlink(f"{self._folder}/{segment_name(start)}")
            except OSError:
                continue  # what cannot be deleted now is tried again at the next rotation

    def _close(self) -> None:
        if self._fd >= 0:
            posix.close(self._fd)
            self._fd = -1
