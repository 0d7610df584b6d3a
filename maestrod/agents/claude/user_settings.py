"""Reads, and never writes, Claude's files of the user: whether it is set up, which keys it may use, its conversations."""

import os
from collections.abc import Mapping
from pathlib import Path

import msgspec

from maestrod.agents.kit.json_lines import Members
from maestrod.api.local import plain_file
from maestrod.api.text.outside_text import decode_repaired

#: Maximum bytes of a file that is read; ``.claude.json`` grows with every project of the user.
_LIMIT = 64 << 20


def config(environ: Mapping[str, str]) -> Members:
    """``.claude.json``, what Claude remembers about this user; empty when it cannot be read."""
    folder = environ.get("CLAUDE_CONFIG_DIR") or environ.get("HOME", "")
    return _read(Path(folder) / ".claude.json")


def settings(environ: Mapping[str, str]) -> Members:
    """The user's own ``settings.json``; empty when it cannot be read."""
    return _read(_folder(environ) / "settings.json")


def is_set_up(known: Members) -> bool:
    """Whether the first-run questions were answered; otherwise an interactive Claude asks them first."""
    return known.true("hasCompletedOnboarding")


def would_ask_for_key(known: Members, key: str) -> bool:
    """Whether an interactive Claude would ask if it may use this key; it remembers its last 20 characters."""
    answers = known.members("customApiKeyResponses")
    lists = (answers.value("approved"), answers.value("rejected"))
    return not any(isinstance(known_keys, list) and key[-20:] in known_keys for known_keys in lists)


def has_conversation(environ: Mapping[str, str], agent_session_id: str) -> bool:
    """Whether a conversation can be resumed: its file, in a folder per project, is created with the first prompt."""
    name = Path(agent_session_id).name
    try:
        return any(_folder(environ).glob(f"projects/*/{name}.jsonl"))
    except (OSError, ValueError):
        return False


def _folder(environ: Mapping[str, str]) -> Path:
    return Path(environ.get("CLAUDE_CONFIG_DIR") or os.path.join(environ.get("HOME", ""), ".claude"))  # noqa: PTH118 - HOME may be empty


def _read(path: Path) -> Members:
    try:
        return Members(decode_repaired(msgspec.json.decode, plain_file.read(path, _LIMIT)))
    except (OSError, msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return Members()
