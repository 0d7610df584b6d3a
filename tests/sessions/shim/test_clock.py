"""The shim's wall clock."""

import time

from maestrod.sessions.shim.clock import now_ms


def test_the_time_is_in_milliseconds_since_the_epoch() -> None:
    before = time.time()
    now = now_ms()
    assert int(before * 1000) <= now <= time.time() * 1000
