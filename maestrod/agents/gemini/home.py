"""A home folder for one session of Gemini CLI, in the session's own folder.

Gemini CLI has no flag for hooks or settings: it reads files below its home (``GEMINI_CLI_HOME``), in the project, and
system-wide ones that only root may own (measured: 0.61 skips any other). So the session gets its own home: the user's
settings with our hooks added, the session's skills, and links to everything else of the user's (sign-in, conversations,
extensions, …). We change none of the user's files, and what the agent writes goes where it always does.
"""

import json
from collections.abc import Mapping
from typing import Any

from maestrod.agents.adapter import LaunchRequest
from maestrod.agents.gemini import user_settings
from maestrod.agents.gemini.user_settings import OWN
from maestrod.agents.kit.json_lines import Members
from maestrod.agents.kit.skill_folder import skill_files

#: The home, below the session's folder.
HOME = "gemini-home"


def files(request: LaunchRequest, hooks: Mapping[str, Any]) -> dict[str, str]:
    """The settings and skills: path below the session's folder, to text. Raises ``Unavailable`` for broken settings."""
    skills = skill_files(request.manifest.skills, f"{HOME}/{OWN}/skills")
    merged = settings(user_settings.read(request.environ), hooks, request.environ)
    return {f"{HOME}/{OWN}/settings.json": json.dumps(merged, indent=2) + "\n", **skills}


def links(request: LaunchRequest) -> dict[str, str]:
    """Links to the user's unchanged files: path below the session's folder, to target."""
    home = user_settings.home(request.environ)
    found = {f"{HOME}/{name}": str(home / name) for name in (".env", ".agents") if (home / name).exists()}
    for name in user_settings.entries(home / OWN):
        if name not in {"settings.json", "skills"}:
            found[f"{HOME}/{OWN}/{name}"] = str(home / OWN / name)
    for name in user_settings.entries(home / OWN / "skills"):
        found[f"{HOME}/{OWN}/skills/{name}"] = str(home / OWN / "skills" / name)
    return found


def settings(users: Mapping[str, Any], hooks: Mapping[str, Any], environ: Mapping[str, str]) -> dict[str, Any]:
    """The user's settings with our hooks after the user's own, or only ours if the user has switched hooks off.

    Updates during a session are off. If no sign-in method was ever chosen, it is the one that the environment has a key
    for.
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
    chosen, security = user_settings.sign_in(environ), _object(users, "security")
    auth = security.get("auth") if isinstance(security.get("auth"), dict) else {}
    if chosen is not None and isinstance(auth, dict) and not auth.get("selectedType"):
        merged["security"] = {**security, "auth": {**auth, "selectedType": chosen}}
    return merged


def _object(users: Mapping[str, Any], name: str) -> dict[str, Any]:
    found = users.get(name)
    return dict(found) if isinstance(found, dict) else {}
