"""Reads agents' output into signs: the lines of their output stream, the titles of their terminals.

Theory. The shim writes an agent's output to a log whose offsets never change their meaning, and the session remembers
the offset up to which it was read (``read_to``, set by the same decision that takes in the signs). So every reader
continues at ``read_to``, also the next daemon and the next attempt. Nothing is read twice, nothing is skipped, and
nothing is kept here that a crash could lose. Each session has one reading task, if its agent says anything in its
output. The task is as fast as the journal and lets others run every few lines. The end of a session is reported after
everything that it printed (``drain``).
"""

import logging
from collections.abc import Iterator, Sequence
from typing import Protocol

import trio

from maestrod.agents.adapter import SLIPS, Adapter
from maestrod.api.reason import Source
from maestrod.api.session import Session, Terminal
from maestrod.core.values.agent_traits import Turns
from maestrod.core.values.facts import Signed
from maestrod.core.values.signs import Sign, Trouble
from maestrod.engine.engine import Engine
from maestrod.sessions.custody import Custody
from maestrod.supervisor.line_cutter import LineCutter
from maestrod.supervisor.title_scanner import TITLE_BYTES, TitleScanner

log = logging.getLogger(__name__)

#: Bytes read at a time: about a millisecond's work.
READ_BYTES = 64 * 1024
#: Lines, or bytes, to read before other tasks may run.
SLICE_LINES = 20
SLICE_BYTES = 16 * 1024
#: Signs reported at once.
BATCH_SIGNS = 200
#: Pause in seconds after a full piece: all agents that flood their output together get at most half of the daemon's time.
FLOOD_PAUSE = 0.01

#: Seconds between two reads of a terminal, which may be redrawn ten times a second.
TITLE_PAUSE = 0.2

#: Signs with the offset after what they were read from.
Found = tuple[tuple[Sign, ...], int]


class Format(Protocol):
    """How to read one kind of output."""

    source: Source
    #: Seconds to wait before the next read.
    pause: float

    @property
    def position(self) -> int:
        """The offset it needs next."""

    def feed(self, start: int, data: bytes) -> Iterator[Found]:
        """The signs in a piece, in order."""

    def finish(self) -> Found:
        """The signs at the end of the output."""


class Lines:
    """The lines of an agent's stream."""

    source = Source.STREAM
    pause = 0.0

    def __init__(self, adapter: Adapter, offset: int) -> None:
        self._adapter = adapter
        self._cutter = LineCutter(offset)

    @property
    def position(self) -> int:
        """The offset it needs next."""
        return self._cutter.position

    def feed(self, start: int, data: bytes) -> Iterator[Found]:
        """The signs in the lines of a piece."""
        for line, end in self._cutter.feed(start, data):
            yield self._read(line), end

    def finish(self) -> Found:
        """The signs in the last line, if it has no newline."""
        line = self._cutter.finish()
        return self._read(line), self._cutter.read_to

    def _read(self, line: bytes) -> tuple[Sign, ...]:
        """The signs in a line, after a note of what had to be cut from it."""
        said = (Trouble(self._cutter.note, "long_output"),) if self._cutter.note else ()
        if not line:
            return said
        try:
            return said + self._adapter.read_line(line).signs
        except SLIPS:
            log.exception("a line of %s (%d bytes) could not be read: a bug", self._adapter.name, len(line))
            return (*said, Trouble(f"a line of {len(line):,} bytes could not be read", "unreadable_line"))


class Titles:
    """The titles of an agent's terminal; only those whose meaning differs from the one before."""

    source = Source.SCREEN
    pause = TITLE_PAUSE

    def __init__(self, adapter: Adapter, offset: int) -> None:
        self._adapter = adapter
        self._scanner = TitleScanner(offset)
        self.last: tuple[Sign, ...] = ()

    @property
    def position(self) -> int:
        """The offset it needs next."""
        return self._scanner.position

    def feed(self, start: int, data: bytes) -> Iterator[Found]:
        """The signs in the titles of a piece."""
        for title in self._scanner.feed(start, data):
            signs = self._read(title.text)
            if signs and signs != self.last:
                self.last = signs
                yield signs, title.end

    def finish(self) -> Found:
        """No signs: an unfinished title means nothing."""
        return (), self.position

    def remember(self, start: int, data: bytes) -> None:
        """Learn the meaning of the last title from ``data``, which was read before and ends where this reader begins."""
        for title in TitleScanner(start).feed(start, data):
            if title.end == self.position:
                self.last = self._read(title.text)

    def _read(self, title: str) -> tuple[Sign, ...]:
        try:
            return self._adapter.read_title(title).signs
        except SLIPS:
            log.exception("a title of %s could not be read: a bug", self._adapter.name)
            return ()


