"""OpenCode's settings for one session: configuration in its environment, added to the user's own, and our plugin."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from maestrod.agents.adapter import LaunchRequest
from maestrod.agents.kit.json_lines import Members
from maestrod.agents.kit.skill_folder import skill_files
from maestrod.agents.opencode import user_settings

#: Paths below the session's folder.
PLUGIN = "opencode/plugin.js"
SKILLS = "opencode/skills"
#: OpenCode continues without a plugin that it cannot load. A session may outlive this installation: without the program
#: the plugin reports nothing, but if tools wait for a decision, none of them runs.
_PLUGIN = """\
const options = %(options)s

async function load() {
  try {
    return (await import(%(source)s)).plugin(options)
  } catch {
    return async () => (options.gate ? { "tool.execute.before": refuse } : {})
  }
}

async function refuse() {
  throw new Error("maestrod is not available to decide about this tool")
}

export const Maestro = await load()
"""


def files(request: LaunchRequest, *, gate: bool) -> dict[str, str]:
    """The plugin and the session's skills: path below the session's folder, to text."""
    mode = "terminal" if request.interactive else "stream"
    source = (request.hooks / "opencode" / "maestro.js").as_uri()
    options = json.dumps({"mode": mode, "gate": gate})
    plugin = _PLUGIN % {"options": options, "source": json.dumps(source)}
    return {PLUGIN: plugin, **skill_files(request.manifest.skills, SKILLS)}


def content(folder: Path, project: Path, environ: Mapping[str, str]) -> str:
    """The value of ``user_settings.VARIABLE``: the user's own, plus our plugin and skills, without updates in a session.

    OpenCode combines the plugins of all sources but uses only the last list of skill folders, so ours includes the
    user's. Raises ``Unavailable`` when the user's own value cannot be read.
    """
    users = user_settings.inline_settings(environ)
    plugins, skills = users.get("plugin"), users.get("skills")
    paths = Members(skills).value("paths") or user_settings.skill_paths(project, environ)
    merged: dict[str, Any] = {
        **users,
        "plugin": [*(plugins if isinstance(plugins, list) else ()), (folder / PLUGIN).as_uri()],
        "skills": {
            **(skills if isinstance(skills, dict) else {}),
            "paths": [*(paths if isinstance(paths, list) else ()), str(folder / SKILLS)],
        },
        "autoupdate": False,
    }
    return json.dumps(merged)
