"""The request to shut down: which signals make it, and what happens to the sessions.

TERM and INT follow the configured policy. USR2 keeps the sessions, because a restart follows. HUP, which is for
terminals, is ignored.
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
    """Whether the daemon is to stop, and what happens to its sessions. A second request means: immediately."""

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
    """A shutdown that signals may request during the block.

    Make it the outermost stage, so that no signal cuts another stage short. A signal after the block is ignored.
    """
    shutdown = Shutdown(default)
    async with trio.open_nursery() as nursery:
        await nursery.start(_watch, shutdown)
        yield shutdown
        nursery.cancel_scope.cancel()


async def _watch(shutdown: Shutdown, *, task_status: trio.TaskStatus[None] = trio.TASK_STATUS_IGNORED) -> None:
    for each in SIGNALS:
        signal.signal(each, signal.SIG_IGN)  # noqa: TID251 - trio's receiver restores this when it closes
    with trio.open_signal_receiver(*SIGNALS) as signals:
        task_status.started()
        async for number in signals:
            log.info("signal %s", signal.Signals(number).name)
            if number != signal.SIGHUP:
                shutdown.request(SessionsOnStop.KEEP if number == signal.SIGUSR2 else None)
