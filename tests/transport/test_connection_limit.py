"""Connections leave enough descriptors for everything else."""

import resource

import pytest

from maestrod.transport.connection_limit import CONNECTION_LIMIT, RESERVED_DESCRIPTORS, connection_limit


def test_connections_leave_descriptors_for_everything_else(monkeypatch: pytest.MonkeyPatch) -> None:
    def limited(soft: int) -> int:
        monkeypatch.setattr(resource, "getrlimit", lambda which: (soft, soft))
        return connection_limit()

    assert limited(1024) == 1024 - RESERVED_DESCRIPTORS
    assert limited(100_000) == limited(resource.RLIM_INFINITY) == CONNECTION_LIMIT
    assert limited(10) == 16
