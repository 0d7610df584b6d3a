"""Makes a locale that is not UTF-8 for one test."""

import shutil
import subprocess
from pathlib import Path

import pytest


def latin1(folder: Path) -> dict[str, str]:
    """Variables that select an ISO 8859-1 locale; skips the test if glibc's sources for it are not installed."""
    program = shutil.which("localedef")
    if program is None:
        pytest.skip("localedef is not installed")
    command = [program, "-i", "en_US", "-f", "ISO-8859-1", str(folder / "latin")]
    made = subprocess.run(command, capture_output=True, check=False)
    if made.returncode != 0:
        pytest.skip(f"localedef: {made.stderr.decode(errors='replace').strip()[-200:]}")
    return {"LOCPATH": str(folder), "LC_ALL": "latin"}
