"""Chooses the agent that plans a request which names none: asks once at a terminal and remembers the answer in the project.

A planning agent costs money, so the choice is never guessed.
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
    """Start a run; if it needs a planning agent and names none, ask which. ``read`` returns a typed line.

    ``remembered``: make the named agent the project's planning agent.

    Raises ``BadConfiguration`` with the command to type if there is nobody to ask, or no planning agent is installed.
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
    """Make an agent the project's planning agent, and say so."""
    project = client.raw("project.get", {"projectId": project_id})
    settings = {**project.get("settings", {}), "planningAgent": agent}
    client.raw("project.update", {"projectId": project_id, "settings": settings})
    say(f"From now on, {safe(agent)} plans the requests of project {safe(project['name'])} (setting planningAgent).")
    say(
        "To use another agent once: maestroctl run --agent NAME; to change the default: maestroctl run --agent NAME --remember"
    )


def _chosen(agents: Sequence[Json], read: Callable[[], str]) -> str | None:
    """The agent that the user picks by number or name; None at the end of input."""
    say("Which agent should plan this project's requests?")
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
    return f"choose the agent that plans this request; installed here:\n{lines}"


def _none_installed(agents: Sequence[Json], request: str) -> str:
    lines = "\n".join(f"  {safe(agent['name'])}: {safe(agent.get('missing') or 'not installed')}" for agent in agents)
    return (
        f"no planning agent is installed:\n{lines}\n"
        "Install one, sign in to it, and check with `maestroctl agent list`; "
        f"or write the plan yourself: maestroctl run --plan FILE; or use a planning program: maestroctl run {request} --planner PROGRAM"
    )
