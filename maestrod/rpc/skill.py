"""Skills, personas and agents. Looking them up reads files and starts programs, so it runs in a thread."""

import trio
from msgspec.structs import replace

from maestrod.api.errors import NotFound
from maestrod.api.skill import (
    AGENT_LIST,
    PERSONA_LIST,
    SKILL_GET,
    SKILL_LIST,
    SKILL_RELOAD,
    AgentInfo,
    AgentList,
    AgentPage,
    PersonaList,
    PersonaPage,
    Skill,
    SkillGet,
    SkillList,
    SkillPage,
)
from maestrod.core.values.agent_traits import AgentTraits
from maestrod.core.world.lookup import require
from maestrod.rpc.context import Context
from maestrod.rpc.handler import implements


@implements(SKILL_LIST)
async def list_(context: Context, params: SkillList) -> SkillPage:
    """The skills available in a project; with a role, those for that role or for all roles."""
    return await _page(context, params)


async def _page(context: Context, params: SkillList) -> SkillPage:
    folder = _folder(context, params.project_id)
    skills, warnings = await trio.to_thread.run_sync(context.services.catalog.skills, folder)
    wanted = (skill for skill in skills if params.role is None or not skill.assign_to or params.role in skill.assign_to)
    return SkillPage(items=tuple(wanted), warnings=warnings)


@implements(SKILL_GET)
async def get(context: Context, params: SkillGet) -> Skill:
    """The skill with this name."""
    folder = _folder(context, params.project_id)
    skills, _ = await trio.to_thread.run_sync(context.services.catalog.skills, folder)
    for skill in skills:
        if skill.name == params.name:
            return skill
    raise NotFound("skill.not_found", f"there is no skill {params.name[:100]!r}: skill.list shows them")


@implements(SKILL_RELOAD)
async def reload(context: Context, params: SkillList) -> SkillPage:
    """Drop the cache and read the skills again."""
    await trio.to_thread.run_sync(context.services.catalog.reload)
    return await _page(context, params)


@implements(PERSONA_LIST)
async def personas(context: Context, params: PersonaList) -> PersonaPage:
    """The personas available in a project."""
    folder = _folder(context, params.project_id)
    items, warnings = await trio.to_thread.run_sync(context.services.catalog.personas, folder)
    return PersonaPage(items=items, warnings=warnings)


@implements(AGENT_LIST)
async def agents(context: Context, params: AgentList) -> AgentPage:
    """The known agents, with their problems and traits."""
    found = await trio.to_thread.run_sync(context.services.catalog.agents)
    return AgentPage(items=tuple(_with_traits(info, context.world.policy.traits(info.name)) for info in found))


def _with_traits(info: AgentInfo, traits: AgentTraits) -> AgentInfo:
    return replace(
        info,
        prompts=traits.turns.value,
        plans=traits.plans,
        resumes=traits.resumes,
        terminal=traits.terminal.value,
    )


def _folder(context: Context, project_id: str | None) -> str | None:
    if project_id is None:
        return None
    return require(context.world.projects, "project", project_id).working_dir
