"""Moves the agent's output into the log, and input into the agent's terminal or pipe.

Reading waits for nothing but the agent. When the agent does not read, its input is queued, up to a bound.
"""

import posix
from errno import EAGAIN, EIO
from time import monotonic

TYPE_CHECKING = False
if TYPE_CHECKING:
    from .agent import Agent
    from .line_merge import LineMerge
    from .outputlog import OutputLog
    from .poller import Poller, Readiness

READ_BYTES = 65536
"""Bytes of one read: a pipe holds this much; a terminal returns 4 KiB at a time."""

TYPED_LIMIT = 1 << 20
"""How many bytes of input are queued for an agent that does not read."""

DRAIN_SECONDS = 1.0
"""How long to read the rest of the output after the tree is gone: an unrelated process may still hold the other end."""

END_OF_FILE = b"\x04"
"""The end-of-file character of a terminal (VEOF, Ctrl-D)."""


class Pump:
    """Owns the shim's ends of the agent's terminal or pipes."""

    def __init__(self, agent: "Agent", log: "OutputLog", poller: "Poller") -> None:
        self._agent = agent
        self._log = log
        self._poller = poller
        self._typed = bytearray()
        self._closing = False
        self._merge: LineMerge | None = None
        self._open = {agent.output}
        self._typed_open = agent.typed >= 0
        poller.watch(agent.output, self._on_ready)
        if agent.errors >= 0:
            self._read_apart(agent.errors)

    def _read_apart(self, errors: int) -> None:
        """Read standard error from its own pipe, so that it never breaks into a line of standard output."""
        from .line_merge import LineMerge  # few agents need it, and every agent waits for its shim to start

        self._merge = LineMerge()
        self._open.add(errors)
        self._poller.watch(errors, self._on_errors)

    @property
    def takes_input(self) -> bool:
        """Whether input can be written: not if the agent's standard input is a file."""
        return self._agent.typed >= 0

    def type(self, data: bytes) -> bool:
        """Queue input for the agent; False when the bound is reached or the agent takes no more input."""
        if not self._typed_open or self._closing or len(self._typed) + len(data) > TYPED_LIMIT:
            return False
        self._typed += data
        self._write()
        return True

    def close_typed(self) -> None:
        """End the input: close the pipe once everything is written, or send a terminal its end-of-file character."""
        if self._agent.terminal:
            self.type(END_OF_FILE)
        else:
            self._closing = True
            self._write()

    def drain(self) -> None:
        """Read what is left after the last process of the tree has ended, then close everything."""
        if self._agent.keep >= 0:
            posix.close(self._agent.keep)
        deadline = monotonic() + DRAIN_SECONDS
        for fd in sorted(self._open):
            while fd in self._open and self._read(fd) and monotonic() < deadline:
                continue
            self._close_output(fd)
        if self._merge is not None:
            self._keep(self._merge.finish())
        if self._typed_open:
            self._close_typed_pipe()

    def _on_ready(self, event: "Readiness") -> None:
        if event.writable:
            self._write()
        if event.readable or event.hung_up:
            self._take(self._agent.output, event)

    def _on_errors(self, event: "Readiness") -> None:
        self._take(self._agent.errors, event)

    def _take(self, fd: int, event: "Readiness") -> None:
        if not self._read(fd) and event.hung_up and fd in self._open:
            self._poller.forget(fd)  # the terminal hung up: nothing more can come, but `drain` reads once more

    def _on_typed_ready(self, event: "Readiness") -> None:
        self._write()

    def _read(self, fd: int) -> bool:
        """Read once into the log; False when there is nothing to read now, or ever again."""
        try:
            data = posix.read(fd, READ_BYTES)
        except BlockingIOError:
            return False
        except OSError as error:
            if error.errno != EIO:  # EIO: the last slave descriptor of a terminal was closed
                raise
            data = b""
        if not data:
            self._close_output(fd)
            return False
        if self._merge is not None:
            data = self._merge.errors(data) if fd == self._agent.errors else self._merge.output(data)
        self._keep(data)
        return True

    def _keep(self, data: bytes) -> None:
        if data:
            self._log.append(data)

    def _close_output(self, fd: int) -> None:
        if fd not in self._open:
            return
        self._open.discard(fd)
        self._typed_open = self._typed_open and not self._agent.terminal
        self._poller.forget(fd)
        posix.close(fd)
        if self._merge is not None and fd == self._agent.output:
            self._keep(self._merge.output_ended())

    def _write(self) -> None:
        try:
            while self._typed and self._typed_open:
                del self._typed[: posix.write(self._agent.typed, self._typed)]
        except OSError as error:
            if error.errno != EAGAIN:
                self._typed.clear()
                self._closing = True
        self._wait_writable(bool(self._typed))
        if self._closing and not self._typed and self._typed_open and not self._agent.terminal:
            self._close_typed_pipe()

    def _wait_writable(self, waits: bool) -> None:
        if self._agent.terminal:
            if self._agent.output in self._open:
                self._poller.watch(self._agent.output, self._on_ready, write=waits)
        elif waits:
            self._poller.watch(self._agent.typed, self._on_typed_ready, read=False, write=True)
        elif self._typed_open:
            self._poller.forget(self._agent.typed)

    def _close_typed_pipe(self) -> None:
        self._typed_open = False
        self._poller.forget(self._agent.typed)
        posix.close(self._agent.typed)
