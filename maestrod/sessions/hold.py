"""A hold: what the daemon keeps in memory for one living attempt. It is small on purpose, so that hundreds cost little:
at most 8 KiB per session, with its task and its link.
"""

import trio

from maestrod.sessions.link import Link
from maestrod.sessions.spec import Identity, LaunchError


class Hold:
    """One living attempt, or one being launched. `settled` is set once it is held or has failed, `over` once it has
    ended.
    """

    __slots__ = ("attempt", "ended", "failure", "identity", "link", "pid", "session_id", "settled")

    def __init__(self, session_id: str, attempt: int) -> None:
        self.session_id = session_id
        self.attempt = attempt
        self.link: Link | None = None
        self.identity: Identity | None = None
        self.failure: LaunchError | None = None
        self.pid = 0
        self.settled = trio.Event()
        self.ended = trio.Event()

    def begin(self, identity: Identity, link: Link) -> None:
        """Hold the attempt from now on."""
        self.identity = identity
        self.link = link
        self.settled.set()

    def fail(self, failure: LaunchError) -> None:
        """Record that the attempt could not be started."""
        self.failure = failure
        self.settled.set()
        self.ended.set()

    def unsettle(self) -> None:
        """Record that the connection broke: callers wait until it is known why."""
        self.link = None
        self.settled = trio.Event()

    def finish(self) -> None:
        """Record that the attempt has ended or been released, and wake everyone who waits for it."""
        self.link = None
        self.settled.set()
        self.ended.set()

    async def wait_held(self) -> Identity:
        """Wait for the identity; LaunchError when there will never be one."""
        await self.settled.wait()
        if self.failure is not None:
            raise self.failure
        if self.identity is None:
            raise LaunchError("ECANCELED", "custody ended before the session was started")
        return self.identity
