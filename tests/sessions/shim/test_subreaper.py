"""The shim becomes the parent of orphans below it."""

import subprocess
import sys
from pathlib import Path

import pytest

from maestrod.sessions.shim import subreaper

PROGRAM = """
import sys, posix
sys.path.append(sys.argv[1])
from shim.subreaper import become_subreaper, _with_ctypes, PR_SET_CHILD_SUBREAPER
done = become_subreaper() if sys.argv[2] == "plain" else _with_ctypes((PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0))
reader, writer = posix.pipe()
shell = posix.posix_spawn("/bin/sh", ["sh", "-c", "sleep 0.05 & echo $!"], {}, file_actions=[(posix.POSIX_SPAWN_DUP2, writer, 1)])
posix.waitpid(shell, 0)
orphan = int(posix.read(reader, 20))
print(done, posix.waitpid(orphan, 0)[0] == orphan)
"""


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="only Linux has subreapers")
@pytest.mark.parametrize("way", ["plain", "ctypes"])
def test_an_orphan_becomes_our_child(way: str) -> None:
    sessions = Path(subreaper.__file__).parents[1]
    done = subprocess.run([sys.executable, "-c", PROGRAM, sessions, way], check=True, capture_output=True, text=True)
    assert done.stdout.split() == ["True", "True"]


def test_other_systems_say_no(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "platform", "darwin")
    assert subreaper.become_subreaper() is False
