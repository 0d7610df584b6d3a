"""Custody: holds every living session and reports how each one ended.

Theory. A living session is a `Hold`: one task that reads one control connection. The connection closes when the shim
ends, so noticing the end of a session needs no polling and no second descriptor. If the connection closes before the
shim has reported the exit, custody finds out what became of the attempt, as after a restart (`adopt.look`). It is
still running (the shim dropped us, so we connect again), it has ended (there is a record), or it is lost: custody then
ends whatever it can still find of the tree and writes a record with reason `lost`. So each held attempt leaves exactly
one ExitRecord, and `on_exit` is awaited with it once.

Launching and holding happen in tasks of `run`, not of the caller: a cancelled caller leaves nothing half-held.
"""

import sys
from collections.abc import Awaitable, Callable, Sequence
from pathlib import Path
from typing import Any

import msgspec
import trio
from msgspec.structs import replace

from maestrod.sessions.adopt import Found, Vanished, last_attempt, look, read_record
from maestrod.sessions.hold import Hold
from maestrod.sessions.launch import reap, start
from maestrod.sessions.link import LinkLost
from maestrod.sessions.lost import record_lost, sweep
from maestrod.sessions.output import output_end, read_output, tail_output
from maestrod.sessions.spec import (
    Adoption,
    AlreadyEnded,
    ExitRecord,
    Identity,
    LaunchError,
    LaunchSpec,
    NeverStarted,
    NotHeld,
    OutputChunk,
    Running,
    ShimGone,
    StopReport,
    Unanswered,
)

Ladder = Sequence[tuple[str, float]]
OnExit = Callable[[ExitRecord], Awaitable[None]]

SEND_BYTES = 128 * 1024
"""Bytes of input per request: encoded in base64 they stay below the shim's line limit."""

RECORD_WAIT_SECONDS = 5.0
"""How long a stop waits for the exit record once nothing is alive; a full disk may delay the record much longer."""


