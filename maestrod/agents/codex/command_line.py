"""Codex's arguments: per-run configuration (``-c key=value``) instead of anything in the user's own files.

Hooks are trusted by their hash: Codex silently skips a hook whose hash is not recorded under its key in ``hooks.state``. We
compute both for our own hooks and pass them with them, so nothing else becomes trusted (``--dangerously-bypass-hook-trust`` would
trust whatever a repository brings). Measured with 0.169: the key is ``<source>:<event>:<group>:<handler>``, the hash the
SHA-256 of the handler's normalized JSON.
"""

import hashlib
import json
import re
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

#: Where Codex says that hooks given by ``-c`` come from.
_SOURCE = "/<session-flags>/config.toml"


def quiet() -> list[str]:
    """No update question at the start, no five seconds at the end for reports to the vendor that cannot be sent offline."""
    return [*_setting("analytics.enabled", False), *_setting("check_for_update_on_startup", False)]


def reporting(path: str) -> list[str]:
    """What ``maestroctl`` needs inside: the session's variables, and this PATH.

    A login shell would set the PATH anew (``/etc/profile``), so there are none. The policy has it too, against a snapshot of the
    user's shell; by itself it is lost now and then (measured on a busy machine, after a resume).
    The sandbox of ``workspace-write`` refuses every socket, the daemon's too, unless it allows the network.
    """
    return [
        *_setting("allow_login_shell", False),
        *_setting("shell_environment_policy.inherit", "all"),
        *_setting("shell_environment_policy.ignore_default_excludes", True),
        *_setting("shell_environment_policy.set.PATH", path),
        *_setting("sandbox_workspace_write.network_access", True),
    ]


def trusting(folders: Iterable[Path]) -> list[str]:
    """These folders are trusted for this run: no question about them on the terminal."""
    table = {str(folder): {"trust_level": "trusted"} for folder in folders}
    return _setting("projects", table) if table else []


def hooks(template: Mapping[str, Any]) -> list[str]:
    """Hooks for this run, and trust in exactly these. ``template`` is a filled one of ``hooks/codex``."""
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
    """The hash Codex trusts a command hook by."""
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
    """An event as Codex spells it in keys: ``PreToolUse`` is ``pre_tool_use``."""
    return re.sub(r"(?<!^)([A-Z])", r"_\1", event).lower()


def _setting(name: str, value: Any) -> list[str]:
    return ["-c", f"{name}={toml(value)}"]


def toml(value: Any) -> str:
    """A value as TOML on one line. TOML's basic strings are JSON's, but for DEL and for pairs of surrogates."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, dict):
        return "{" + ",".join(f"{toml(str(name))}={toml(member)}" for name, member in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ",".join(toml(item) for item in value) + "]"
    return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")
