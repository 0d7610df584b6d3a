"""Refusals in the log: each kind at most once in a while."""

import pytest

from maestrod.transport.bridge.refusals import QUIET_SECONDS, RefusalLog


def test_a_flood_logs_one_line_and_the_next_line_counts_the_rest(caplog: pytest.LogCaptureFixture) -> None:
    now = 0.0
    refusals = RefusalLog(lambda: now)
    for _ in range(100):
        refusals.note("bridge.host", "a")
    refusals.note("bridge.origin", "b")
    now = QUIET_SECONDS
    refusals.note("bridge.host", "c")
    assert [record.getMessage() for record in caplog.records] == [
        "refused (bridge.host): a",
        "refused (bridge.origin): b",
        "refused (bridge.host): c, and 99 more before",
    ]
