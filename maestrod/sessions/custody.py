"""Custody: the daemon's hold on every living session, and its word on every one that ended.

Theory. A session that lives is a `Hold`: one task that reads one control connection. The connection ends when the shim
ends, so the end of a session needs no polling and no second descriptor. When it ends without the exit having been
told, what became of the attempt is found out as after a restart (`adopt.look`): still running (the shim dropped us: a
new connection), over (a record), or lost (no record: the tree is ended by what can still be found of it, and a record
with reason `lost` is written). So each held attempt leaves exactly one ExitRecord, which is awaited into `on_exit`
once.

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
"""Input per request: with base64 it stays below the shim's line limit."""

RECORD_WAIT_SECONDS = 5.0
"""How long a stop waits for the exit record after nothing was left alive; a full disk may delay it for much longer."""


class Custody:
    """All sessions of one daemon. `sessions_dir` holds one folder per session; `on_exit` is awaited once per ended
    attempt.

    `python` is the interpreter that runs the shims: the daemon's own unless said otherwise.
    """

    def __init__(self, sessions_dir: Path, on_exit: OnExit, python: str = sys.executable) -> None:
        # Resolved, because the folder's name marks processes: the next daemon may come by another path to the same
        # place.
        self._dir = sessions_dir.resolve()
        self._on_exit = on_exit
        self._python = python
        self._holds: dict[str, Hold] = {}
        self._nursery: trio.Nursery | None = None

    async def run(self, *, task_status: trio.TaskStatus[None] = trio.TASK_STATUS_IGNORED) -> None:
        """Hold sessions until cancelled. Cancelling lets go of them: shims and agents go on, for the next daemon."""
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
        """Start an attempt and return once its agent runs. Launching the same attempt again gives the same identity,
        never a second agent.

        LaunchError when it could not be started (its `record` is set when the attempt is over, as after a failed
        exec), when the attempt was over before, or when another attempt of the session is alive.
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
        """Find out what became of an attempt, and hold it if it runs. What is returned as `AlreadyEnded` or `ShimGone` does not go to
        `on_exit`.

        `ShimGone` means: its shim is gone without a record. Whatever is left of its tree has been ended by then, and the
        record written.
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
        """End a session's whole tree and return when nothing of it is alive, or with who could not be ended.

        Works on a session that is being launched, held, not yet adopted, or whose shim is dead. `attempt` is needed
        only for a session that is not held; without it the last one is meant. A lost session found this way is
        reported to `on_exit` as well.
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
            await hold.over.wait()
        return _joined(report, await sweep(self.folder(session_id), hold.attempt, ladder))

    async def signal(self, session_id: str, name: str) -> int:
        """Send a signal (`STOP`, `CONT`) to the whole tree; how many processes it reached."""
        answer = await self._request(session_id, "signal", name=name)
        reached: int = answer["reached"]
        return reached

    # The terminal.

    async def send(self, session_id: str, data: bytes, key: str | None = None) -> None:
        """Type into the agent's terminal or standard input; with a `key` once, however often it is repeated.

        ShimRefused `input_full` when it has not read the last megabyte, `no_input` when a file is its standard input; NotHeld
        when there is nobody, Unanswered (a NotHeld) when nobody knows whether it arrived.
        """
        for offset in range(0, len(data), SEND_BYTES):
            piece = data[offset : offset + SEND_BYTES]
            named = {} if key is None else {"key": f"{key}.{offset}"}
            await self._request(session_id, "input", data=piece, **named)

    async def close_stdin(self, session_id: str) -> None:
        """End of input: closes the pipe once it is written out, or types the terminal's end-of-file character."""
        await self._request(session_id, "closeStdin")

    async def resize(self, session_id: str, cols: int, rows: int) -> None:
        """Set the terminal's size in characters; the agent gets SIGWINCH. ShimRefused `no_terminal` for a session on
        pipes.
        """
        await self._request(session_id, "resize", cols=cols, rows=rows)

    # Output.

    def read_output(self, session_id: str, offset: int, limit: int) -> OutputChunk:
        """Up to `limit` bytes of the output log from `offset` on; see OutputChunk for what was rotated away. Reads
        files, needs no shim.
        """
        return read_output(self.folder(session_id), offset, limit, self._dropped(session_id))

    def tail_output(self, session_id: str, limit: int, lines: int | None = None) -> OutputChunk:
        """The last `limit` bytes of the output log, or its last `lines` lines within them."""
        return tail_output(self.folder(session_id), limit, lines, self._dropped(session_id))

    async def wait_output(self, session_id: str, beyond_offset: int) -> int:
        """Wait until the log reaches beyond an offset, or the session is over; the offset of its end. At most 20
        wake-ups per second.
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
        del spec  # kilobytes, with secrets in them, that this frame would keep for as long as the session lives
        hold.begin(identity, link)
        await self._keep(hold)

    async def _hold_found(self, found: Found) -> Identity:
        """Hold an attempt that was found running; if somebody else did meanwhile, theirs stands."""
        session_id = found.identity.session_id
        hold = self._holds.get(session_id)
        if hold is not None:
            found.link.close()
            return await hold.wait_held()
        hold = self._add(Hold(session_id, found.identity.attempt))
        hold.begin(found.identity, found.link)
        self._tasks.start_soon(self._keep, hold)
        return found.identity

    async def _keep(self, hold: Hold) -> None:
        """Hold an attempt until it ends, and report that."""
        record = await self._see_end(hold)
        self._holds.pop(hold.session_id, None)
        hold.finish()
        await self._on_exit(record)
        await reap(hold.pid)

    async def _see_end(self, hold: Hold) -> ExitRecord:
        """How an attempt ended, however often its connection breaks before."""
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
        """Have the shim climb the ladder. When the attempt ends before it can answer, there is nothing to report."""
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
    """What became of an attempt that this daemon holds, or was just launching."""
    try:
        return Running(await hold.wait_held())
    except LaunchError as failure:
        return NeverStarted() if failure.record is None else AlreadyEnded(failure.record)


def _joined(report: StopReport, strays: StopReport) -> StopReport:
    """One report of what the shim did and of what was found after it."""
    return StopReport(
        left=report.left + strays.left,
        pending=report.pending + strays.pending,
        ended=report.ended + strays.ended,
        signalled=report.signalled + strays.signalled,
        escaped=tuple(sorted({*report.escaped, *strays.escaped})),
    )
