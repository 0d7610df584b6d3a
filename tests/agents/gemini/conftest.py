"""What tests of this agent share: a user with Gemini CLI installed."""

from pathlib import Path

import pytest


def install(folder: Path, version: str = "0.61.0") -> Path:
    """A command as npm makes it."""
    script = folder / "lib/bundle/gemini.js"
    script.parent.mkdir(parents=True)
    script.write_text("#!/usr/bin/env node\n")
    script.chmod(0o755)
    (folder / "lib/package.json").write_text(f'{{"name": "@google/gemini-cli", "version": "{version}"}}')
    (folder / "bin").mkdir()
    (folder / "bin/gemini").symlink_to(script)
    return folder / "bin/gemini"


@pytest.fixture
def environ(tmp_path: Path) -> dict[str, str]:
    """A user with Gemini CLI installed."""
    return {"HOME": str(tmp_path), "PATH": str(install(tmp_path).parent), "GEMINI_API_KEY": "k"}
