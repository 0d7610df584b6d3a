"""What tests of this agent share: a user with Codex installed."""

from pathlib import Path

import pytest

from tests.agents.codex.test_program import package


@pytest.fixture
def environ(tmp_path: Path) -> dict[str, str]:
    """A user with Codex installed."""
    return {"HOME": str(tmp_path), "PATH": str(package(tmp_path).parent)}
