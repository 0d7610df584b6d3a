"""Takes in what was reported while the daemon did not listen: files that hooks left in the spool, and agents' output.

The engine asks for this before it judges a deadline. It also happens when the stopped daemon is continued (SIGCONT):
hooks that could not reach it have spooled their events, and nothing else would read them before the next deadline.
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
    """All sources of reports except the sockets. ``folder`` is the spool; ``key`` is the key that signs session tokens."""

    def __init__(self, folder: Path, engine: Engine, key: bytes, read_hook: HookReader, supervisor: Supervisor) -> None:
        self._folder = folder
        self._engine = engine
        self._key = key
        self._read_hook = read_hook
        self._supervisor = supervisor
        self._lock = trio.Lock()

    async def read_spool(self) -> None:
        """Return when the engine has decided everything that was reported until now."""
        try:
            await self._take_in_spool()
            await self._supervisor.wait_until_read()
        except OSError as error:
            log.warning("cannot read everything that was reported: %s", error)

    async def run(self, *, task_status: trio.TaskStatus[None] = trio.TASK_STATUS_IGNORED) -> None:
        """Take in everything each time the process is continued."""
        with trio.open_signal_receiver(signal.SIGCONT) as signals:
            task_status.started()
            async for _ in signals:
                await self.read_spool()

    async def _take_in_spool(self) -> None:
        """Runs one at a time and is never cancelled: an event taken twice would be removed before it is durable."""
        async with self._lock:
            with trio.CancelScope(shield=True):
                await spool.read_spool(self._folder, self._engine, self._key, self._read_hook)
