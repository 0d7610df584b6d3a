"""Checks that the recorded history of a soak is correct, whatever was killed.

The history consists of the events that a subscriber received, who reconnected with ``since`` after every break, the ledger that the
commands themselves wrote, and samples of the daemon's process at rest. Each check returns a list of problems.
"""

from collections import Counter
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

import psutil

from tests.kit.plans import Entry

Json = dict[str, Any]

ENDED = {"completed", "failed", "stopped"}

#: How much a daemon's process may grow between two samples: descriptors (one or two connections of the soak), threads (trio
#: keeps idle ones for ten seconds, forty at most), bytes (one-time costs: a client that reads all of the history goes through
#: journal segments of 8 MiB), and bytes per event (the world is in memory).
MORE_DESCRIPTORS = 4
THREADS = 48
MORE_BYTES = 48 << 20
BYTES_PER_EVENT = 4096


@dataclass
class History:
    """The events that one subscriber received over all restarts: without gaps, and each session and run ends once."""

    seq: int = 0
    ends: Counter[str] = field(default_factory=Counter)
    births: Counter[str] = field(default_factory=Counter)
    problems: list[str] = field(default_factory=list)

    def take(self, event: Json) -> None:
        """Record the next event of the subscription."""
        if event["seq"] != self.seq + 1:
            self.problems.append(f"event {event['seq']} came after {self.seq}")
        self.seq = event["seq"]
        if event["type"] in {"session.created", "run.created", "task.created"}:
            self.births[event["id"]] += 1
        if event["type"] == "session.status" and event["data"]["status"] in ENDED:
            self.ends[event["id"]] += 1

    def check(self, alive: Iterable[str]) -> list[str]:
        """The problems at rest, when all sessions except those in ``alive`` should have ended."""
        found, self.problems = self.problems, []
        found += [f"{id_} was created {count} times" for id_, count in self.births.items() if count > 1]
        found += [f"{id_} ended {count} times" for id_, count in self.ends.items() if count > 1]
        sessions = {id_ for id_ in self.births if id_.startswith("ses_")}
        found += [f"{id_} never ended" for id_ in sorted(sessions - self.ends.keys() - set(alive))]
        return found


def check_ledger(
    entries: Sequence[Entry], tasks: Iterable[Json], given_back: Collection[str] = frozenset()
) -> list[str]:
    """Check that each attempt began at most once, that the daemon knows every attempt that began, and that completed tasks really ran.

    ``given_back`` are the sessions that a daemon stopped when it stopped itself: what they had begun uses no attempt.
    """
    began = Counter((entry.key, entry.session_id) for entry in entries if entry.what == "begin")
    done = {entry.key for entry in entries if entry.what == "end"}
    found = [f"{key} began {count} times in {session}" for (key, session), count in began.items() if count > 1]
    tries = Counter(key for key, session in began if session not in given_back)
    for task in tasks:
        key, attempt = task["title"], task.get("attempt", 1)
        if tries[key] > attempt:
            found.append(f"{key} began {tries[key]} times in {attempt} attempts")
        if task["status"] == "completed" and key not in done:
            found.append(f"{key} is completed and its command never ended")
    return found


@dataclass(frozen=True)
class Sample:
    """A daemon's process at its start or at rest. ``seq`` says how much it had recorded."""

    pid: int
    seq: int
    descriptors: int
    threads: int
    memory: int
    zombies: int

    @classmethod
    def of(cls, pid: int, seq: int) -> "Sample":
        """A sample of a process."""
        process = psutil.Process(pid)
        with process.oneshot():
            return cls(
                pid=pid,
                seq=seq,
                descriptors=process.num_fds(),
                threads=process.num_threads(),
                memory=process.memory_info().rss,
                zombies=sum(child.status() == psutil.STATUS_ZOMBIE for child in process.children()),
            )


def check_samples(samples: Sequence[Sample]) -> list[str]:
    """Check that no daemon grew: compares its first, smallest and last samples."""
    found = []
    for pid in dict.fromkeys(sample.pid for sample in samples):
        own = [sample for sample in samples if sample.pid == pid]
        first, last = own[0], own[-1]
        allowed = first.memory + MORE_BYTES + BYTES_PER_EVENT * (last.seq - first.seq)
        least = min(sample.descriptors for sample in own)
        if last.descriptors > least + MORE_DESCRIPTORS:
            found.append(f"daemon {pid} went from {least} to {last.descriptors} descriptors")
        if max(sample.threads for sample in own) > THREADS:
            found.append(f"daemon {pid} had {max(sample.threads for sample in own)} threads")
        if last.memory > allowed:
            found.append(
                f"daemon {pid} went from {first.memory} to {last.memory} bytes in {last.seq - first.seq} events"
            )
        if any(sample.zombies for sample in own):
            found.append(f"daemon {pid} left zombies")
    return found
