"""The settings file and the plugin of one session: hooks for this run only, and the session's skills."""

import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from maestrod import __version__
from maestrod.agents.kit.hook_command import EVENT, hook_command
from maestrod.agents.kit.hook_template import filled
from maestrod.agents.kit.skill_folder import skill_files
from maestrod.core.prompts.manifest import ManifestSkill

#: Their paths below the session's folder.
SETTINGS = "claude/settings.json"
PLUGIN = "claude/plugin"


def settings(hooks: Path, template: str, **members: Any) -> str:
    """Settings from a template of ``hooks/claude/``, with more members. Raises ``Unavailable`` without the template."""
    return json.dumps({**filled(hooks, "claude", template), **members}, indent=2) + "\n"


def status_line(hooks: Path) -> dict[str, Any]:
    """A status line that shows nothing but reports usage, which a terminal session reports only there."""
    return {"type": "command", "command": hook_command(hooks, EVENT, "claude", "StatusLine", "--no-wait")}


def plugin_files(skills: Iterable[ManifestSkill]) -> dict[str, str]:
    """A plugin with the session's skills; no files when there are none."""
    files = skill_files(skills, f"{PLUGIN}/skills")
    if not files:
        return {}
    about = {"name": "maestro", "version": __version__, "description": "Skills of this maestro session"}
    return {f"{PLUGIN}/.claude-plugin/plugin.json": json.dumps(about, indent=2) + "\n", **files}
