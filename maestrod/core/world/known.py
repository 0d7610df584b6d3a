"""Checks names of agents, personas and skills when they are given, so that an unknown name is an error at once, not later."""

from collections.abc import Collection

from maestrod.api.errors import Malformed
from maestrod.core.plan.findings import hint, shown
from maestrod.core.plan.lint import KnownNames
from maestrod.core.values.policy import Policy
from maestrod.core.values.seen import Seen
from maestrod.core.world.draft import Draft

#: Maximum number of known names that an error lists.
_LISTED = 20


def agent_for(draft: Draft, project_id: str, requested: str | None) -> str:
    """The agent to use: the requested one, else the project's, else the default. Raises ``Malformed`` if it is unknown."""
    project = draft.project(project_id)
    agent = requested or project.settings.default_agent or draft.world.policy.default_agent
    known = draft.world.policy.agents
    if agent not in known:
        names = ", ".join(sorted(known))
        raise Malformed("agent.unknown", f"there is no agent {agent!r}; known agents: {names}", {"path": "agent"})
    return agent


def names_for(policy: Policy, seen: Seen, working_dir: str | None, default_agent: str) -> KnownNames:
    """The names that a plan for a folder may refer to."""
    names = seen.names(working_dir)
    return KnownNames(
        agents=frozenset(policy.agents),
        command_agents=frozenset(name for name, traits in policy.agents.items() if traits.runs_commands),
        personas=names.personas,
        skills=names.skills,
        default_agent=default_agent,
    )


def check_agent(draft: Draft, agent: str | None, path: str) -> None:
    """Raise ``Malformed`` for an unknown agent. ``path`` names the parameter, such as ``agent``."""
    if agent is not None:
        _check("agent", (agent,), frozenset(draft.world.policy.agents), path)


def check_persona(draft: Draft, working_dir: str, persona: str | None, path: str) -> None:
    """Raise ``Malformed`` for an unknown persona."""
    if persona is not None:
        _check("persona", (persona,), draft.seen.names(working_dir).personas, path)


def check_skills(draft: Draft, working_dir: str, skills: Collection[str], path: str) -> None:
    """Raise ``Malformed`` for the first unknown skill."""
    if skills:
        _check("skill", skills, draft.seen.names(working_dir).skills, path)


def _check(kind: str, names: Collection[str], allowed: frozenset[str], path: str) -> None:
    for name in names:
        if name not in allowed:
            listed = ", ".join(sorted(allowed)[:_LISTED]) or "none"
            message = f"there is no {kind} {shown(name)!r}; known: {listed}{hint(name, allowed)}"
            raise Malformed(f"{kind}.unknown", message, {"path": f"$.{path}"})
