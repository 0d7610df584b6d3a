"""Reads, and never writes, the settings in the user's ``config.toml`` that a launch depends on."""

import tomllib
from collections.abc import Iterator, Mapping
from pathlib import Path

from maestrod.agents.kit.json_lines import Members
from maestrod.api.local import plain_file
from maestrod.api.text.outside_text import file_text

#: Maximum bytes of the file that points from a linked worktree to the main one: it has only a path.
_POINTER_LIMIT = 8192


def read(environ: Mapping[str, str]) -> Members:
    """The file in ``CODEX_HOME`` or ``~/.codex``; empty when it is missing or broken (Codex itself reports that)."""
    home = environ.get("CODEX_HOME") or str(Path(environ.get("HOME") or "~").expanduser() / ".codex")
    try:
        return Members(tomllib.loads(file_text(plain_file.read(Path(home) / "config.toml", plain_file.SETTINGS_LIMIT))))
    except (OSError, ValueError):
        return Members()


def key_variables(settings: Members) -> Iterator[str]:
    """The environment variables from which the user's model providers take their keys and headers."""
    providers = settings.value("model_providers")
    for name in providers if isinstance(providers, dict) else ():
        provider = settings.members("model_providers", name)
        headers = provider.value("env_http_headers")
        for variable in (provider.value("env_key"), *(headers.values() if isinstance(headers, dict) else ())):
            if isinstance(variable, str):
                yield variable


def trust_roots(folder: Path) -> tuple[Path, ...]:
    """The folders whose trust Codex checks when it starts in ``folder``: the folder itself, its repository, and the
    repository's main worktree.
    """
    real = folder.resolve()
    found = [real]
    for above in (real, *real.parents):
        marker = above / ".git"
        if marker.exists():
            found += [above, *_main_tree(marker)]
            break
    return tuple(dict.fromkeys(found))


def distrusted(settings: Members, folders: tuple[Path, ...]) -> bool:
    """Whether the user has marked one of the folders as untrusted."""
    return any(settings.value("projects", str(folder), "trust_level") == "untrusted" for folder in folders)


def _main_tree(marker: Path) -> Iterator[Path]:
    """The main worktree. A linked one's ``.git`` is a file that points into the main ``.git`` (gitrepository-layout(5))."""
    if not marker.is_file():
        return
    try:
        pointed = plain_file.read(marker, _POINTER_LIMIT).decode("utf-8", "replace").strip().removeprefix("gitdir: ")
    except OSError:
        return
    inside = (marker.parent / pointed).resolve()
    if inside.parent.name == "worktrees":
        yield inside.parent.parent.parent