class Custody:
    """All sessions of one daemon.

    `sessions_dir` has one folder per session. `on_exit` is awaited once per ended attempt. `python` is the interpreter
    that runs the shims, by default the daemon's own.
    """

    def __init__(self, sessions_dir: Path, on_exit: OnExit, python: str = sys.executable) -> None:
        # Resolved, because processes are tagged with the folder's path, and the next daemon may reach the same folder
        # by another path.
        self._dir = sessions_dir.resolve()
        self._on_exit = on_exit
        self._python = python
        self._holds: dict[str, Hold] = {}
        self._nursery: trio.Nursery | None = None

    async def run(self, *, task_status: trio.TaskStatus[None] = trio.TASK_STATUS_IGNORED) -> None:
        """Hold sessions until cancelled. Cancelling releases them; shims and agents run on for the next daemon."""
        try:
            async with trio.open_nursery() as nursery:
                self._nursery = nursery
                task_status.started()
                await trio.sleep_forever()
        finally:
            self._nursery = None
            for hold in self._holds.values():
                hold.finish()
            self._holds.clear()

    @property
    def held(self) -> tuple[str, ...]:
        """Ids of the sessions that are held now."""
        return tuple(session_id for session_id, hold in self._holds.items() if hold.link is not None)

    # Starting and finding again.

    async def launch(self, spec: LaunchSpec) -> Identity:
        """Start an attempt and return once its agent runs. Launching the same attempt again returns the same identity;
        it never starts a second agent.

        LaunchError when the attempt could not be started (with a `record` if that ended it, as after a failed exec),
        when it had ended before, or when another attempt of the session is alive.
        """
        hold = self._holds.get(spec.session_id)
        if hold is None:
            self._refuse_ended(spec)
            hold = self._add(Hold(spec.session_id, spec.attempt))
            self._tasks.start_soon(self._launch_and_hold, hold, replace(spec, folder=str(self.folder(spec.session_id))))
        elif hold.attempt != spec.attempt:
            raise LaunchError("EBUSY", f"attempt {hold.attempt} of {spec.session_id} is still alive")
        return await hold.wait_held()

    async def adopt(self, session_id: str, attempt: int) -> Adoption:
        """Find out what became of an attempt, and hold it if it runs.

        `ShimGone` means that the shim is gone without a record; by then custody has ended what was left of its tree and
        written the record. The records of `AlreadyEnded` and `ShimGone` are returned here and not passed to `on_exit`.
        """
        hold = self._holds.get(session_id)
        if hold is not None and hold.attempt == attempt:
            return await _adoption_of(hold)
        adoption = await look(self.folder(session_id), session_id, attempt)
        if isinstance(adoption, Found):
            return Running(await self._hold_found(adoption))
        if isinstance(adoption, Vanished):
            return ShimGone(adoption.detail, await record_lost(self.folder(session_id), attempt, adoption.detail))
        return adoption

    # Ending.

    async def stop(self, session_id: str, ladder: Ladder | None = None, attempt: int | None = None) -> StopReport:
        """End a session's whole tree. Returns when nothing of it is alive, or lists what could not be ended.

        Works for a session that is being launched, held, not yet adopted, or whose shim is dead. `attempt` is needed
        only for a session that is not held; it defaults to the last one. If the session turns out to be lost,
        `on_exit` gets its record.
        """
        number = attempt if attempt is not None else last_attempt(self.folder(session_id))
        if session_id not in self._holds:
            adoption = await self.adopt(session_id, number)
            if isinstance(adoption, ShimGone):
                await self._on_exit(adoption.record)
        hold = self._holds.get(session_id)
        if hold is None:
            return await sweep(self.folder(session_id), number, ladder)
        report = await self._stop_by_shim(hold, ladder)
        if report.left:
            return report
        with trio.move_on_after(RECORD_WAIT_SECONDS):
            await hold.ended.wait()
        return _joined(report, await sweep(self.folder(session_id), hold.attempt, ladder))

    async def signal(self, session_id: str, name: str) -> int:
        """Send a signal (`STOP`, `CONT`) to the whole tree; returns how many processes it reached."""
        answer = await self._request(session_id, "signal", name=name)
        reached: int = answer["reached"]
        return reached

    # The terminal.

    async def send(self, session_id: str, data: bytes, key: str | None = None) -> None:
        """Write to the agent's terminal or standard input. With a `key`, repeating the call writes nothing twice.

        ShimRefused `input_full` when the agent has not read the last megabyte, `no_input` when its standard input is a
        file; NotHeld when no attempt is alive; Unanswered (a NotHeld) when it is unknown whether the input arrived.
        """
        for offset in range(0, len(data), SEND_BYTES):
            piece = data[offset : offset + SEND_BYTES]
            named = {} if key is None else {"key": f"{key}.{offset}"}
            await self._request(session_id, "input", data=piece, **named)

    async def close_stdin(self, session_id: str) -> None:
        """End the input: close the pipe once everything is written, or type the terminal's end-of-file character."""
        await self._request(session_id, "closeStdin")

    async def resize(self, session_id: str, cols: int, rows: int) -> None:
        """Set the terminal's size in characters; the agent gets SIGWINCH. ShimRefused `no_terminal` for a session on
        pipes.
        """
        await self._request(session_id, "resize", cols=cols, rows=rows)

    # Output.

    def read_output(self, session_id: str, offset: int, limit: int) -> OutputChunk:
        """Up to `limit` bytes of the output log from `offset`; OutputChunk says what rotation removed. Reads files and
        needs no shim.
        """
        return read_output(self.folder(session_id), offset, limit, self._dropped(session_id))

    def tail_output(self, session_id: str, limit: int, lines: int | None = None) -> OutputChunk:
        """The last `limit` bytes of the output log, or its last `lines` lines within them."""
        return tail_output(self.folder(session_id), limit, lines, self._dropped(session_id))

    async def wait_output(self, session_id: str, beyond_offset: int) -> int:
        """Wait until the log grows beyond an offset or the session ends; returns the offset of the log's end. Wakes up
        at most 20 times per second.
        """
        while True:
            end = output_end(self.folder(session_id))
            hold = self._holds.get(session_id)
            if end > beyond_offset or hold is None:
                await trio.lowlevel.checkpoint()
                return end
            await hold.settled.wait()
            if hold.link is None:
                return end
            try:
                await hold.link.wait_grown(end)
            except LinkLost:
                await trio.lowlevel.checkpoint()

    def folder(self, session_id: str) -> Path:
        """The folder of a session."""
        return self._dir / session_id

    # Inside.

    @property
    def _tasks(self) -> trio.Nursery:
        if self._nursery is None:
            raise RuntimeError("custody is not running: start Custody.run in a nursery first")
        return self._nursery

    def _add(self, hold: Hold) -> Hold:
        self._holds[hold.session_id] = hold
        return hold

    def _dropped(self, session_id: str) -> int:
        hold = self._holds.get(session_id)
        return hold.link.dropped if hold is not None and hold.link is not None else 0

    def _refuse_ended(self, spec: LaunchSpec) -> None:
        try:
            record = read_record(self.folder(spec.session_id), spec.attempt)
        except OSError as error:
            raise LaunchError.from_os_error(error, "looking for an exit record of the attempt") from error
        if record is not None:
            raise LaunchError.from_record(record)

    async def _request(self, session_id: str, op: str, **fields: object) -> dict[str, Any]:
        hold = self._holds.get(session_id)
        if hold is not None:
            await hold.settled.wait()
        if hold is None or hold.link is None:
            raise NotHeld(f"{session_id} has no living attempt")
        try:
            return await hold.link.request(op, **fields)
        except LinkLost as error:
            raise Unanswered(f"{session_id} ended meanwhile") from error

    async def _launch_and_hold(self, hold: Hold, spec: LaunchSpec) -> None:
        try:
            hold.pid, identity, link = await start(spec, self._python)
        except LaunchError as failure:
            self._holds.pop(hold.session_id, None)
            hold.fail(failure)
            return
        del spec  # it has kilobytes, with secrets, and this frame lives as long as the session
        hold.begin(identity, link)
        await self._keep(hold)

    async def _hold_found(self, adoptable: Found) -> Identity:
        """Hold an attempt that was found running, unless another task has done so meanwhile."""
        session_id = adoptable.identity.session_id
        hold = self._holds.get(session_id)
        if hold is not None:
            adoptable.link.close()
            return await hold.wait_held()
        hold = self._add(Hold(session_id, adoptable.identity.attempt))
        hold.begin(adoptable.identity, adoptable.link)
        self._tasks.start_soon(self._keep, hold)
        return adoptable.identity

    async def _keep(self, hold: Hold) -> None:
        """Hold an attempt until it ends, then report the end."""
        record = await self._see_end(hold)
        self._holds.pop(hold.session_id, None)
        hold.finish()
        await self._on_exit(record)
        await reap(hold.pid)

    async def _see_end(self, hold: Hold) -> ExitRecord:
        """Wait for the end of an attempt, reconnecting as often as its connection breaks."""
        folder = self.folder(hold.session_id)
        link = hold.link
        detail = "its files were deleted and its shim is gone"
        while link is not None:
            await link.receive()
            if link.exit is not None:
                return link.exit
            hold.unsettle()
            adoption = await look(folder, hold.session_id, hold.attempt)
            if isinstance(adoption, AlreadyEnded):
                return adoption.record
            if isinstance(adoption, Vanished):
                detail = adoption.detail
            link = None
            if isinstance(adoption, Found):
                link = adoption.link
                hold.begin(adoption.identity, link)
        return await record_lost(folder, hold.attempt, detail)

    async def _stop_by_shim(self, hold: Hold, ladder: Ladder | None) -> StopReport:
        """Make the shim climb the ladder. When the attempt ends before the shim can answer, the report is empty."""
        while True:
            await hold.settled.wait()
            if hold.link is None:
                return StopReport(left=0)
            try:
                answer = await hold.link.request("stop", ladder=ladder)
            except LinkLost:
                await trio.lowlevel.checkpoint()
            else:
                return msgspec.convert(answer, StopReport)


async def _adoption_of(hold: Hold) -> Adoption:
    """The state of an attempt that this daemon holds or is launching."""
    try:
        return Running(await hold.wait_held())
    except LaunchError as failure:
        return NeverStarted() if failure.record is None else AlreadyEnded(failure.record)


def _joined(report: StopReport, strays: StopReport) -> StopReport:
    """Combine the shim's report with that of the sweep after it."""
    return StopReport(
        left=report.left + strays.left,
        pending=report.pending + strays.pending,
        ended=report.ended + strays.ended,
        signalled=report.signalled + strays.signalled,
        escaped=tuple(sorted({*report.escaped, *strays.escaped})),
    )
