"""``uninstall --data`` removes what maestrod made, keeps everything else and lists it."""

import json
import os
from pathlib import Path

import pytest

from maestrod.api.local.address import paths_of
from maestrod.store.layout import Layout
from tests.kit.daemons.own_files import SESSION, made
from tests.maestroctl.conftest import CommandLine


def test_foreign_files_are_kept_and_listed(cli: CommandLine, private_home: Path) -> None:
    paths = paths_of(os.environ)
    files = made(paths.data)
    paths.config.mkdir(parents=True, exist_ok=True)
    foreign = [paths.config / "app.yml", paths.data / "dataset.csv", paths.data / "tasks" / "mine.json"]
    for path in foreign:
        path.write_text("mine")
    (paths.data / "models").mkdir()
    (paths.data / "models" / "format").write_text("mine")
    listed = cli("uninstall", "--data").out
    outcome = cli("uninstall", "--data", "--yes")
    assert outcome.code == 0, outcome
    for path in (*foreign, paths.data / "models"):
        assert f"kept {path}: not made by maestrod" in listed and path.exists()
        assert f"kept {path}: not made by maestrod" in outcome.out
    assert (paths.data / "models" / "format").exists() and not any(path.exists() for path in files)
    assert sorted(path.name for path in paths.data.iterdir()) == ["dataset.csv", "models", "tasks"]
    again = json.loads(cli("uninstall", "--data", "--json").out)
    assert again["found"] == [] and str(paths.data / "dataset.csv") in again["kept"]


@pytest.mark.parametrize("name", ["journal", "sessions", f"sessions/{SESSION}", "format", "bin"])
def test_a_symbolic_link_is_not_followed(cli: CommandLine, tmp_path: Path, name: str) -> None:
    data = paths_of(os.environ).data
    target = tmp_path / "elsewhere"
    target.mkdir()
    (target / f"{1:020}.jsonl").write_text("mine")
    link = data / name
    link.parent.mkdir(parents=True, exist_ok=True)
    link.symlink_to(target)
    outcome = cli("uninstall", "--data", "--yes")
    assert f"kept {link}: not made by maestrod" in outcome.out
    assert link.is_symlink() and (target / f"{1:020}.jsonl").exists()


def test_a_data_folder_that_is_a_link_is_kept(cli: CommandLine, tmp_path: Path) -> None:
    data = paths_of(os.environ).data
    target = tmp_path / "disk"
    made(target)
    data.parent.mkdir(parents=True, exist_ok=True)
    if data.exists():
        data.rmdir()
    data.symlink_to(target)
    assert f"kept {data}: not made by maestrod" in cli("uninstall", "--data", "--yes").out
    assert Layout(target).format.exists()
