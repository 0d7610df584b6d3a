"""All agents. A new one needs a package beside this module and a line here; users add their own in the configuration."""

import re
from collections.abc import Collection, Mapping

from msgspec.structs import replace

from maestrod.agents.adapter import Adapter
from maestrod.agents.claude.adapter import ClaudeAdapter
from maestrod.agents.codex.adapter import CodexAdapter
from maestrod.agents.gemini.adapter import GeminiAdapter
from maestrod.agents.opencode.adapter import OpenCodeAdapter
from maestrod.agents.settings import AgentSettings
from maestrod.agents.shell.adapter import ShellAdapter
from maestrod.agents.shell.custom import CustomAdapter
from maestrod.api.errors import BadConfiguration
from maestrod.api.session import Terminal
from maestrod.core.plan.findings import hint, shown
from maestrod.core.values.agent_traits import AgentTraits

_ALL: tuple[Adapter, ...] = (ShellAdapter(), ClaudeAdapter(), CodexAdapter(), GeminiAdapter(), OpenCodeAdapter())

#: The built-in agents, by their names in tasks and plans.
ADAPTERS: Mapping[str, Adapter] = {adapter.name: adapter for adapter in _ALL}

_NAME = re.compile(r"[a-z0-9][a-z0-9_-]{0,63}")


def adapters(settings: Mapping[str, AgentSettings]) -> Mapping[str, Adapter]:
    """The built-in agents and the user's own. Raises ``BadConfiguration`` for a table that is neither."""
    return {**ADAPTERS, **{name: _custom(name, own) for name, own in settings.items() if not _is_built_in(name, own)}}


def strangers(named: Mapping[str, str], known: Collection[str]) -> tuple[str, ...]:
    """One sentence for each setting that names an unknown agent; ``named`` has the agents by the settings' names."""
    listed = ", ".join(sorted(known))
    return tuple(
        f"{setting}: there is no agent {shown(agent)!r}; known agents: {listed}{hint(agent, known)}"
        for setting, agent in named.items()
        if agent not in known
    )


def traits(adapters: Mapping[str, Adapter], settings: Mapping[str, AgentSettings]) -> Mapping[str, AgentTraits]:
    """What the domain knows about each agent, with the user's choice of its terminal."""
    known = {}
    for name, adapter in adapters.items():
        terminal = settings[name].terminal if name in settings else None
        known[name] = adapter.traits if terminal is None else replace(adapter.traits, terminal=Terminal(terminal))
    return known


def _is_built_in(name: str, own: AgentSettings) -> bool:
    if name in ADAPTERS and own.command:
        raise BadConfiguration(
            "config.agent", f"[agents.{name}]: {name} is built in: choose another name for your own agent"
        )
    return name in ADAPTERS


def _custom(name: str, own: AgentSettings) -> Adapter:
    if not own.command:
        names = ", ".join(ADAPTERS)
        raise BadConfiguration(
            "config.agent", f"[agents.{name}]: not a built-in agent ({names}): your own agents need a command"
        )
    if not _NAME.fullmatch(name):
        raise BadConfiguration(
            "config.agent", f"[agents.{name}]: an agent's name has lower-case letters, digits, - and _ only"
        )
    return CustomAdapter(name, own)
