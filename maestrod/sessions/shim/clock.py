"""The wall clock as it stands in records: integer milliseconds since the epoch."""

from time import time


def now_ms() -> int:
    """Now, in milliseconds since the epoch."""
    return int(time() * 1000)
