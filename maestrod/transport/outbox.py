"""The messages that a client has not yet received, in order; they go to the socket in large pieces."""

from collections import deque

#: Bytes joined for one send. A socket accepts about 200 KiB at once.
_PIECE = 256 * 1024


class Outbox:
    """``size`` is in bytes, ``count`` in messages; both include a partly sent message."""

    __slots__ = ("_frames", "_piece", "_piece_count", "size")

    def __init__(self) -> None:
        self.size = 0
        self._frames: deque[bytes] = deque()
        self._piece = memoryview(b"")
        self._piece_count = 0

    @property
    def count(self) -> int:
        """How many messages are not completely sent."""
        return len(self._frames) + self._piece_count

    def append(self, frame: bytes) -> None:
        """Add a framed message."""
        self._frames.append(frame)
        self.size += len(frame)

    def peek(self) -> memoryview:
        """The bytes to send next; empty when there are none."""
        if not self._piece and self._frames:
            frames = [self._frames.popleft()]
            length = len(frames[0])
            while self._frames and length < _PIECE:
                frames.append(self._frames.popleft())
                length += len(frames[-1])
            self._piece = memoryview(frames[0] if len(frames) == 1 else b"".join(frames))
            self._piece_count = len(frames)
        return self._piece

    def taken(self, count: int) -> None:
        """Remove ``count`` bytes, which the socket accepted, from what ``peek`` returned."""
        self.size -= count
        self._piece = self._piece[count:]
        if not self._piece:
            self._piece_count = 0

    def clear(self) -> None:
        """Drop everything: the client is gone."""
        self._frames.clear()
        self._piece, self._piece_count, self.size = memoryview(b""), 0, 0
