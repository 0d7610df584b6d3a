"""One place to wait for everything: descriptors, each with a handler.

Uses `poll` on Linux and `select` on other systems (the `poll` of macOS does not support terminals). Without a timer it
sleeps until something happens, so an idle shim never wakes up.
"""

import select
import sys

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

    Handler = Callable[["Readiness"], None]


class Readiness:
    """What a descriptor is ready for. `hung_up` may come with neither of the others."""

    __slots__ = ("hung_up", "readable", "writable")

    def __init__(self, readable: bool, writable: bool, hung_up: bool) -> None:
        self.readable = readable
        self.writable = writable
        self.hung_up = hung_up


class Poller:
    """Descriptors, what each waits for, and the handler to call."""

    def __init__(self, *, use_poll: bool = sys.platform.startswith("linux")) -> None:
        self._handlers: dict[int, Handler] = {}
        self._reading: set[int] = set()
        self._writing: set[int] = set()
        self._poll = select.poll() if use_poll else None

    def watch(self, fd: int, handler: "Handler", *, read: bool = True, write: bool = False) -> None:
        """Call the handler when the descriptor is ready; replaces an earlier watch of the same descriptor."""
        self._handlers[fd] = handler
        (self._reading.add if read else self._reading.discard)(fd)
        (self._writing.add if write else self._writing.discard)(fd)
        if self._poll is not None:
            self._poll.register(fd, (select.POLLIN if read else 0) | (select.POLLOUT if write else 0))

    def forget(self, fd: int) -> None:
        """Stop watching; does nothing if the descriptor was not watched."""
        if self._handlers.pop(fd, None) is not None and self._poll is not None:
            self._poll.unregister(fd)
        self._reading.discard(fd)
        self._writing.discard(fd)

    def wait(self, seconds: float | None) -> None:
        """Sleep until a descriptor is ready or the time has passed (None: no limit), then call the handlers."""
        ready = self._wait_select(seconds) if self._poll is None else self._wait_poll(self._poll, seconds)
        for fd, event in ready:
            handler = self._handlers.get(fd)
            if handler is not None:
                handler(event)

    def _wait_poll(self, poll: select.poll, seconds: float | None) -> list[tuple[int, Readiness]]:
        timeout = None if seconds is None else max(0, int(seconds * 1000 + 0.999))
        gone = select.POLLHUP | select.POLLERR | select.POLLNVAL
        return [
            (fd, Readiness(bool(bits & select.POLLIN), bool(bits & select.POLLOUT), bool(bits & gone)))
            for fd, bits in poll.poll(timeout)
        ]

    def _wait_select(self, seconds: float | None) -> list[tuple[int, Readiness]]:
        readable, writable, _ = select.select(self._reading, self._writing, (), seconds)
        return [(fd, Readiness(fd in readable, fd in writable, False)) for fd in {*readable, *writable}]
