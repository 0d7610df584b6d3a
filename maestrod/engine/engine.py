"""The engine: the single writer.

``execute`` is one synchronous step: decide, queue for the journal, done. There is no checkpoint between its first and last
line, so during the call the calling task owns the world alone. The reply, the events
and the effects of a decision are released when the store reports that it is durable; many decisions share one flush.

A rule that must know something outside (a folder, the skills in it) raises ``Unseen``. All entry points except ``execute`` then
look, while other commands are decided, and start again with the answer (``core/values/seen.py``).

When the journal fails for good, the decisions that did not become durable are undone, newest first, and their callers get an
error.
"""

import logging
from collections import deque
from collections.abc import Awaitable, Callable
from contextlib import suppress
from functools import partial
from typing import Any, TypeVar

import trio

from maestrod.api.errors import MaestroError, Unavailable
from maestrod.api.model.ids import time_of
from maestrod.core.decide import decide
from maestrod.core.values.command import Command
from maestrod.core.values.effects import Effect
from maestrod.core.values.facts import Fact
from maestrod.core.values.seen import BLIND, Question, Seen, Unseen
from maestrod.core.world.draft import Decision
from maestrod.core.world.world import World
from maestrod.engine.bus import Bus
from maestrod.engine.clock import Stamps, TimeSource, movement
from maestrod.engine.ports import Eyes, Store
from maestrod.engine.timers import Timers, no_reports

log = logging.getLogger(__name__)

T = TypeVar("T")

Callback = Callable[[Exception | None], None]

#: Seconds between two attempts to record a fact while the store accepts no changes.
FACT_RETRY_SECONDS = 1.0


class Promise:
    """The reply of a decision, to be sent once the decision is durable."""

    __slots__ = ("_callbacks", "error", "is_done", "reply")

    def __init__(self, reply: Any = None) -> None:
        self.reply = reply
        self.error: Exception | None = None
        self.is_done = False
        self._callbacks: list[Callback] = []

    def add_done(self, callback: Callback) -> None:
        """Call back once: with None when durable, or with the error if it never will be. At once if that is known."""
        if self.is_done:
            callback(self.error)
        else:
            self._callbacks.append(callback)

    def finish(self, error: Exception | None = None) -> None:
        """Call all callbacks."""
        self.is_done, self.error = True, error
        for callback in self._callbacks:
            callback(error)
        self._callbacks.clear()

    async def settled(self) -> None:
        """Return when it is known whether the decision is durable."""
        if not self.is_done:
            done = trio.Event()
            self.add_done(lambda error: done.set())
            await done.wait()

    async def wait_done(self) -> None:
        """Return when durable. Raises the error if it never will be."""
        await self.settled()
        if self.error is not None:
            raise self.error


class Ticket(Promise):
    """One decision until it is durable."""

    __slots__ = ("decision", "made", "seq")

    def __init__(self, decision: Decision, seq: int) -> None:
        super().__init__(decision.reply)
        self.made = trio.current_time()
        self.decision = decision
        self.seq = seq


