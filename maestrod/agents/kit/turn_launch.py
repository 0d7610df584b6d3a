"""Plans the start of agents that do one turn per process: a prompt on standard input, a stream of JSON lines on output.

On a terminal the same program is its own user interface, and the prompt is an argument (``prompt_argument.py``).
"""

from collections.abc import Iterable, Mapping

from maestrod.agents.adapter import LaunchPlan, LaunchRequest
from maestrod.agents.kit.prompt_argument import PROMPT


def working_dir(request: LaunchRequest) -> str:
    """The folder to start the agent in: the session's, or else the project's."""
    return request.session.working_dir or request.manifest.project.working_dir


def turn_plan(
    request: LaunchRequest,
    argv: Iterable[str],
    env: Mapping[str, str],
    files: Mapping[str, str],
    stop_ladder: tuple[tuple[str, float], ...],
    links: Mapping[str, str] | None = None,
) -> LaunchPlan:
    """The plan for one turn, or for the user interface when the session has a terminal."""
    interactive = request.interactive
    return LaunchPlan(
        argv=tuple(argv),
        env=env,
        cwd=working_dir(request),
        terminal=request.session.terminal,
        stop_ladder=stop_ladder,
        files=files if interactive else {**files, PROMPT: request.prompt or ""},
        stdin=None if interactive else PROMPT,
        stream=not interactive,
        links=links or {},
    )
