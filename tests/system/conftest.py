"""Fixtures of the tests that run real daemons."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.kit.daemons.daemon import Daemon
from tests.sessions.kit import agents

__all__ = ["agents"]


@pytest.fixture
def daemon(short_folder: Path) -> Iterator[Daemon]:
    """A daemon that is not started yet; whatever it started is gone afterwards."""
    daemon = Daemon(short_folder / "m")
    yield daemon
    daemon.close()
    print(daemon.words())  # noqa: T201 - pytest shows it when the test failed
