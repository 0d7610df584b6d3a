"""What tests of this agent share: a user with OpenCode installed."""

from pathlib import Path

import pytest


@pytest.fixture
def environ(tmp_path: Path) -> dict[str, str]:
    """A user with OpenCode installed."""
    package = tmp_path / "opencode-ai"
    (package / "bin").mkdir(parents=True)
    (package / "bin/opencode").write_text("#!/bin/sh\n")
    (package / "bin/opencode").chmod(0o755)
    (package / "package.json").write_text('{"name": "opencode-ai", "version": "1.18.33"}')
    return {"HOME": str(tmp_path), "PATH": str(package / "bin")}
