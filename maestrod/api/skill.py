"""Skills, personas and agents: what a session can be given, and what can be started."""

from typing import Any

from maestrod.api.errors import Malformed, NotFound
from maestrod.api.model.base import Entity, Params
from maestrod.api.model.method import Access, Method, get, post


class Skill(Entity, frozen=True):
    """Instructions an agent is given, loaded from a folder. ``origin`` says from where: shipped, agents-ui, user, project."""

    name: str
    version: str = ""
    description: str = ""
    type: str = ""
    assign_to: tuple[str, ...] = ()
    capabilities: tuple[str, ...] = ()
    dependencies: tuple[str, ...] = ()
    config: dict[str, Any] = {}
    instructions: str = ""
    path: str = ""
    origin: str = ""


class Persona(Entity, frozen=True):
    """A skilled agent: a role to play. ``limits`` is free for the persona's author (turns, budget)."""

    name: str
    description: str = ""
    prompt: str = ""
    skills: tuple[str, ...] = ()
    agent: str | None = None
    limits: dict[str, Any] = {}
    path: str = ""
    origin: str = ""


class AgentInfo(Entity, frozen=True):
    """An agent adapter: whether what it needs is installed, and if not, what is missing, in words.

    ``prompts`` says how it takes prompts on pipes: ``none`` (it does its tasks and ends), ``process`` (one per process) or ``stream``
    (one after the other); on a terminal they are typed. ``plans``: it can plan without a program of yours. ``resumes``: its
    conversations can go on in another process. ``terminal`` is how its workers are held when nobody says.
    """

    name: str
    description: str = ""
    available: bool = True
    version: str | None = None
    missing: str | None = None
    prompts: str = "none"
    plans: bool = False
    resumes: bool = False
    terminal: str = "pty"


class SkillList(Params, frozen=True):
    """Skills as seen from a project, or shipped and user ones only."""

    project_id: str | None = None
    role: str | None = None


class SkillPage(Entity, frozen=True):
    """All of them, and what was wrong with those that were skipped or lack a dependency."""

    items: tuple[Skill, ...] = ()
    warnings: tuple[str, ...] = ()


class SkillGet(Params, frozen=True):
    """Name a skill."""

    name: str
    project_id: str | None = None


class PersonaList(Params, frozen=True):
    """Personas as seen from a project, or shipped and user ones only."""

    project_id: str | None = None


class PersonaPage(Entity, frozen=True):
    """All of them, and what was wrong with those that were skipped."""

    items: tuple[Persona, ...] = ()
    warnings: tuple[str, ...] = ()


class AgentList(Params, frozen=True):
    """Which agents there are."""


class AgentPage(Entity, frozen=True):
    """All of them."""

    items: tuple[AgentInfo, ...] = ()


# A table: one method, one row.
# fmt: off
SKILL_LIST = Method("skill.list", SkillList, SkillPage, Access.READ, get("/api/skills"), "List skills",
    errors=(NotFound,), example={"role": "worker"}, waits=True)
SKILL_GET = Method("skill.get", SkillGet, Skill, Access.READ, get("/api/skills/{name}"), "Show a skill with its instructions",
    errors=(NotFound,), example={"name": "maestro-worker"}, positional=("name",), waits=True)
SKILL_RELOAD = Method("skill.reload", SkillList, SkillPage, Access.OWNER, post("/api/skills/reload"), "Read skills and personas again",
    errors=(Malformed,), example={}, waits=True)
PERSONA_LIST = Method("persona.list", PersonaList, PersonaPage, Access.READ, get("/api/personas"), "List personas",
    errors=(NotFound,), example={}, waits=True)
AGENT_LIST = Method("agent.list", AgentList, AgentPage, Access.READ, get("/api/agents"), "List agents and what they need",
    errors=(Malformed,), example={}, waits=True)
# fmt: on
METHODS = (SKILL_LIST, SKILL_GET, SKILL_RELOAD, PERSONA_LIST, AGENT_LIST)
