"""A home folder for one session of Gemini CLI, in the session's own folder.

Gemini CLI has no flag for hooks or settings: it reads files below its home (``GEMINI_CLI_HOME``), in the project, and system-wide ones
that only root may own (measured: 0.61 skips any other). So the session gets a home: settings that are the user's with our
hooks added, the session's skills, and links to everything else the user has there (sign-in, conversations, extensions, …), so that
nothing of the user's is written by us and what the agent writes lands where it always does.
"""

import json
from collections.abc import Iterator, Mapping
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
HOME = "gemini-home"
_OWN = ".gemini"
#: Entries of the user's folder that are linked at most; it has a dozen.
_ENTRIES = 1000


def files(request: LaunchRequest, hooks: Mapping[str, Any]) -> dict[str, str]:
    """The settings and the skills: path below the session's folder, to text. Raises ``Unavailable`` for broken settings."""
    skills = skill_files(request.manifest.skills, f"{HOME}/{_OWN}/skills")
    merged = settings(_read(user_home(request.environ)), hooks, request.environ)
    return {f"{HOME}/{_OWN}/settings.json": json.dumps(merged, indent=2) + "\n", **skills}


def links(request: LaunchRequest) -> dict[str, str]:
    """What of the user's is there as it is: path below the session's folder, to target."""
    home = user_home(request.environ)
    found = {f"{HOME}/{name}": str(home / name) for name in (".env", ".agents") if (home / name).exists()}
    for name in _entries(home / _OWN):
        if name not in {"settings.json", "skills"}:
            found[f"{HOME}/{_OWN}/{name}"] = str(home / _OWN / name)
    for name in _entries(home / _OWN / "skills"):
        found[f"{HOME}/{_OWN}/skills/{name}"] = str(home / _OWN / "skills" / name)
    return found


def settings(users: Mapping[str, Any], hooks: Mapping[str, Any], environ: Mapping[str, str]) -> dict[str, Any]:
    """The user's settings with our hooks after the user's own (who has switched hooks off gets ours alone), no update in the
    middle of a session, and, where no way to sign in was ever chosen, the one the environment has a key for.
    """
    merged = dict(users)
    off = Members(users).value("hooksConfig", "enabled") is False
    own = {} if off else Members(users).value("hooks")
    kept = (
        {str(event): list(groups) for event, groups in own.items() if isinstance(groups, list)}
        if isinstance(own, dict)
        else {}
    )
    for event, groups in hooks.items():
        kept[event] = [*kept.get(event, []), *groups]
    merged["hooks"] = kept
    merged["hooksConfig"] = {**_object(users, "hooksConfig"), "enabled": True}
    merged["general"] = {**_object(users, "general"), "enableAutoUpdate": False, "enableAutoUpdateNotification": False}
    chosen, security = sign_in(environ), _object(users, "security")
    auth = security.get("auth") if isinstance(security.get("auth"), dict) else {}
    if chosen is not None and isinstance(auth, dict) and not auth.get("selectedType"):
        merged["security"] = {**security, "auth": {**auth, "selectedType": chosen}}
    return merged


def sign_in(environ: Mapping[str, str]) -> str | None:
    """The way to sign in that the environment has all for, in the order Gemini CLI itself looks."""
    if environ.get("GOOGLE_GENAI_USE_GCA") == "true":
        return "oauth-personal"
    if environ.get("GOOGLE_GENAI_USE_VERTEXAI") == "true":
        return "vertex-ai"
    return "gemini-api-key" if environ.get("GEMINI_API_KEY") else None


def user_home(environ: Mapping[str, str]) -> Path:
    """Where the user's own ``.gemini`` is."""
    return Path(environ.get("GEMINI_CLI_HOME") or environ.get("HOME") or "~").expanduser()


def _read(home: Path) -> dict[str, Any]:
    path = home / _OWN / "settings.json"
    try:
        found = decode(file_text(plain_file.read(path, plain_file.SETTINGS_LIMIT)))
    except FileNotFoundError:
        return {}
    except (OSError, ValueError) as error:
        raise Unavailable("agent.settings", f"gemini: {path} cannot be read: {error}") from error
    if not isinstance(found, dict):
        raise Unavailable("agent.settings", f"gemini: {path} is not a JSON object")
    return found


def _object(users: Mapping[str, Any], name: str) -> dict[str, Any]:
    found = users.get(name)
    return dict(found) if isinstance(found, dict) else {}


def _entries(folder: Path) -> Iterator[str]:
    try:
        names = sorted(entry.name for entry in folder.iterdir())
    except OSError:
        return
    yield from names[:_ENTRIES]
