"""A folder for a worker in each test."""

from collections.abc import Iterator

import pytest

from tests.agents.worker_process import Place, place


@pytest.fixture
def here() -> Iterator[Place]:
    """Folders and a socket path of its own."""
    with place() as made:
        yield made
