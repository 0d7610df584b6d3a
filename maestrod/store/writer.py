"""The writer: the thread that keeps entity files, timelines and snapshot up with the journal, at a bounded rate.

It sleeps without a timer while nothing changes. After a change it waits a moment, so that many changes of one entity become
one file, writes a bounded number of files, and goes on until nothing is left; then, after a quiet second, it settles.
"""

import threading
from collections.abc import Callable

from maestrod.store.write_behind import Behind

#: Seconds to gather changes before writing, and files written per turn: at most 400 files a second.
GATHER = 0.25
FILES_PER_TURN = 100
#: Seconds of quiet before the watermark is written, and of waiting after a failure.
SETTLE = 1.0
RETRY = 5.0


class Writer:
    """Runs ``behind.flush``, ``behind.settle`` and ``checkpoint`` (which knows whether one is due) on a thread of its own."""

    def __init__(self, behind: Behind, checkpoint: Callable[[], None], alert: Callable[[str], None]) -> None:
        self._behind = behind
        self._checkpoint = checkpoint
        self._alert = alert
        self._work = threading.Event()
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name="writer", daemon=True)
        self._failing = False
        self._thread.start()

    def wake(self) -> None:
        """Say that there is something to write."""
        self._work.set()

    def stop(self) -> None:
        """End the thread after the file under way; what is left is for the closing checkpoint."""
        self._stopping.set()
        self._work.set()
        self._thread.join()

    def _run(self) -> None:
        while not self._stopping.is_set():
            self._work.wait()
            self._work.clear()
            self._stopping.wait(GATHER)
            while not self._stopping.is_set() and not self._turn():
                self._stopping.wait(RETRY if self._failing else GATHER)

    def _turn(self) -> bool:
        """One turn; returns whether all is written and settled, or new work will wake us."""
        try:
            self._checkpoint()
            if not self._behind.flush(FILES_PER_TURN):
                return False
            if not self._behind.idle:
                if self._work.wait(SETTLE):
                    return True
                self._behind.settle()
        except OSError as error:
            if not self._failing:
                self._alert(
                    f"files behind the journal cannot be written: {error}; nothing is lost, and the daemon retries"
                )
            self._failing = True
            return False
        self._failing = False
        return True
