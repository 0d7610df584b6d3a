"""The ``shell`` agent: runs the commands of its tasks, or a planner program, with ``worker``.

It needs no model and no installation. Its worker reports by the very methods any agent uses, so everything that works with it
works with the others.
"""

import sys
from pathlib import Path

from maestrod.agents.adapter import LaunchPlan, LaunchRequest, Verdict
from maestrod.agents.kit.environment import environment
from maestrod.agents.kit.session_files import session_files
from maestrod.agents.shell.opaque import OpaqueAdapter
from maestrod.api.session import Exit
from maestrod.api.skill import AgentInfo
from maestrod.core.values.agent_traits import SHELL
from maestrod.core.values.signs import Outcome

WORKER = Path(__file__).resolve().parent / "worker" / "__main__.py"
#: The worker passes TERM on to its command and gives it three seconds (``worker/command.py``), so it needs some more.
STOP_LADDER = (("TERM", 5.0), ("KILL", 5.0))
#: Commands run on a terminal at which nobody sits: a pager there (git log, man, systemctl) would wait for a key for ever.
#: git's own setting goes before PAGER, hence two (git-var(1)).
UNATTENDED = {"PAGER": "cat", "GIT_PAGER": "cat"}


class ShellAdapter(OpaqueAdapter):
    """Starts and judges the shell worker."""

    name = "shell"
    traits = SHELL

    def launch(self, request: LaunchRequest) -> LaunchPlan:
        """The worker by path, isolated (``-I -S``): it uses the standard library and nothing of the project's."""
        return LaunchPlan(
            argv=(sys.executable, "-I", "-S", "-X", "utf8", str(WORKER)),
            env=UNATTENDED | environment(request),
            cwd=request.manifest.project.working_dir,
            terminal=request.session.terminal,
            stop_ladder=STOP_LADDER,
            files=session_files(request.manifest),
        )

    def judge(self, ended: Exit, *, outcome: Outcome | None, told_to_stop: bool) -> Verdict:
        """The worker's exit code is its verdict (it has no stream of events); 0 means that every task is done."""
        if ended.code == 0:
            return Verdict.COMPLETED
        return Verdict.STOPPED if told_to_stop else Verdict.FAILED

    def detect(self) -> AgentInfo:
        """There wherever there is a POSIX shell."""
        has_shell = Path("/bin/sh").exists()
        return AgentInfo(
            name=self.name,
            description="Runs the commands of its tasks with the POSIX shell",
            available=has_shell,
            missing=None if has_shell else "/bin/sh, the POSIX shell",
        )
