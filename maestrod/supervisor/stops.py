"""Stops sessions: one ladder at a time for each, and its report to everyone who waits for it.

Only the effect ``Stop`` stops a session. A method that must return the result registers here before its decision is
made, so that it misses no report, and gets that of the ladder that ends next. Reports are not kept: a later caller must
ask for another stop.
"""

import logging
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager

from maestrod.api.errors import Unavailable
from maestrod.api.session import StopResult
from maestrod.engine.engine import Promise
from maestrod.sessions.custody import Custody

log = logging.getLogger(__name__)


class Stops:
    """The stops in progress, and the waiters for their reports."""

    def __init__(self, custody: Custody) -> None:
        self._custody = custody
        self._under_way: set[str] = set()
        self._waiting: dict[Promise, str] = {}

    @contextmanager
    def report(self, session_id: str) -> Iterator[Callable[[], Awaitable[StopResult]]]:
        """Yields a function that waits for the report of the session's next ladder to end.

        The function raises ``Unavailable`` when the ladder could not be climbed.
        """
        promise = Promise()
        self._waiting[promise] = session_id

        async def wait() -> StopResult:
            await promise.wait_done()
            result: StopResult = promise.reply
            return result

        try:
            yield wait
        finally:
            self._waiting.pop(promise, None)

    async def stop(self, session_id: str) -> bool:
        """Climb the ladder and report, unless a stop is already in progress.

        Returns whether this call climbed it and nothing of the session is left.
        """
        if session_id in self._under_way:
            return False
        self._under_way.add(session_id)
        try:
            report = await self._custody.stop(session_id)
        except OSError as error:
            log.exception("%s could not be stopped", session_id)
            failure = Unavailable("session.not_stopped", f"{session_id} could not be stopped: {error}: try again")
            self._tell(session_id, None, failure)
            return False
        finally:
            self._under_way.discard(session_id)
        if report.left:
            log.error("%s: %d processes could not be ended", session_id, report.left)
        result = StopResult(session_id=session_id, left=report.left, signalled=report.signalled, escaped=report.escaped)
        self._tell(session_id, result, None)
        return not report.left

    def _tell(self, session_id: str, result: StopResult | None, failure: Unavailable | None) -> None:
        for promise in [promise for promise, waits_for in self._waiting.items() if waits_for == session_id]:
            promise.reply = result
            promise.finish(failure)
