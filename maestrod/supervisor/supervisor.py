"""The supervisor: carries out the effects of decisions and reports the results to the engine.

It stands between the domain, which knows sessions, and custody, which knows processes. Everything that it finds out
returns to the engine as a fact. When the daemon starts, it asks custody about every session that was alive.
"""

import errno
import logging
from collections.abc import Awaitable, Callable, Mapping
from functools import partial
from typing import Any

import trio

from maestrod.agents.adapter import SLIPS, Adapter
from maestrod.api.errors import MaestroError, NotFound, Unavailable
from maestrod.api.process import Exit, ProcessIdentity
from maestrod.api.session import Session, SessionStatus, Terminal
from maestrod.api.text.plain_text import plain_text
from maestrod.api.turn import Outcome, PastTurn
from maestrod.core.session import permission_rules
from maestrod.core.values.effects import CloseInput, Deliver, Effect, Launch, Probe, Signal, Stop, Watch
from maestrod.core.values.facts import (
    DaemonStarted,
    Draining,
    EndedAlong,
    EndedProcess,
    Exited,
    Judgement,
    Launched,
    LaunchFailed,
    Lost,
    StoppingSessions,
)
from maestrod.core.work.pause import is_held
from maestrod.engine.engine import Engine
from maestrod.sessions import spec as custody_spec
from maestrod.sessions.custody import Custody
from maestrod.sessions.watch import identify, wait_gone
from maestrod.supervisor.input_writer import InputWriter, Spoken
from maestrod.supervisor.launching import Launcher, open_deliveries
from maestrod.supervisor.probing import probe
from maestrod.supervisor.stops import Stops
from maestrod.supervisor.streams import Streams

log = logging.getLogger(__name__)

#: Errors that mean a shortage of some resource: the launch is worth another try.
_SHORTAGES = frozenset({"EAGAIN", "ENOMEM", "EMFILE", "ENFILE", "ENOSPC", "ETXTBSY"})

#: Seconds that the start waits to find the sessions that were alive; what takes longer (ending a lost tree) continues meanwhile.
FIND_SECONDS = 1.5
#: Seconds for all sessions to end when the daemon stops them: more than an adapter's longest ladder and the exit record.
END_SECONDS = 20.0
#: The ladder after a second request to stop.
_HURRIED = (("KILL", 5.0),)

#: Why a session has ended for which nothing was ever started.
NEVER_STARTED = "stopped before it started"

#: How much of the last output is kept with the fact of an end.
TAIL_BYTES = 4096
TAIL_LINES = 20