class _Reader:
    """Reads one session's output from the offset that earlier readers reached."""

    def __init__(self, engine: Engine, custody: Custody, session: Session, form: Format, flood: trio.Lock) -> None:
        self.session = session
        self.form = form
        self.ended = trio.Event()
        self.finished = False
        self._engine = engine
        self._custody = custody
        self._flood = flood
        self._signs: list[Sign] = []
        self._read_to = 0
        self._reported_to = form.position
        self._got_on = trio.Event()

    async def run(self) -> None:
        """Read until the session is no longer held, and then to the end."""
        try:
            while True:
                await self._read_on()
                await trio.sleep(self.form.pause)
                end = await self._custody.wait_output(self.session.id, self.form.position)
                if end <= self.form.position:
                    break
            await self._finish()
        finally:
            self.ended.set()
            self._got_on.set()

    async def wait_until_read(self) -> None:
        """Return when everything printed until now is reported."""
        end = self._custody.read_output(self.session.id, self.form.position, 1).end
        while self._reported_to < end and not self.ended.is_set():
            await self._got_on.wait()

    async def read_rest(self) -> None:
        """Read to the end of the log, which will not grow."""
        await self._read_on()
        await self._finish()

    async def _read_on(self) -> None:
        while True:
            chunk = self._custody.read_output(self.session.id, self.form.position, READ_BYTES)
            if not chunk.data:
                return
            if len(chunk.data) < READ_BYTES:
                await self._take(self.form.feed(chunk.start, chunk.data))
                await trio.lowlevel.checkpoint()
            else:
                async with self._flood:  # one at a time
                    await self._take(self.form.feed(chunk.start, chunk.data))
                    await trio.sleep(FLOOD_PAUSE)
            self._reported_to = chunk.next
            self._got_on.set()
            self._got_on = trio.Event()
            if chunk.next >= chunk.end:
                return

    async def _take(self, pieces: Iterator[Found]) -> None:
        lines, begin = 0, self._read_to
        for signs, end in pieces:
            self._signs += signs
            self._read_to = end
            lines += 1
            if len(self._signs) >= BATCH_SIGNS:
                await self._tell()
            if lines >= SLICE_LINES or end - begin >= SLICE_BYTES:
                lines, begin = 0, end
                await trio.lowlevel.checkpoint()
        if self._signs or self._is_first_line():
            await self._tell()

    def _is_first_line(self) -> bool:
        """Whether these are the first lines: until they are reported, clients show the output raw, not as a stream."""
        session = self._engine.world.sessions.get(self.session.id)
        return isinstance(self.form, Lines) and self._read_to > 0 and session is not None and session.read_to == 0

    async def _finish(self) -> None:
        """Report the last line and how far the log was read: the next attempt's output follows in the same log."""
        signs, end = self.form.finish()
        self._signs += signs
        self._read_to = end
        session = self._engine.world.sessions.get(self.session.id)
        if self._signs or (session is not None and session.read_to < end):
            await self._tell()
        self.finished = True

    async def _tell(self) -> None:
        signs, self._signs = tuple(self._signs), []
        await self._engine.record(Signed(self.session.id, self.session.attempt, self.form.source, signs, self._read_to))


class Streams:
    """The readers of all sessions."""

    def __init__(self, engine: Engine, custody: Custody) -> None:
        self._engine = engine
        self._custody = custody
        self._readers: dict[str, _Reader] = {}
        self._flood = trio.Lock()

    async def follow(self, session_id: str, adapter: Adapter, *, is_fresh: bool = False) -> None:
        """Read a session's output until it is no longer held. Returns at once for an agent whose output is not read.

        ``is_fresh``: its process has just begun, so nothing is known about its screen.
        """
        reader = self._reader(session_id, adapter, is_fresh=is_fresh)
        if reader is None:
            return
        self._readers[session_id] = reader
        try:
            await reader.run()
        finally:
            if self._readers.get(session_id) is reader:
                del self._readers[session_id]

    async def wait_until_read(self) -> None:
        """Return when everything that the followed sessions have printed until now is reported."""
        for reader in list(self._readers.values()):
            await reader.wait_until_read()

    async def drain(self, session_id: str, adapter: Adapter) -> None:
        """Return when everything that an ended session printed is reported."""
        reader = self._readers.get(session_id)
        if reader is not None:
            await reader.ended.wait()
            if reader.finished:
                return
        rest = self._reader(session_id, adapter)
        if rest is not None:
            await rest.read_rest()

    def screen(self, session_id: str) -> Sequence[Sign]:
        """The signs of the last title of a session's terminal; empty when that is unknown."""
        reader = self._readers.get(session_id)
        return reader.form.last if reader is not None and isinstance(reader.form, Titles) else ()

    def _reader(self, session_id: str, adapter: Adapter, *, is_fresh: bool = False) -> _Reader | None:
        session = self._engine.world.sessions[session_id]
        if adapter.traits.turns is Turns.NONE or session.terminal is Terminal.EXTERNAL:
            return None
        form: Lines | Titles = Lines(adapter, session.read_to)
        if session.terminal is Terminal.PTY:
            form = Titles(adapter, session.read_to) if is_fresh else self._titles(session, adapter)
        return _Reader(self._engine, self._custody, session, form, self._flood)

    def _titles(self, session: Session, adapter: Adapter) -> Titles:
        titles = Titles(adapter, session.read_to)
        begin = max(0, session.read_to - 2 * TITLE_BYTES)
        before = self._custody.read_output(session.id, begin, session.read_to - begin)
        titles.remember(before.start, before.data)
        return titles
