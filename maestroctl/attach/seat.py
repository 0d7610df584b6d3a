"""Connects the user's terminal to one session's: shows its output and passes on keys, until the detach key or the session's end.

The user's own terminal draws, so everything that a program does (colours, alternate screen, mouse, titles) looks as it would without
maestroctl. If the daemon is lost, this waits for it as long as the user stays attached; the session is not affected.
"""

import base64
import enum
import math
import os
import select
import signal
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from maestroctl.attach.keys import Keyboard, KeyCommand
from maestroctl.attach.replay import Modes, replay
from maestroctl.attach.typist import Typist
from maestroctl.client.client import Client
from maestroctl.client.stream import OutputStream
from maestroctl.show.table import clip
from maestrod.api.terminal import SessionAttach

#: Seconds after which a key that could begin a command is passed on, a full session is tried again, and a lost daemon is looked for.
_TICK = 1.0
_TICK_AWAY = 0.2

#: Bytes of the log that are searched for the program's modes: the maximum of one call.
_SEARCHED = 4 * 1024 * 1024

#: Clears the screen.
CLEAR = b"\x1b[H\x1b[2J"

_FORGOTTEN = "\a"
_AWAY = "waiting for the daemon; the session continues"
_BACK = "the daemon is back"


class LeaveReason(enum.Enum):
    """Why the user is no longer attached."""

    DETACHED = "detached"
    SWITCHED = "switched"
    ENDED = "ended"


class Seat:
    """One session on this process's terminal, which must be in raw mode."""

    def __init__(self, client: Client, session_id: str, keyboard: Keyboard, *, read_only: bool, hint: str) -> None:
        self._client = client
        self._session_id = session_id
        self._keyboard = keyboard
        self._read_only = read_only
        self._hint = hint
        self._hinted = False
        self._typist = Typist(client, session_id)
        self._modes = Modes()
        self._reported_away = False
        self._covered = False

    def attach(self) -> LeaveReason:
        """Show the session's present screen, then stay attached. Restores the modes of the user's terminal."""
        try:
            with self._opened() as stream:
                return self._stay(stream)
        finally:
            self._typist.close()
            write(self._modes.leave())

    @contextmanager
    def _opened(self) -> Iterator[OutputStream]:
        log, end = _log(self._client, self._session_id)
        picture, self._modes = replay(log)
        write(picture)
        self._fit(redraw=self._modes.alternate)
        stream = OutputStream(self._client, SessionAttach(session_id=self._session_id, offset=end))
        stream.patience = math.inf
        stream.notify = _nothing
        stream.open_when_there()
        try:
            yield stream
        finally:
            stream.close()

    def _stay(self, stream: OutputStream) -> LeaveReason:
        with resizes() as resized:
            self._show(stream)
            self._welcome()
            while not stream.ended:
                connections = [each.fileno() for each in (stream, self._typist) if each.fileno() >= 0]
                ready, _, _ = select.select(
                    [sys.stdin, resized, *connections], [], [], _TICK_AWAY if stream.away else _TICK
                )
                if resized in ready:
                    os.read(resized, 4096)
                    self._fit(redraw=False)
                leave = self._take_keys() if sys.stdin in ready else None
                if not ready:
                    self._type(self._keyboard.release())
                self._show(stream)
                if not stream.away:
                    self._typist.step(retry=not ready)
                if leave is not None:
                    self._finish()
                    return leave
        return LeaveReason.ENDED

    def _finish(self) -> None:
        """Send what was typed just before leaving, unless that takes long."""
        deadline = time.monotonic() + _TICK
        while self._typist.busy and self._typist.fileno() >= 0 and (left := deadline - time.monotonic()) > 0:
            select.select([self._typist], [], [], left)
            self._typist.step(retry=False)

    def _take_keys(self) -> LeaveReason | None:
        data = os.read(sys.stdin.fileno(), 65_536)
        if not data:  # the terminal is gone
            return LeaveReason.DETACHED
        text, command = self._keyboard.feed(data)
        self._uncover()
        self._type(text)
        if command is None:
            return None
        return LeaveReason.DETACHED if command is KeyCommand.DETACH else LeaveReason.SWITCHED

    def _type(self, text: str) -> None:
        if text and not self._read_only and not self._typist.type(text):
            write(_FORGOTTEN.encode())

    def _show(self, stream: OutputStream) -> None:
        """Show the output that has arrived, and a notice when the daemon goes away or comes back."""
        dropped = stream.dropped
        for data in stream.poll(0.0):
            self._modes.feed(data)
            write(data)
        if stream.away != self._reported_away:
            self._reported_away = stream.away
            self._tell((stream.trouble or _AWAY) if stream.away else _BACK)
        if stream.dropped > dropped or (self._modes.alternate and not stream.away and self._covered):
            self._covered = False
            self._fit(redraw=True)
        if self._hinted and not self._reported_away:
            _cover(self._hint)

    def _welcome(self) -> None:
        """Say how to detach and where keys go. Over a full-screen program, this stays until the first key."""
        self._hinted = self._modes.alternate
        if not self._hinted:
            self._tell(self._hint)

    def _uncover(self) -> None:
        if self._hinted:
            self._hinted = False
            self._fit(redraw=True)

    def _tell(self, text: str) -> None:
        """Print a notice: over the last line of a full-screen program (which then redraws), else at the cursor."""
        if self._modes.alternate:
            self._covered = True
            _cover(text)
        else:
            write(b"\r\n\x1b[2m[%b]\x1b[22m\r\n" % text.encode())

    def _fit(self, *, redraw: bool) -> None:
        """Give the session's terminal the size of the user's. A read-only viewer changes nothing."""
        if not self._read_only:
            size = os.get_terminal_size(sys.stdout.fileno())
            self._typist.resize(size.columns, size.lines, redraw=redraw)


def _nothing(text: str) -> None:
    """Print nothing: the screen shows it."""


def _cover(text: str) -> None:
    """Write over the last line of the screen; the cursor and the colours stay."""
    columns = os.get_terminal_size(sys.stdout.fileno()).columns
    write(b"\x1b7\x1b[999;1H\x1b[0;7m\x1b[2K%b\x1b[0m\x1b8" % clip(f" {text} ", columns).encode())


def _log(client: Client, session_id: str) -> tuple[bytes, int]:
    """The end of a session's log, and the offset of that end."""
    end = client.raw("session.output", {"sessionId": session_id, "lines": 1, "limit": 1})["end"]
    start = max(end - _SEARCHED, 0)
    page = client.raw("session.output", {"sessionId": session_id, "offset": start, "limit": _SEARCHED})
    return base64.b64decode(page["data"]), page["end"]


@contextmanager
def resizes() -> Iterator[int]:
    """A descriptor that becomes readable when the terminal's size changes."""
    reader, writer = os.pipe()
    os.set_blocking(writer, False)
    before_descriptor = signal.set_wakeup_fd(writer, warn_on_full_buffer=False)
    before: Any = signal.signal(signal.SIGWINCH, lambda number, frame: None)
    try:
        yield reader
    finally:
        signal.signal(signal.SIGWINCH, before)
        signal.set_wakeup_fd(before_descriptor)
        os.close(reader)
        os.close(writer)


def write(data: bytes) -> None:
    """Write all of ``data`` to the terminal."""
    while data:
        data = data[os.write(sys.stdout.fileno(), data) :]
