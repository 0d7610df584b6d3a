"""Runs the daemon with another disk: ``python -m bench.flavour undurable`` or ``slow:MILLISECONDS``, then the daemon's arguments.

``undurable`` never flushes (one half of the roofline for durable events); ``slow:50`` makes every flush 50 ms slower, like a consumer
disk. This is for measuring only: the product has no way to switch durability off.
"""

import sys
import time
from pathlib import Path

from maestrod.__main__ import main
from maestrod.store.files import RealFiles


def undurable() -> None:
    """Turn every flush into a no-op."""
    RealFiles.fsync = lambda self, descriptor: None  # type: ignore[method-assign,assignment]  # that is the point
    RealFiles.fdatasync = lambda self, descriptor: None  # type: ignore[method-assign,assignment]  # likewise
    RealFiles.fsync_dir = lambda self, path: None  # type: ignore[method-assign]  # likewise


def slow(seconds: float) -> None:
    """Make every flush of the journal take longer."""
    flush = RealFiles.fdatasync

    def later(self: RealFiles, *arguments: object) -> None:
        time.sleep(seconds)
        flush(self, *arguments)  # type: ignore[arg-type]  # passed on unchanged

    RealFiles.fdatasync = later  # type: ignore[method-assign,assignment]  # likewise


if __name__ == "__main__":
    word, _, number = sys.argv[1].partition(":")
    undurable() if word == "undurable" else slow(float(number) / 1000)
    Path("/proc/self/comm").write_text("maestrod") if Path("/proc/self/comm").exists() else None
    sys.exit(main(sys.argv[2:]))
