"""The committer: the thread that flushes the journal, so that a slow disk never stops the engine.

After a commit of duration t, the next one waits up to a tenth of t (at most 2 ms) for the writers that were just answered, but
only while fewer records are pending than the last batch had. With several writers, that joins two half-size batches into one
(measured 1.5 times the rate at 8 writers). A lone writer never waits.
"""

import queue
import threading
import time

from maestrod.store.journal import Journal

#: How long to gather records: this share of the last commit's duration, at most this many seconds.
GATHER_SHARE = 0.1
GATHER_LIMIT = 0.002
#: Seconds between two checks for free space while changes are refused.
PROBE_INTERVAL = 2.0


class Committer:
    """Runs ``journal.commit`` whenever something is pending. Idle, it sleeps without a timer."""

    def __init__(self, journal: Journal, *, probe_interval: float = PROBE_INTERVAL) -> None:
        self._journal = journal
        self._probe_interval = probe_interval
        self._calls: queue.SimpleQueue[None] = queue.SimpleQueue()
        self._awake = False
        self._stopping = False
        self._thread = threading.Thread(target=self._run, name="journal", daemon=True)
        journal.wake = self._wake
        self._thread.start()

    def stop(self) -> None:
        """End the thread after the present commit. ``Journal.close`` commits what is still pending."""
        self._stopping = True
        self._calls.put(None)
        self._thread.join()

    def _wake(self) -> None:
        if not self._awake:
            self._awake = True
            self._calls.put(None)

    def _run(self) -> None:
        batch, duration = 0, 0.0
        while not self._stopping:
            self._awake = False
            if not self._journal.pending:
                self._wait()
            self._awake = True
            self._gather(batch, duration)
            started = time.perf_counter()
            batch = self._journal.commit()
            duration = time.perf_counter() - started

    def _wait(self) -> None:
        """Wait for work; while space is missing, at most until the next check for it."""
        try:
            self._calls.get(timeout=self._probe_interval if self._journal.refusal() else None)
        except queue.Empty:
            pass

    def _gather(self, batch: int, duration: float) -> None:
        deadline = time.perf_counter() + min(duration * GATHER_SHARE, GATHER_LIMIT)
        while self._journal.pending < batch and (left := deadline - time.perf_counter()) > 0:
            time.sleep(min(left, 0.00005))  # noqa: TID251 - this thread's only work is to wait for more to write
