"""The wall clock in the unit of the records: integer milliseconds since the epoch."""

from time import time


def now_ms() -> int:
    """The current time, in milliseconds since the epoch."""
    return int(time() * 1000)
