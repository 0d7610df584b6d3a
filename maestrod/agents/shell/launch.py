"""How the worker is started, which does the tasks of the ``shell`` agent and of the user's own programs."""

import sys
from collections.abc import Mapping
from pathlib import Path

from maestrod.agents.adapter import LaunchPlan, LaunchRequest
from maestrod.agents.kit.environment import environment

WORKER = Path(__file__).resolve().parent / "worker" / "__main__.py"
#: The worker passes TERM on to its command and gives it three seconds (``worker/command.py``), so it needs some more.
STOP_LADDER = (("TERM", 5.0), ("KILL", 5.0))
#: Commands run on a terminal at which nobody sits: a pager there (git log, man, systemctl) would wait for a key for ever.
#: git's own setting goes before PAGER, hence two (git-var(1)).
UNATTENDED = {"PAGER": "cat", "GIT_PAGER": "cat"}


def worker_plan(request: LaunchRequest, files: Mapping[str, str]) -> LaunchPlan:
    """The worker by path, isolated (``-I -S``): it uses the standard library and nothing of the project's."""
    return LaunchPlan(
        argv=(sys.executable, "-I", "-S", "-X", "utf8", str(WORKER)),
        env=UNATTENDED | environment(request),
        cwd=request.manifest.project.working_dir,
        terminal=request.session.terminal,
        stop_ladder=STOP_LADDER,
        files=files,
    )
