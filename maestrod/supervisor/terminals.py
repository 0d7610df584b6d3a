"""The running agents as the methods see them: implements ``engine.ports.Terminals`` with custody."""

import base64

from maestrod.api.errors import IllegalTransition, Unavailable
from maestrod.api.terminal import OutputPage
from maestrod.engine.engine import Engine
from maestrod.sessions.custody import Custody
from maestrod.sessions.spec import FIRST_SIZE, NotHeld, OutputChunk, ShimRefused


class Terminals:
    """Adapts custody to the contract's types and errors."""

    def __init__(self, custody: Custody, engine: Engine) -> None:
        self._custody = custody
        self._engine = engine
        self._sizes: dict[str, tuple[int, int]] = {}

    async def send(self, session_id: str, data: bytes) -> None:
        """Write to the session's terminal or standard input."""
        try:
            await self._custody.send(session_id, data)
        except NotHeld as error:
            raise _not_running(session_id) from error
        except ShimRefused as error:
            if error.code == "no_input":
                raise IllegalTransition("session.no_input", f"{session_id} reads its input from a file") from error
            raise Unavailable("session.input_full", f"{session_id} does not read its input: try again later") from error

    async def resize(self, session_id: str, columns: int, rows: int) -> None:
        """Set the terminal's size."""
        try:
            await self._custody.resize(session_id, columns, rows)
            self._sizes[session_id] = columns, rows
        except NotHeld as error:
            raise _not_running(session_id) from error
        except ShimRefused as error:
            raise IllegalTransition("session.no_terminal", f"{session_id} runs on pipes: it has no terminal") from error

    def size(self, session_id: str) -> tuple[int, int]:
        """Columns and rows: the last that were set, or the initial size."""
        return self._sizes.get(session_id) or FIRST_SIZE

    def output(self, session_id: str, offset: int, limit: int) -> OutputPage:
        """A piece of the log."""
        return self._page(session_id, self._custody.read_output(session_id, offset, limit))

    def tail(self, session_id: str, lines: int, limit: int) -> OutputPage:
        """The last lines of the log."""
        return self._page(session_id, self._custody.tail_output(session_id, limit, lines))

    async def wait_output(self, session_id: str, beyond: int) -> None:
        """Return when there is output after the offset, or the session's end is decided.

        Custody stops waiting as soon as no attempt runs. The session may then be about to start, be between two attempts,
        or have ended without a record so far: its next event says which.
        """
        while await self._custody.wait_output(session_id, beyond) <= beyond:
            session = self._engine.world.sessions.get(session_id)
            if session is None or session.status.is_over:
                return
            if session_id not in self._custody.held:
                await self._engine.bus.wait_for(lambda event: event.id == session_id)

    def _page(self, session_id: str, chunk: OutputChunk) -> OutputPage:
        session = self._engine.world.sessions.get(session_id)
        over = session is None or (session.status.is_over and session_id not in self._custody.held)
        return OutputPage(
            start=chunk.start,
            end=chunk.next,
            data=base64.b64encode(chunk.data).decode(),
            dropped=chunk.dropped,
            ended=over and chunk.next >= chunk.end,
        )


def _not_running(session_id: str) -> IllegalTransition:
    return IllegalTransition("session.not_running", f"{session_id} has no running agent")
