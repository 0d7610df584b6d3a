"""Links in the data folder: sessions find the hooks and interpreter of the installation that the daemon belongs to."""

import subprocess
import sys
from pathlib import Path

from maestrod.agents.kit.hook_command import EVENT, hook_command
from maestrod.api.local.program_links import interpreter, lead, link_hooks
from tests.agents.launches import HOOKS


def test_a_link_follows_the_installation(tmp_path: Path) -> None:
    for name in ("old", "new", "new"):
        lead(tmp_path / "link", tmp_path / name)
        assert (tmp_path / "link").readlink() == tmp_path / name
    assert [path.name for path in tmp_path.iterdir()] == ["link"]


def test_the_hook_of_a_live_session_works_after_an_upgrade_to_another_path(tmp_path: Path) -> None:
    data = tmp_path / "m" / "data"
    hooks = link_hooks(data / "programs", tmp_path / "installation that is gone")
    command = hook_command(hooks, EVENT, "claude", "Stop")
    environ = {"MAESTRO_HOME": str(tmp_path / "m"), "PATH": "/usr/bin:/bin"}

    def run() -> list[Path]:
        done = subprocess.run(["/bin/sh", "-c", command], input=b"{}", capture_output=True, check=True, env=environ)
        assert (done.stdout, done.stderr) == (b"", b"")
        return list((data / "spool").glob("*.json"))

    assert run() == []
    assert link_hooks(data / "programs", HOOKS) == hooks
    assert len(run()) == 1


def test_without_links_programs_are_named_as_they_are(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    assert link_hooks(tmp_path / "file" / "programs", HOOKS) == HOOKS
    assert interpreter(HOOKS) == Path(sys.executable).resolve()
