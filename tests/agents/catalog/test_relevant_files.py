"""The files of a project that a planner is shown: those that git tracks, or else those in the folder."""

import os
import shutil
import subprocess
from pathlib import Path

import pytest

from maestrod.agents.catalog.relevant_files import relevant_files


def fill(folder: Path) -> None:
    for name in ("README.md", "src/app.py", "src/deep/er.py", "node_modules/x/index.js", ".hidden/secret"):
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("x")


def test_a_folder_without_git_is_walked_without_generated_and_hidden_folders(tmp_path: Path) -> None:
    fill(tmp_path)
    assert relevant_files(tmp_path) == ("README.md", "src/app.py", "src/deep/er.py")


@pytest.mark.skipif(shutil.which("git") is None, reason="git is not installed")
def test_a_checkout_lists_what_git_tracks(tmp_path: Path) -> None:
    fill(tmp_path)
    subprocess.run(["git", "init", "-q"], cwd=tmp_path, check=True)
    subprocess.run(["git", "add", "README.md", ".hidden/secret"], cwd=tmp_path, check=True)
    assert relevant_files(tmp_path) == ("README.md", ".hidden/secret")


def test_the_list_is_bounded_and_shallow_files_come_first(tmp_path: Path) -> None:
    fill(tmp_path)
    assert relevant_files(tmp_path, limit=2) == ("README.md", "src/app.py")


def test_a_missing_folder_has_no_files(tmp_path: Path) -> None:
    assert relevant_files(tmp_path / "gone") == ()


@pytest.mark.skipif(shutil.which("git") is None, reason="git is not installed")
def test_names_that_are_not_utf8_are_shown_with_replacements(tmp_path: Path) -> None:
    folder = os.fsencode(tmp_path) + b"/n\xfc"
    os.mkdir(folder)  # noqa: PTH102 - a path of bytes
    Path(os.fsdecode(folder + b"/\xfc.py")).touch()
    assert relevant_files(tmp_path) == ("n\ufffd/\ufffd.py",)
    subprocess.run(["git", "init", "-q"], cwd=tmp_path, check=True)
    subprocess.run(["git", "add", "."], cwd=tmp_path, check=True)
    assert relevant_files(tmp_path) == ("n\ufffd/\ufffd.py",)