class Supervisor:
    """Carries out the engine's ``effects`` and reports custody's ``exits``, one for every attempt that ended.

    Both are channels, because engine and custody are made before the supervisor.
    """

    def __init__(
        self,
        engine: Engine,
        custody: Custody,
        stops: Stops,
        launcher: Launcher,
        *,
        effects: trio.MemoryReceiveChannel[Effect],
        exits: trio.MemoryReceiveChannel[custody_spec.ExitRecord],
    ) -> None:
        self._engine = engine
        self._custody = custody
        self._stops = stops
        self._launcher = launcher
        self._effects = effects
        self._exits = exits
        self._streams = Streams(engine, custody)
        self._input_writer = InputWriter(engine, custody, launcher)
        self._all_found = trio.Event()
        #: What carries out each kind of effect, beside those that write to an agent.
        self.handlers: Mapping[type[Effect], Callable[[Any], Awaitable[None]]] = {
            Launch: self._launch,
            Stop: self._stop,
            Signal: self._signal,
            Watch: self._watch,
            Probe: self._probe,
        }

    async def run(self, *, task_status: trio.TaskStatus[None] = trio.TASK_STATUS_IGNORED) -> None:
        """Find every session again, then carry effects out until cancelled."""
        async with trio.open_nursery() as nursery:
            self._nursery = nursery
            nursery.start_soon(self._take_exits)
            await self._find_all(nursery)
            nursery.start_soon(self._engine.record, DaemonStarted())
            task_status.started()
            async for effect in self._effects:
                self._begin(effect)

    async def wait_until_read(self) -> None:
        """Return when every session is found and everything that they have printed until then is taken in."""
        await self._all_found.wait()
        await self._streams.wait_until_read()

    async def end_all(self, hurry: trio.Event) -> None:
        """End every session that we hold and return when that is recorded; once ``hurry`` is set, kill them.

        Sessions that cannot be ended or recorded in time are logged and left to the next daemon.
        """
        self._engine.execute(Draining())
        with trio.move_on_after(END_SECONDS):
            async with trio.open_nursery() as nursery:
                nursery.start_soon(self._kill_all, hurry)
                await self._end_and_record()
                nursery.cancel_scope.cancel()
        left = self._held_sessions()
        if left:
            log.error("left to the next daemon, because their end is not recorded: %s", ", ".join(left))

    async def _end_and_record(self) -> None:
        try:
            await self._engine.submit(StoppingSessions())
        except Unavailable as error:
            log.error("stopping the sessions, but their end cannot be recorded: %s", error.message)
            async with trio.open_nursery() as stopping:
                for session_id in self._held_sessions():
                    stopping.start_soon(self._custody.stop, session_id)
            return
        while self._held_sessions():
            await self._engine.bus.wait_for(lambda event: event.type == "session.status")

    async def _kill_all(self, hurry: trio.Event) -> None:
        await hurry.wait()
        async with trio.open_nursery() as nursery:
            for session_id in self._held_sessions():
                nursery.start_soon(self._custody.stop, session_id, _HURRIED)

    def _held_sessions(self) -> list[str]:
        """Ids of the living sessions that we hold."""
        world = self._engine.world
        return [id_ for id_ in world.by_session.live if world.sessions[id_].terminal is not Terminal.EXTERNAL]

    async def _take_exits(self) -> None:
        async for record in self._exits:
            self._nursery.start_soon(self._exited, record)

    async def _exited(self, record: custody_spec.ExitRecord) -> None:
        """Report the end of an attempt."""
        session = self._engine.world.sessions.get(record.session_id)
        if session is None or session.attempt != record.attempt or session.status.is_over:
            return
        adapter = self._adapter(session)
        if adapter is not None:
            await self._streams.drain(session.id, adapter)
            session = self._engine.world.sessions[session.id]
        if record.reason == "lost":
            detail = record.detail or "its shim is gone"
            await self._engine.record(Lost(session.id, session.attempt, detail, _ended_along(record)))
            return
        ended = _exit(record)
        judgement = _judge(adapter, session, ended)
        tail = self._tail(session.id)
        await self._engine.record(Exited(session.id, session.attempt, ended, judgement, tail, _ended_along(record)))

    async def _find_all(self, nursery: trio.Nursery) -> None:
        """Find every session that was alive. One that cannot be found or recorded at once does not delay the others."""
        looking = set(self._engine.world.by_session.live)
        found = self._all_found

        async def find(session: Session) -> None:
            await self._find(session)
            looking.discard(session.id)
            if not looking:
                found.set()

        for session_id in looking:
            nursery.start_soon(find, self._engine.world.sessions[session_id])
        if looking:
            with trio.move_on_after(FIND_SECONDS):
                await found.wait()
        else:
            found.set()

    async def _find(self, session: Session) -> None:
        """Find out what became of a session while no daemon was running."""
        if session.terminal is Terminal.EXTERNAL:
            if session.process is not None:
                self._begin(Watch(session.id, session.attempt, session.process.pid))
            return
        standing = await self._custody.adopt(session.id, session.attempt)
        if isinstance(standing, custody_spec.Running):
            await self._engine.record(_launched(session, standing.identity, adopted=True))
            self._follow(session, is_fresh=False)
            self._put_right(self._engine.world.sessions[session.id])
        elif isinstance(standing, custody_spec.NeverStarted):
            await self._never_started(session)
        else:
            await self._exited(standing.record)

    async def _never_started(self, session: Session) -> None:
        """The daemon died between deciding the start and starting: start now, unless the session is to stop."""
        if session.stopping:
            await self._engine.record(Lost(session.id, session.attempt, NEVER_STARTED))
        else:
            self._begin(Launch(session.id, session.attempt))

    def _put_right(self, session: Session) -> None:
        """Repeat the effects that the last daemon may not have carried out for a living session; all are idempotent."""
        for message in open_deliveries(self._engine.world, session):
            self._begin(Deliver(session.id, session.attempt, message.id))
        for answer in permission_rules.owed_answers(self._engine.world, session):
            self._begin(answer)
        if session.finishing and session.terminal is Terminal.PIPE:
            self._begin(CloseInput(session.id, session.attempt))
        if session.stopping or (session.finishing and session.terminal is Terminal.PTY):
            self._begin(Stop(session.id, session.attempt))
        elif (wanted := self._wanted_signal(session.id)) is not None:
            self._begin(Signal(session.id, session.attempt, wanted))

    def _begin(self, effect: Effect) -> None:
        """Carry an effect out. Effects that write to an agent keep their order; the others run concurrently."""
        if isinstance(effect, Spoken):
            self._input_writer.carry_out(effect, self._nursery)
        else:
            self._nursery.start_soon(self.handlers[type(effect)], effect)

    async def _launch(self, effect: Launch) -> None:
        session = self._engine.world.sessions.get(effect.session_id)
        if session is None or session.attempt != effect.attempt:
            return
        try:
            folder = self._custody.folder(session.id)
            warning = await self._launcher.look(self._engine.world, session, folder)
            spec = await self._launcher.spec(self._engine.world, session, folder)
            if not self._is_wanted(session.id):  # a stop meanwhile found nothing to stop
                await self._engine.record(Lost(session.id, session.attempt, NEVER_STARTED))
                return
            identity = await self._custody.launch(spec)
        except custody_spec.LaunchError as failure:
            await self._launch_failed(session, failure)
        except OSError as error:
            name = errno.errorcode.get(error.errno or 0, type(error).__name__)
            await self._launch_failed(session, custody_spec.LaunchError(name, f"preparing the session: {error}"))
        except MaestroError as error:
            await self._engine.record(LaunchFailed(session.id, session.attempt, error.reason, error.message))
        except SLIPS:
            log.exception("%s could not be prepared: a bug", session.id)
            detail = f"maestrod could not prepare the start of {session.agent}: a bug, see its log"
            await self._engine.record(LaunchFailed(session.id, session.attempt, "agent.bug", detail))
        else:
            await self._engine.record(_launched(session, identity, adopted=False, warning=warning))
            self._follow(session, is_fresh=True)
            if self._wanted_signal(session.id) == "STOP":  # it was paused before its process existed
                self._begin(Signal(session.id, session.attempt, "STOP"))

    def _is_wanted(self, session_id: str) -> bool:
        world = self._engine.world
        return session_id in world.by_session.live and not world.sessions[session_id].stopping

    async def _launch_failed(self, session: Session, failure: custody_spec.LaunchError) -> None:
        if failure.record is not None and failure.record.reason != "failed_to_start":
            await self._exited(failure.record)
            return
        log.warning("%s could not be started: %s", session.id, failure)
        retryable = failure.errno_name in _SHORTAGES
        fact = LaunchFailed(session.id, session.attempt, failure.errno_name, failure.message, retryable)
        await self._engine.record(fact)

    async def _stop(self, effect: Stop) -> None:
        if not await self._stops.stop(effect.session_id):
            return
        standing = await self._custody.adopt(effect.session_id, effect.attempt)
        if isinstance(standing, custody_spec.NeverStarted):
            await self._engine.record(Lost(effect.session_id, effect.attempt, NEVER_STARTED))
        elif not isinstance(standing, custody_spec.Running):
            await self._exited(standing.record)  # the engine knows already, unless it could not record the end

    async def _watch(self, effect: Watch) -> None:
        """Follow an agent that was started by hand: its session ends with its process."""
        process = identify(effect.pid)
        session = self._engine.world.sessions.get(effect.session_id)
        if process is not None and session is not None:
            identity = ProcessIdentity(pid=process.pid, started=int(float(process.start)), boot_id=process.boot_id)
            if session.process in {None, identity}:
                await self._engine.record(Launched(effect.session_id, effect.attempt, identity))
                await wait_gone(process)
        await self._engine.record(self._ended_unseen(effect))

    def _ended_unseen(self, effect: Watch) -> Exited:
        """The end of a process that is not ours, whose exit code we cannot know: during work it counts as a failure."""
        session = self._engine.world.sessions.get(effect.session_id)
        busy = session is not None and session.status is SessionStatus.WORKING
        ended = Exit(reason="gone", detail="its process is gone", at=self._engine.clock.wall())
        judgement = Judgement.FAILED if busy else Judgement.COMPLETED
        return Exited(effect.session_id, effect.attempt, ended, judgement)

    async def _probe(self, effect: Probe) -> None:
        session = self._engine.world.sessions.get(effect.session_id)
        if session is not None and self._is_held(session) and session.attempt == effect.attempt:
            await self._engine.record(await probe(self._custody, session, self._streams.screen(session.id)))

    async def _signal(self, effect: Signal) -> None:
        """Pause or resume the session as the world now requires: effects run concurrently, so their order means nothing."""
        sent: str | None = None
        try:
            while (wanted := self._wanted_signal(effect.session_id)) not in {None, sent}:
                await self._custody.signal(effect.session_id, wanted or "CONT")
                sent = wanted
        except custody_spec.NotHeld:
            log.info("%s has ended before it was sent %s", effect.session_id, effect.signal)

    def _wanted_signal(self, session_id: str) -> str | None:
        """The signal for the state that a session should be in: ``STOP`` or ``CONT``; None when it has ended."""
        world = self._engine.world
        if session_id not in world.by_session.live:
            return None
        return "STOP" if is_held(world, world.sessions[session_id]) else "CONT"

    def _follow(self, session: Session, *, is_fresh: bool) -> None:
        """Read the output of a running agent."""
        adapter = self._adapter(session)
        if adapter is not None and self._is_held(session):
            self._nursery.start_soon(partial(self._streams.follow, session.id, adapter, is_fresh=is_fresh))

    def _is_held(self, session: Session) -> bool:
        """Whether this attempt has not ended."""
        now = self._engine.world.sessions[session.id]
        return now.attempt == session.attempt and not now.status.is_over

    def _adapter(self, session: Session) -> Adapter | None:
        """The adapter of a session's agent, if this version of the daemon still has one."""
        try:
            return self._launcher.adapter(session)
        except NotFound:
            return None

    def _tail(self, session_id: str) -> str:
        chunk = self._custody.tail_output(session_id, TAIL_BYTES, TAIL_LINES)
        return plain_text(chunk.data.decode(errors="replace"))


