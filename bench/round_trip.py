"""P1: a small read over the socket, against a bare trio line echo."""

import contextlib
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

from bench.daemon import daemon
from bench.programs import load, request
from bench.table import Row, at_least, median_ratio

#: Name, mode, connections, requests in flight on each, target.
SHAPES = (
    ("1 client", "keep", 1, 1, 0.75),
    ("8 clients", "keep", 8, 1, 0.7),
    ("64 in flight", "keep", 1, 64, 0.7),
    ("connect, call, close: 8 at once", "fresh", 8, 1, 0.8),
)


def measure(*, quick: bool) -> list[Row]:
    """A row per shape."""
    rounds, seconds = (3, 0.15) if quick else (7, 0.6)
    rows = []
    with daemon() as ours, echo() as bare:
        line = request("system.status")
        for name, mode, connections, depth, target in SHAPES:
            ratio, own, floor = median_ratio(
                rounds,
                lambda m=mode, c=connections, d=depth: load(ours.socket, m, c, d, seconds, line)["rate"],  # type: ignore[misc]  # mypy infers no lambda with defaults
                lambda m=mode, c=connections, d=depth: load(bare, m, c, d, seconds, line)["rate"],  # type: ignore[misc]  # mypy infers no lambda with defaults
            )
            rows.append(
                at_least("P1", f"socket round trip, {name}", ratio, target, f"{own:.0f} of {floor:.0f} calls/s")
            )
    return rows


@contextlib.contextmanager
def echo() -> Iterator[Path]:
    """Run the echo server for the block; yields its socket."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "echo"
        server = subprocess.Popen([sys.executable, "-m", "bench.echo", str(path)], stdout=subprocess.PIPE)
        try:
            assert server.stdout is not None
            server.stdout.readline()
            yield path
        finally:
            server.terminate()
            server.wait()
