"""Plans the start of the worker, which does the tasks of the ``shell`` agent and of the user's own programs."""

import sys
from collections.abc import Mapping
from pathlib import Path

from maestrod.agents.adapter import LaunchPlan, LaunchRequest
from maestrod.agents.kit.environment import environment

WORKER = Path(__file__).resolve().parent / "worker" / "__main__.py"
#: The worker forwards TERM to its command and waits three seconds (``worker/command.py``), so it needs a little longer.
STOP_LADDER = (("TERM", 5.0), ("KILL", 5.0))
#: Commands run on a terminal without a person: a pager (git log, man, systemctl) would wait for a key indefinitely.
#: git's own setting precedes PAGER, hence two (git-var(1)).
UNATTENDED = {"PAGER": "cat", "GIT_PAGER": "cat"}


def worker_plan(request: LaunchRequest, files: Mapping[str, str]) -> LaunchPlan:
    """Run the worker by path, isolated (``-I -S``): it imports the standard library and nothing from the project."""
    return LaunchPlan(
        argv=(sys.executable, "-I", "-S", "-X", "utf8", str(WORKER)),
        env=UNATTENDED | environment(request),
        cwd=request.manifest.project.working_dir,
        terminal=request.session.terminal,
        stop_ladder=STOP_LADDER,
        files=files,
    )
