"""The request to shut down: who may make it, and what becomes of the sessions.

TERM and INT stop by the configured policy. USR2 keeps the sessions, because a restart is coming. HUP is for terminals: ignored.
"""

import logging
import signal
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import trio

from maestrod.api.system import SessionsOnStop

log = logging.getLogger(__name__)

SIGNALS = (signal.SIGTERM, signal.SIGINT, signal.SIGUSR2, signal.SIGHUP)


class Shutdown:
    """Whether the daemon is to stop, and what becomes of its sessions. A second request means: now."""

    def __init__(self, default: SessionsOnStop) -> None:
        self._default = default
        self.sessions = default
        self.requested = trio.Event()
        self.hurry = trio.Event()

    def request(self, sessions: SessionsOnStop | None = None) -> None:
        """Begin to stop; on a second call, hurry."""
        if self.requested.is_set():
            self.hurry.set()
            return
        self.sessions = sessions or self._default
        self.requested.set()


@asynccontextmanager
async def shutdown_by_signals(default: SessionsOnStop) -> AsyncIterator[Shutdown]:
    """A shutdown that signals may request for the length of the block.

    Make it the outermost stage, so that no signal cuts another stage short. A signal after the block is ignored.
    """
    shutdown = Shutdown(default)
    async with trio.open_nursery() as nursery:
        await nursery.start(_watch, shutdown)
        yield shutdown
        nursery.cancel_scope.cancel()


async def _watch(shutdown: Shutdown, *, task_status: trio.TaskStatus[None] = trio.TASK_STATUS_IGNORED) -> None:
    for each in SIGNALS:
        signal.signal(each, signal.SIG_IGN)  # noqa: TID251 - what trio's receiver falls back to when it closes
    with trio.open_signal_receiver(*SIGNALS) as signals:
        task_status.started()
        async for number in signals:
            log.info("signal %s", signal.Signals(number).name)
            if number != signal.SIGHUP:
                shutdown.request(SessionsOnStop.KEEP if number == signal.SIGUSR2 else None)
