"""A worker continues only in the very folder its session began in; it enters the folder by name each time."""

import os
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from maestrod.agents.shell.worker.workplace import FolderLost, Workplace
from tests.agents.scripted_daemon import ScriptedDaemon
from tests.agents.worker_process import Place
from tests.core.prompts.manifests import task


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path / "shop"
    folder.mkdir()
    monkeypatch.chdir(folder)
    return folder


def remade(folder: Path) -> None:
    shutil.rmtree(folder)
    folder.mkdir()


def moved_and_remade(folder: Path) -> None:
    folder.rename(folder.parent / "aside")
    folder.mkdir()


def linked_elsewhere(folder: Path) -> None:
    folder.rename(folder.parent / "aside")
    (folder.parent / "other").mkdir()
    folder.symlink_to(folder.parent / "other")


def a_file(folder: Path) -> None:
    folder.rmdir()
    folder.touch()


@pytest.mark.parametrize(
    "change, message",
    [
        (Path.rmdir, "shop was removed$"),
        (lambda folder: folder.rename(folder.parent / "aside"), "shop was moved to .*/aside$"),
        (remade, "shop was replaced by another$"),
        (moved_and_remade, "shop was replaced by another; the one this session began in is now .*/aside$"),
        (linked_elsewhere, "shop was replaced by another; .*/aside$"),
        (a_file, "shop was replaced by something that is not a folder$"),
    ],
)
def test_a_changed_folder_is_reported_as_lost(folder: Path, change: Callable[[Path], object], message: str) -> None:
    place = Workplace(str(folder))
    place.enter()
    change(folder)
    with pytest.raises(FolderLost, match=message):
        place.enter()


def test_a_folder_that_comes_back_is_entered_again(folder: Path) -> None:
    place = Workplace(str(folder))
    aside = folder.rename(folder.parent / "aside")
    with pytest.raises(FolderLost):
        place.enter()
    aside.rename(folder)
    place.enter()
    assert Path.cwd() == folder


def test_a_link_to_the_same_folder_is_the_same_folder(folder: Path) -> None:
    link = folder.parent / "link"
    link.symlink_to(folder)
    place = Workplace(str(link))
    os.chdir("/")
    place.enter()
    assert Path.cwd() == folder


def test_a_task_in_a_recreated_folder_fails_and_runs_nothing(here: Place) -> None:
    """Its check would pass there: it looks for a file that is in the folder of that name, and the worker's old one is empty."""
    with ScriptedDaemon(here.socket) as daemon:
        remake = 'touch x.bad; cd ..; mv "a project" aside; mkdir "a project"; touch "a project/x.bad"'
        tasks = (task("tsk_a", remake), task("tsk_b", "touch ran", checks=("test ! -e x.bad",)))
        ended = here.run(tasks=tasks)
    assert ended.code == 1
    [failed] = daemon.params("task.fail")
    assert (
        failed["taskId"] == "tsk_b" and "was replaced by another" in failed["error"] and "touch ran" in failed["error"]
    )
    assert [params["taskId"] for params in daemon.params("task.complete")] == ["tsk_a"]
    assert not (here.project / "ran").exists()


def test_a_check_after_a_cd_command_does_not_run(here: Place) -> None:
    with ScriptedDaemon(here.socket) as daemon:
        here.run(tasks=(task("tsk_a", 'cd ..; mv "a project" aside', checks=("true",)),))
    [failed] = daemon.params("task.fail")
    assert "was moved to" in failed["error"] and "check not run: true" in failed["error"]
