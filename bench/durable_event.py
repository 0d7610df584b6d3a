"""P2, P3, P3b: durable events, acknowledged after the flush."""

import subprocess
import tempfile
import time

from bench.daemon import Daemon, daemon
from bench.programs import floor, load, program, request
from bench.table import Row, at_least, at_most, median_ratio


def measure(*, quick: bool) -> list[Row]:
    """Rates by number of writers and by length of the timeline, and the effect of a slow disk on reads."""
    return [*_writers(quick=quick), *_lengths(quick=quick), _slow_disk(quick=quick)]


def report(running: Daemon) -> str:
    """A request that adds an entry to the timeline of a new session."""
    session = running.call("session.register", workingDir="/tmp", agent="shell")["id"]  # noqa: S108 - it is there
    return request("session.report", sessionId=session, message="half of the tests pass", type="progress")


def _writers(*, quick: bool) -> list[Row]:
    """Rates against the roofline 1/(1/C group commit + 1/the same daemon without flushes), at equal concurrency."""
    rounds, seconds = (3, 0.15) if quick else (7, 0.8)
    rows = []
    with daemon() as ours, daemon("undurable") as free, tempfile.TemporaryDirectory(dir=ours.home) as folder:
        lines = {ours.home: report(ours), free.home: report(free)}

        def rate(running: Daemon, writers: int) -> float:
            return load(running.socket, "keep", writers, 1, seconds, lines[running.home])["rate"]

        for writers, target in ((1, 0.7), (8, 0.6), (64, 0.8)):

            def roofline(count: int = writers) -> float:
                disk = floor("commit", f"{folder}/floor", str(count), str(seconds))
                return 1 / (1 / disk + 1 / rate(free, count))

            ratio, own, roof = median_ratio(rounds, lambda count=writers: rate(ours, count), roofline)  # type: ignore[misc]  # mypy infers no lambda with defaults
            detail = f"{own:.0f} events/s, roofline {roof:.0f}"
            rows.append(at_least("P2", f"durable event, {writers} writers", ratio, target, detail))
    return rows


def _lengths(*, quick: bool) -> list[Row]:
    """Rates with a long timeline, against a short one."""
    rounds, seconds = (3, 0.2) if quick else (9, 0.6)
    rows = []
    with daemon() as ours:
        old = report(ours)
        for length in (10_000,) if quick else (10_000, 1_000_000):
            _lengthen(ours, old, length)
            ratio, own, bare = median_ratio(
                rounds,
                lambda: load(ours.socket, "keep", 8, 1, seconds, old)["rate"],
                lambda: load(ours.socket, "keep", 8, 1, seconds, report(ours))["rate"],
            )
            detail = f"{own:.0f} of {bare:.0f} events/s"
            rows.append(at_least("P3", f"durable event after {length:,} others", ratio, 0.93, detail))
    return rows


def _lengthen(running: Daemon, line: str, length: int) -> None:
    """Send reports until there are that many events."""
    while running.call("system.status")["seq"] < length:
        load(running.socket, "keep", 64, 4, 0.5, line)


def _slow_disk(*, quick: bool) -> Row:
    """Unrelated reads while every flush takes 50 ms longer, against those with an instant flush."""
    rounds, seconds = (3, 0.4) if quick else (5, 1.0)
    with daemon("slow:50") as slow, daemon() as fast:
        ratio, own, bare = median_ratio(
            rounds, lambda: _read_p99(slow, report(slow), seconds), lambda: _read_p99(fast, report(fast), seconds)
        )
    return at_most("P3b", "p99 of reads with every flush 50 ms slower", ratio, 3.0, f"{own:.0f} against {bare:.0f} µs")


def _read_p99(running: Daemon, line: str, seconds: float) -> float:
    """p99 of a read, in microseconds, while eight writers push durable events."""
    words = [str(program("load")), str(running.socket), "keep", "8", "1", str(seconds + 0.4), line]
    writers = subprocess.Popen(words, stdout=subprocess.DEVNULL)
    time.sleep(0.2)
    p99 = load(running.socket, "keep", 1, 1, seconds, request("system.status"))["p99"]
    writers.wait()
    return p99