def _judge(adapter: Adapter | None, session: Session, ended: Exit) -> Judgement:
    """The adapter's judgement; for an agent that this version no longer knows, the exit code decides."""
    if adapter is not None:
        try:
            return adapter.judge(ended, outcome=_last_word(session), stop_requested=session.stopping)
        except SLIPS:
            log.exception("the end of %s could not be judged: a bug", session.id)
    return Judgement.COMPLETED if ended.code == 0 else Judgement.FAILED


def _last_word(session: Session) -> Outcome | None:
    """The outcome of this process's last turn as the agent reported it; None during a turn or when there was none."""
    turn = session.turn
    if not isinstance(turn, PastTurn) or turn.attempt != session.attempt:
        return None
    return turn.outcome


def _launched(session: Session, identity: custody_spec.Identity, *, adopted: bool, warning: str = "") -> Launched:
    started = int(float(identity.agent_start)) if identity.agent_start else 0
    process = ProcessIdentity(pid=identity.agent_pid, started=started, boot_id=identity.boot_id)
    return Launched(session.id, session.attempt, process, adopted, warning)


def _ended_along(record: custody_spec.ExitRecord) -> EndedAlong:
    """The processes that were ended along with the agent."""
    return EndedAlong(tuple(EndedProcess(each.pid, each.name) for each in record.ended), record.ended_count)


def _exit(record: custody_spec.ExitRecord) -> Exit:
    return Exit(code=record.code, signal=record.signal, reason=record.reason, detail=record.detail, at=record.ended_at)
