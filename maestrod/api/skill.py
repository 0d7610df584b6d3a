"""Skills, personas and agents: what a session can use, and what can be started."""

from typing import Any

from maestrod.api.errors import Malformed, NotFound
from maestrod.api.model.base import Entity, Params
from maestrod.api.model.method import Access, Method, get, post


class Skill(Entity, frozen=True):
    """Instructions for an agent, loaded from a folder. ``origin`` is where from: shipped, agents-ui, user or project."""

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
    """A way of working for an agent. The content of ``limits`` is up to the persona's author (turns, budget)."""

    name: str
    description: str = ""
    prompt: str = ""
    skills: tuple[str, ...] = ()
    agent: str | None = None
    limits: dict[str, Any] = {}
    path: str = ""
    origin: str = ""


class AgentInfo(Entity, frozen=True):
    """An agent: whether it is installed, and if not, a sentence on what is missing.

    ``prompts`` is how it takes prompts on pipes: ``none`` (it does its tasks and exits), ``process`` (one per process) or ``stream``
    (one after the other); on a terminal they are typed. ``plans``: it can plan without a planning program. ``resumes``: its
    conversations can continue in another process. ``terminal`` is what its workers are connected to by default.
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
    """Returns the skills available in a project; without one, the shipped ones and your own."""

    project_id: str | None = None
    role: str | None = None


class SkillPage(Entity, frozen=True):
    """All skills, with warnings about skipped skills and missing dependencies."""

    items: tuple[Skill, ...] = ()
    warnings: tuple[str, ...] = ()


class SkillGet(Params, frozen=True):
    """Takes a skill's name."""

    name: str
    project_id: str | None = None


class PersonaList(Params, frozen=True):
    """Returns the personas available in a project; without one, the shipped ones and your own."""

    project_id: str | None = None


class PersonaPage(Entity, frozen=True):
    """All personas, with warnings about skipped ones."""

    items: tuple[Persona, ...] = ()
    warnings: tuple[str, ...] = ()


class AgentList(Params, frozen=True):
    """Returns every known agent, installed or not."""


class AgentPage(Entity, frozen=True):
    """All agents."""

    items: tuple[AgentInfo, ...] = ()


# A table: one method, one row.
# fmt: off
SKILL_LIST = Method("skill.list", SkillList, SkillPage, Access.READ, get("/api/skills"), "List skills",
    errors=(NotFound,), example={"role": "worker"}, waits=True)
SKILL_GET = Method("skill.get", SkillGet, Skill, Access.READ, get("/api/skills/{name}"), "Show a skill with its instructions",
    errors=(NotFound,), example={"name": "maestro-worker"}, positional=("name",), waits=True)
SKILL_RELOAD = Method("skill.reload", SkillList, SkillPage, Access.OWNER, post("/api/skills/reload"), "Reload skills and personas from disk",
    errors=(Malformed,), example={}, waits=True)
PERSONA_LIST = Method("persona.list", PersonaList, PersonaPage, Access.READ, get("/api/personas"), "List personas",
    errors=(NotFound,), example={}, waits=True)
AGENT_LIST = Method("agent.list", AgentList, AgentPage, Access.READ, get("/api/agents"), "List agents and whether each is installed",
    errors=(Malformed,), example={}, waits=True)
# fmt: on
METHODS = (SKILL_LIST, SKILL_GET, SKILL_RELOAD, PERSONA_LIST, AGENT_LIST)
