"""The Makefile lists all its targets."""

import re
import shutil
import subprocess

import pytest

from tests.meta.tree import ROOT

needs_make = pytest.mark.skipif(shutil.which("make") is None, reason="make is not installed")


def make(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        ["make", "--no-print-directory", *arguments], cwd=ROOT, capture_output=True, text=True, check=False
    )


def targets() -> list[str]:
    [line] = re.findall(r"^\.PHONY: (.+)$", (ROOT / "Makefile").read_text("utf-8"), re.MULTILINE)
    return [str(target) for target in line.split()]


@needs_make
def test_make_alone_lists_every_target_with_its_purpose() -> None:
    listed = re.findall(r"^  make (\S+) +([A-Z].+)$", make().stdout, re.MULTILINE)
    assert [target for target, _ in listed] == targets()


@needs_make
@pytest.mark.slow
def test_every_target_is_understood() -> None:
    assert make("--dry-run", *targets()).returncode == 0


@needs_make
def test_a_python_that_is_too_old_is_named_with_a_solution() -> None:
    answer = make("setup", "VENV=no-such-environment", "PYTHON=false")
    assert answer.returncode != 0
    assert "needs Python 3.11 or newer, and 'false' is not" in answer.stderr
