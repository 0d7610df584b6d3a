"""The ``shell`` agent: runs the commands of its tasks, or a planner program, with ``worker``.

It needs no model and no installation. Its worker reports with the same methods as any agent, so everything that works
with it works with the others.
"""

from pathlib import Path

from maestrod.agents.adapter import LaunchPlan, LaunchRequest
from maestrod.agents.kit.session_files import session_files
from maestrod.agents.shell.launch import worker_plan
from maestrod.agents.shell.opaque import OpaqueAdapter
from maestrod.api.skill import AgentInfo
from maestrod.core.values.agent_traits import SHELL


class ShellAdapter(OpaqueAdapter):
    """Starts and judges the shell worker."""

    name = "shell"
    traits = SHELL

    def launch(self, request: LaunchRequest) -> LaunchPlan:
        """Start the worker; its commands are in the manifest."""
        return worker_plan(request, session_files(request.manifest))

    def detect(self) -> AgentInfo:
        """Available on every system with a POSIX shell."""
        has_shell = Path("/bin/sh").exists()
        return AgentInfo(
            name=self.name,
            description="Runs the commands of its tasks with the POSIX shell",
            available=has_shell,
            missing=None if has_shell else "/bin/sh, the POSIX shell",
        )
