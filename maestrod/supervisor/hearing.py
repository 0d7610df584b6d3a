"""Hearing what was reported while nobody listened: hooks left files in the spool, agents went on printing into their logs.

The engine asks for it before it judges a deadline. It is also done when the daemon goes on after it was stopped (SIGCONT): hooks
that found it silent have spooled, and nothing else would read that before the next deadline.
"""

import logging
import signal
from pathlib import Path

import trio

from maestrod.engine.engine import Engine
from maestrod.engine.ports import HookReader
from maestrod.supervisor import spool
from maestrod.supervisor.supervisor import Supervisor

log = logging.getLogger(__name__)


class Hearing:
    """All ways of reporting but the sockets. ``folder`` is the spool, ``key`` the one session tokens are signed with."""

    def __init__(self, folder: Path, engine: Engine, key: bytes, read_hook: HookReader, supervisor: Supervisor) -> None:
        self._folder = folder
        self._engine = engine
        self._key = key
        self._read_hook = read_hook
        self._supervisor = supervisor
        self._lock = trio.Lock()

    async def take_in(self) -> None:
        """Return when everything that was reported until now is decided."""
        try:
            await self._take_in_spool()
            await self._supervisor.heard()
        except OSError as error:
            log.warning("not everything that was reported can be read: %s", error)

    async def run(self, *, task_status: trio.TaskStatus[None] = trio.TASK_STATUS_IGNORED) -> None:
        """Take in what there is each time the process is continued."""
        with trio.open_signal_receiver(signal.SIGCONT) as signals:
            task_status.started()
            async for _ in signals:
                await self.take_in()

    async def _take_in_spool(self) -> None:
        """One at a time and never cut short: an event taken twice would be removed before it is durable."""
        async with self._lock:
            with trio.CancelScope(shield=True):
                await spool.take_in(self._folder, self._engine, self._key, self._read_hook)
