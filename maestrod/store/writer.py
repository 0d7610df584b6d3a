"""The writer: the thread that updates entity files, timelines and snapshot from the journal, at a limited rate.

It sleeps without a timer while nothing changes. After a change, it waits a moment, so that several changes of one entity need
only one write. It writes a limited number of files per turn until nothing is left. After a second without changes, it settles.
"""

import threading
from collections.abc import Callable

from maestrod.store.write_behind import Behind

#: Seconds to gather changes before writing, and maximum files per turn: at most 400 files a second.
GATHER = 0.25
FILES_PER_TURN = 100
#: Seconds without changes before the watermark is written, and delay (s) after a failure.
SETTLE = 1.0
RETRY = 5.0


class Writer:
    """Runs ``behind.flush``, ``behind.settle`` and ``checkpoint`` (which checks whether one is due) on its own thread."""

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
        """Wake the thread, because there is something to write."""
        self._work.set()

    def stop(self) -> None:
        """End the thread after the present file. The closing checkpoint writes the rest."""
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
        """Do one turn. Returns whether everything is written and settled, or new work will wake the thread."""
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
