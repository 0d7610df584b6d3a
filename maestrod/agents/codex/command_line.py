"""Codex's arguments: configuration for one run (``-c key=value``) instead of changes to the user's own files.

Codex trusts hooks by their hash: it silently skips a hook whose hash is not recorded under its key in ``hooks.state``.
We compute key and hash of our own hooks and pass them along, so nothing else becomes trusted
(``--dangerously-bypass-hook-trust`` would trust all hooks of a repository). Measured with 0.169: the key is
``<source>:<event>:<group>:<handler>``, the hash is the SHA-256 of the handler's normalized JSON.
"""

import hashlib
import json
import re
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

#: Codex's name for the source of hooks from ``-c``.
_SOURCE = "/<session-flags>/config.toml"


def quiet() -> list[str]:
    """Avoid the update question at the start, and five seconds at the end for analytics that cannot be sent offline."""
    return [*_setting("analytics.enabled", False), *_setting("check_for_update_on_startup", False)]


def reporting(path: str) -> list[str]:
    """Give ``maestroctl`` what it needs in Codex's shells: the session's variables, and this PATH.

    A login shell would replace the PATH (``/etc/profile``), so login shells are off. The policy sets the PATH too,
    because Codex may use a snapshot of the user's shell; the policy alone is sometimes lost (measured on a busy machine,
    after a resume). The sandbox of ``workspace-write`` refuses every socket, also the daemon's, unless it allows the
    network.
    """
    return [
        *_setting("allow_login_shell", False),
        *_setting("shell_environment_policy.inherit", "all"),
        *_setting("shell_environment_policy.ignore_default_excludes", True),
        *_setting("shell_environment_policy.set.PATH", path),
        *_setting("sandbox_workspace_write.network_access", True),
    ]


def trusting(folders: Iterable[Path]) -> list[str]:
    """Trust these folders for this run, so that Codex does not ask about them on the terminal."""
    table = {str(folder): {"trust_level": "trusted"} for folder in folders}
    return _setting("projects", table) if table else []


def hooks(template: Mapping[str, Any]) -> list[str]:
    """Set the hooks of this run, and trust exactly these. ``template`` is one of ``hooks/codex``, filled in."""
    events = template["hooks"]
    arguments = [argument for name, groups in events.items() for argument in _setting(f"hooks.{name}", groups)]
    trust = {
        f"{_SOURCE}:{label(name)}:{row}:{column}": {"trusted_hash": trust_hash(label(name), group, handler)}
        for name, groups in events.items()
        for row, group in enumerate(groups)
        for column, handler in enumerate(group["hooks"])
    }
    return [*arguments, *_setting("hooks.state", trust)]


def trust_hash(event: str, group: Mapping[str, Any], handler: Mapping[str, Any]) -> str:
    """The hash by which Codex trusts a command hook."""
    identity: dict[str, Any] = {
        "event_name": event,
        "hooks": [
            {"type": "command", "command": handler["command"], "timeout": handler["timeout"], "async": False},
        ],
    }
    if "matcher" in group:
        identity["matcher"] = group["matcher"]
    canonical = json.dumps(identity, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return f"sha256:{hashlib.sha256(canonical.encode()).hexdigest()}"


def label(event: str) -> str:
    """An event's name as Codex writes it in keys: ``pre_tool_use`` for ``PreToolUse``."""
    return re.sub(r"(?<!^)([A-Z])", r"_\1", event).lower()


def _setting(name: str, value: Any) -> list[str]:
    return ["-c", f"{name}={toml(value)}"]


def toml(value: Any) -> str:
    """Encode a value as TOML on one line. TOML's basic strings are JSON's, except for DEL and surrogate pairs."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, dict):
        return "{" + ",".join(f"{toml(str(name))}={toml(member)}" for name, member in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ",".join(toml(item) for item in value) + "]"
    return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")
