"""What OpenCode is told for one session: configuration in its environment, beside everything the user has, and our plugin."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from maestrod.agents.adapter import LaunchRequest
from maestrod.agents.kit.commented_json import decode
from maestrod.agents.kit.json_lines import Members
from maestrod.agents.kit.skill_folder import skill_files
from maestrod.api import plain_file
from maestrod.api.errors import Unavailable
from maestrod.api.outside_text import file_text

#: Below the session's folder.
PLUGIN = "opencode/plugin.js"
SKILLS = "opencode/skills"
#: The variable whose JSON OpenCode lays over all of the user's files.
VARIABLE = "OPENCODE_CONFIG_CONTENT"
#: OpenCode goes on without a plugin that it cannot load. A session may live longer than this installation: without the program the
#: plugin is silent, but where tools wait for a decision, none runs.
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
  throw new Error("maestrod is not there to decide about this tool")
}

export const Maestro = await load()
"""
#: What its files are called, in the order it reads them.
_NAMES = ("config.json", "opencode.json", "opencode.jsonc")


def files(request: LaunchRequest, *, gate: bool) -> dict[str, str]:
    """The plugin and the session's skills: path below the session's folder, to text."""
    mode = "terminal" if request.interactive else "stream"
    source = (request.hooks / "opencode" / "maestro.js").as_uri()
    options = json.dumps({"mode": mode, "gate": gate})
    plugin = _PLUGIN % {"options": options, "source": json.dumps(source)}
    return {PLUGIN: plugin, **skill_files(request.manifest.skills, SKILLS)}


def content(folder: Path, project: Path, environ: Mapping[str, str]) -> str:
    """The value of ``VARIABLE``: what the user had there, our plugin and skills added to theirs, no update in a session.

    OpenCode adds the plugins of all places up, but of lists of skill folders it takes the last: so it gets the user's with ours.
    Raises ``Unavailable`` when what the user had in the variable cannot be read.
    """
    own = environ.get(VARIABLE)
    try:
        users = decode(own) if own else {}
    except ValueError as error:
        raise Unavailable("agent.settings", f"opencode: {VARIABLE} is not JSON: {error}") from error
    users = users if isinstance(users, dict) else {}
    plugins, skills = users.get("plugin"), users.get("skills")
    paths = Members(skills).value("paths") or _skill_paths(project, environ)
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


def _skill_paths(project: Path, environ: Mapping[str, str]) -> Any:
    """The skill folders of the user's files, the last file that names some; a file that cannot be read is OpenCode's to say."""
    home = Path(environ.get("XDG_CONFIG_HOME") or Path(environ.get("HOME") or "~").expanduser() / ".config")
    own = environ.get("OPENCODE_CONFIG")
    files = [
        *(home / "opencode" / name for name in _NAMES),
        *([Path(own)] if own else []),
        *(project / name for name in _NAMES),
    ]
    found: Any = None
    for file in files:
        try:
            found = (
                Members(decode(file_text(plain_file.read(file, plain_file.SETTINGS_LIMIT)))).value("skills", "paths")
                or found
            )
        except (OSError, ValueError):
            continue
    return found
