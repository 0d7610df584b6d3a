"""How the command line finds projects: through a link, from inside, and never by a replaced folder."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.kit.daemons.daemon import Daemon
from tests.kit.patience import PATIENCE

pytestmark = pytest.mark.slow

SOURCE = str(Path(__file__).parents[2])
PLAN = "# T\n- [ ] x\n  ```sh\n  pwd\n  ```\n"


class Shell:
    """Commands given in a folder."""

    def __init__(self, daemon: Daemon) -> None:
        self.environ = {**os.environ, "PYTHONPATH": SOURCE, "MAESTRO_HOME": str(daemon.home)}

    def __call__(self, folder: Path, *arguments: str) -> "subprocess.CompletedProcess[str]":
        command = [sys.executable, "-m", "maestroctl", *arguments]
        return subprocess.run(
            command, cwd=folder, capture_output=True, text=True, check=False, env=self.environ, timeout=PATIENCE
        )

    def asked(self, folder: Path, *arguments: str) -> Any:
        done = self(folder, *arguments, "--json")
        assert done.returncode == 0, done
        return json.loads(done.stdout)


@pytest.fixture
def shell(daemon: Daemon) -> Shell:
    daemon.start()
    return Shell(daemon)


def test_a_project_created_through_a_link_covers_every_path_to_its_folder(shell: Shell, tmp_path: Path) -> None:
    real, link = tmp_path / "real", tmp_path / "link"
    (real / "src").mkdir(parents=True)
    link.symlink_to(real)
    (real / "p.md").write_text(PLAN)
    made = shell.asked(tmp_path, "project", "create", "shop", "link")
    for folder, plan in ((link, "p.md"), (real / "src", "../p.md")):
        run = shell(folder, "run", "--plan", plan, "--agent", "shell")
        assert run.returncode == 0, run
        assert ("Project shop in" in run.stderr) == (folder.name == "src")
    [project] = shell.asked(tmp_path, "project", "list")["items"]
    assert (project["id"], project["workingDir"]) == (made["id"], str(real))
    assert {task["projectId"] for task in shell.asked(tmp_path, "task", "list")["items"]} == {made["id"]}
    assert "already" in shell(link, "project", "create", "again", ".").stderr
    assert "there is no folder" in shell(tmp_path, "project", "create", "x", "nowhere").stderr


def test_a_project_whose_folder_is_gone_is_marked_and_starts_nothing(shell: Shell, tmp_path: Path) -> None:
    (tmp_path / "shop").mkdir()
    (tmp_path / "p.md").write_text(PLAN)
    shell.asked(tmp_path, "project", "create", "shop", "shop")
    (tmp_path / "shop").rmdir()
    assert "is missing" in shell(tmp_path, "project", "list").stdout
    refused = shell(tmp_path, "run", "--plan", "p.md", "--project", "shop", "--agent", "shell")
    assert refused.returncode == 1
    assert "--working-dir" in refused.stderr
    doctor = shell(tmp_path, "doctor")
    assert "✘ project shop" in doctor.stdout
