"""How many more sessions may start: in total, in a project, of an agent."""

from maestrod.core.world.draft import Draft


def free_slots(draft: Draft, project_id: str, agent: str) -> int:
    """How many more workers of an agent may start in a project."""
    world = draft.world
    slots, policy = world.by_session.slots, world.policy
    free = policy.max_sessions - slots[""]
    if agent in policy.agent_limits:
        free = min(free, policy.agent_limits[agent] - slots[f"agent:{agent}"])
    project = world.projects.get(project_id)
    if project is not None and project.settings.max_sessions is not None:
        free = min(free, project.settings.max_sessions - slots[f"project:{project_id}"])
    return free
