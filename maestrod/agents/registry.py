"""Every agent there is. A new one is a module beside this one and a line here."""

from collections.abc import Mapping

from maestrod.agents.adapter import Adapter
from maestrod.agents.claude.adapter import ClaudeAdapter
from maestrod.agents.codex.adapter import CodexAdapter
from maestrod.agents.gemini.adapter import GeminiAdapter
from maestrod.agents.shell import ShellAdapter

_ALL: tuple[Adapter, ...] = (ShellAdapter(), ClaudeAdapter(), CodexAdapter(), GeminiAdapter())

#: Adapters by the name tasks and plans call them.
ADAPTERS: Mapping[str, Adapter] = {adapter.name: adapter for adapter in _ALL}