class Engine:
    """Owns the world. ``run_effect`` receives each effect once its decision is durable; it must not block."""

    def __init__(
        self,
        store: Store,
        world: World,
        clock: TimeSource,
        run_effect: Callable[[Effect], None],
        eyes: Eyes | None = None,
    ) -> None:
        """Without ``eyes``, the outside world cannot be seen: paths are compared as written, and there are no skills."""
        self.world = world
        self.bus = Bus(world.seq)
        self.clock = clock
        self.refusing: MaestroError | None = None
        self._store = store
        self._stamps = Stamps(clock, _latest_id_time(world))
        self._run_effect = run_effect
        self._eyes = eyes
        self._nursery: trio.Nursery | None = None
        self._kept: set[Promise] = set()
        self._pending: deque[Ticket] = deque()
        self._timers = Timers(world, clock, self._wake, self.notice_clock)
        store.on_durable = self._durable
        store.on_failure = self._failed

    async def run(self, *, task_status: trio.TaskStatus[None] = trio.TASK_STATUS_IGNORED) -> None:
        """Process deadlines until cancelled, beginning after ``listen``."""
        async with trio.open_nursery() as self._nursery:
            self._nursery.start_soon(self._watch_clock)
            await self._timers.run(task_status=task_status)

    def listen(self, hear: Callable[[], Awaitable[None]] = no_reports) -> None:
        """Begin to judge deadlines, because reports can arrive from now on.

        ``hear`` is awaited before each judgement; it processes reports that do not arrive through sockets.
        """

        async def hear_all() -> None:
            await self._looked()
            await hear()

        self._timers.listen(hear_all)

    def execute(self, command: Command | Fact, seen: Seen | None = None) -> Ticket:
        """Decide. Raises the ``MaestroError`` of a refusal, or ``Unseen``, without any change."""
        self._refuse_when_closed(command)
        self.notice_clock()
        return self._execute(command, self.nothing_seen() if seen is None else seen)

    def accept(self, command: Command) -> Promise:
        """Decide now, or, if a rule needs to look outside, once it has the answer, even if the caller is gone by then.

        Raises the ``MaestroError`` of a refusal that needs no look.
        """
        try:
            return self.execute(command)
        except Unseen:
            if self._nursery is None:
                raise
        promise = Promise()
        self._kept.add(promise)
        promise.add_done(lambda error: self._kept.discard(promise))
        self._nursery.start_soon(self._keep, promise, command)
        return promise

    async def _looked(self) -> None:
        """Return when the commands that wait for a look are decided."""
        for promise in tuple(self._kept):
            await promise.settled()

    async def _keep(self, promise: Promise, command: Command) -> None:
        try:
            promise.reply = await self.submit(command)
        except Exception as error:  # noqa: BLE001 - the caller gets the error; a bug in one rule costs one answer
            promise.finish(error)
        else:
            promise.finish()

    async def take(self, command: Command | Fact) -> Ticket:
        """Decide, after the looks that the rule needs. Raises the ``MaestroError`` of a refusal."""
        return await self.seeing(partial(self.execute, command))

    async def seeing(self, work: Callable[[Seen], T]) -> T:
        """Do work that may need looks. It starts again after each look."""
        seen, asked = self.nothing_seen(), set[Question]()
        while True:
            try:
                return work(seen)
            except Unseen as unseen:
                question = unseen.question
                if self._eyes is None or question in asked:  # asking the same again would never end
                    raise
            asked.add(question)
            seen = seen.joined(await self._eyes.look(question))

    def nothing_seen(self) -> Seen:
        """The answers with which a decision starts: none. It may ask if the engine can look."""
        return BLIND if self._eyes is None else Seen(looks=True)

    def notice_clock(self) -> None:
        """Adjust the world's deadlines if the clock was set or the machine slept, before anything else is decided."""
        moved = movement(self.world.system.clock, self.clock)
        if moved is None:
            return
        try:
            self._execute(moved, self.nothing_seen())
        except MaestroError as error:
            log.warning("a jump of the clock cannot be recorded yet: %s", error.message)
            return
        if moved.step or moved.slept:
            log.warning(
                "the clock was set by %.1f s, the machine slept for %.1f s", moved.step / 1000, moved.slept / 1000
            )
        self.world.move_all_deadlines()
        self._timers.refresh()

    async def _watch_clock(self) -> None:
        while True:
            await self.clock.changed()
            self.notice_clock()

    def _execute(self, command: Command | Fact, seen: Seen) -> Ticket:
        decision = decide(self.world, command, self._stamps.next(), seen)
        if decision.events:
            self._append(decision)
        ticket = Ticket(decision, self.world.seq)
        if decision.events:
            self._pending.append(ticket)
            self._timers.refresh()
        else:
            self._release([ticket])
        return ticket

    async def submit(self, command: Command | Fact) -> Any:
        """Decide, and return the reply when it is durable."""
        ticket = await self.take(command)
        await ticket.wait_done()
        return ticket.reply

    async def settle(self) -> None:
        """Return when everything in the present world is durable, or never will be.

        For readers of files behind the journal, so that these contain everything that the world shows.
        """
        if self._pending:
            with suppress(MaestroError):
                await self._pending[-1].wait_done()

    def longest_wait(self) -> float:
        """Seconds for which the oldest decision has waited for the disk; 0.0 if none waits. For watchdogs."""
        return trio.current_time() - self._pending[0].made if self._pending else 0.0

    async def record(self, fact: Fact) -> None:
        """Record a fact. It has happened, so recording is retried while the store accepts no changes."""
        logged = False
        while True:
            try:
                await self.submit(fact)
            except Unavailable as error:
                if not logged:  # once: it may take hours, and the log is probably on the same disk
                    log.warning("cannot record %s yet: %s", type(fact).__name__, error.message)
                logged = True
                await trio.sleep(FACT_RETRY_SECONDS)
            except Exception:  # a bug in one session's rule must not end the daemon and its custody of all sessions
                log.exception("%s could not be processed: this is a bug", fact)
                return
            else:
                return

    def _refuse_when_closed(self, command: Command | Fact) -> None:
        """Refuse commands while the store accepts no changes. Facts have happened, and the store reserves room for them."""
        if isinstance(command, Command):
            refusal = self.refusing or self._store.refusal()
            if refusal is not None:
                raise refusal

    def _append(self, decision: Decision) -> None:
        try:
            self._store.append(decision.events)
        except MaestroError:
            decision.undo()
            raise

    async def _wake(self, fact: Fact) -> None:
        try:
            await self.record(fact)
        except MaestroError as error:
            log.error("a deadline could not be processed: %s", error.message)

    def _durable(self, seq: int) -> None:
        released = []
        while self._pending and self._pending[0].seq <= seq:
            released.append(self._pending.popleft())
        self._release(released)

    def _release(self, tickets: list[Ticket]) -> None:
        """Release durable decisions: first replies, then events, then effects. Nothing that a crash could undo gets out."""
        for ticket in tickets:
            ticket.finish()
        self.bus.publish([event for ticket in tickets for event in ticket.decision.events])
        for ticket in tickets:
            for effect in ticket.decision.effects:
                self._run_effect(effect)

    def _failed(self, last_durable: int) -> None:
        error = Unavailable("store.read_only", "the journal could not be written: no more changes are accepted")
        undone = [ticket for ticket in self._pending if ticket.seq > last_durable]
        self._durable(last_durable)
        self._pending.clear()
        for ticket in reversed(undone):
            ticket.decision.undo()
        for ticket in undone:
            ticket.finish(error)
        self._timers.refresh()


def _latest_id_time(world: World) -> int:
    """The time part of the newest id. New ids must sort after it even if the clock went back (see ``api/model/ids.py``)."""
    ids = (max(world.tables[kind], default="") for kind in _TIMED_KINDS)
    return max(time_of(newest) for newest in ids)


#: Kinds whose ids carry a time: not queues (named after their session), requests (named by callers) and the system.
_TIMED_KINDS = ("project", "task", "session", "plan", "run", "attention")
