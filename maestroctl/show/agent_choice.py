"""Which agent plans a request that names none: asked once at a terminal and remembered with the project, never guessed.

A planning agent spends money, so nothing but a person's word starts one.
"""

import shlex
import sys
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from maestroctl.client.client import Client
from maestroctl.output import safe, say
from maestrod.api.errors import BadConfiguration, Malformed

Json = Mapping[str, Any]


def start(
    client: Client, members: dict[str, Any], read: Callable[[], str] | None = None, *, remembered: bool = False
) -> dict[str, Any]:
    """Start a run; where it needs an agent that plans and names none, ask which. ``read`` gives a line that was typed.

    ``remembered``: the agent that is named plans this project's requests from now on.

    Raises ``BadConfiguration`` with the command to type where nobody can be asked, or no such agent is installed.
    """
    try:
        run: dict[str, Any] = client.raw("run.start", members)
    except Malformed as refusal:
        if refusal.reason != "run.no_planner" or "agent" in members or "text" not in members:
            raise
    else:
        if remembered and "agent" in members:
            remember(client, run["projectId"], members["agent"])
        return run
    agents = [agent for agent in client.raw("agent.list", {}).get("items", ()) if agent.get("plans")]
    installed = [agent for agent in agents if agent.get("available", True)]
    request = shlex.quote(members["text"])
    if not installed:
        raise BadConfiguration("run.no_agent", _none_installed(agents, request))
    if read is None and not (sys.stdin.isatty() and sys.stderr.isatty()):
        raise BadConfiguration("run.which_agent", _which(installed, request))
    name = _chosen(installed, read or sys.stdin.readline)
    if name is None:
        raise BadConfiguration("run.which_agent", _which(installed, request))
    run = client.raw("run.start", {**members, "agent": name})
    remember(client, run["projectId"], name)
    return run


def remember(client: Client, project_id: str, agent: str) -> None:
    """Keep an agent as the one that plans requests in a project, and say so."""
    project = client.raw("project.get", {"projectId": project_id})
    settings = {**project.get("settings", {}), "planningAgent": agent}
    client.raw("project.update", {"projectId": project_id, "settings": settings})
    say(f"{safe(agent)} plans requests in the project {safe(project['name'])} from now on (its setting planningAgent).")
    say("Another one, once: maestroctl run --agent NAME; from then on: maestroctl run --agent NAME --remember")


def _chosen(agents: Sequence[Json], read: Callable[[], str]) -> str | None:
    """The agent that a person picks by number or name; None at the end of input."""
    say("Which agent plans requests in this project?")
    for number, agent in enumerate(agents, 1):
        say(f"  {number}  {safe(agent['name'])}  {safe(agent.get('description') or '')}".rstrip())
    names = {agent["name"]: agent["name"] for agent in agents}
    names |= {str(number): agent["name"] for number, agent in enumerate(agents, 1)}
    while True:
        sys.stderr.write(f"Number or name [1-{len(agents)}]: ")
        sys.stderr.flush()
        line = read()
        if not line:
            say("")
            return None
        name = names.get(line.strip())
        if name is not None:
            return str(name)


def _which(agents: Sequence[Json], request: str) -> str:
    lines = "\n".join(f"  maestroctl run {request} --agent {safe(agent['name'])}" for agent in agents)
    return f"say which agent plans this; installed here:\n{lines}"


def _none_installed(agents: Sequence[Json], request: str) -> str:
    lines = "\n".join(f"  {safe(agent['name'])}: {safe(agent.get('missing') or 'not installed')}" for agent in agents)
    return (
        f"no agent that plans is installed:\n{lines}\n"
        "Install one and sign in to it, then check with `maestroctl agent list`; "
        f"or write the plan yourself: maestroctl run --plan FILE; or name a program: maestroctl run {request} --planner PROGRAM"
    )
