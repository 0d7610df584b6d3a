"""Reads, and never writes, the user's own configuration of OpenCode, in a variable and in files."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from maestrod.agents.kit.commented_json import decode
from maestrod.agents.kit.json_lines import Members
from maestrod.api.errors import Unavailable
from maestrod.api.local import plain_file
from maestrod.api.text.outside_text import file_text

#: The variable whose JSON overrides all of the user's files.
VARIABLE = "OPENCODE_CONFIG_CONTENT"
#: The names of its files, in the order in which it reads them.
_NAMES = ("config.json", "opencode.json", "opencode.jsonc")


def inline_settings(environ: Mapping[str, str]) -> dict[str, Any]:
    """The user's own value of the variable. Raises ``Unavailable`` when it cannot be read."""
    own = environ.get(VARIABLE)
    try:
        users = decode(own) if own else {}
    except ValueError as error:
        raise Unavailable("agent.settings", f"opencode: {VARIABLE} is not JSON: {error}") from error
    return users if isinstance(users, dict) else {}


def skill_paths(project: Path, environ: Mapping[str, str]) -> Any:
    """The skill folders from the last of the user's files that names any. OpenCode itself reports unreadable files."""
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
