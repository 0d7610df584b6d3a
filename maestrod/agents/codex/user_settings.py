"""What the user's own ``config.toml`` says that a launch depends on; it is only read."""

import tomllib
from collections.abc import Iterator, Mapping
from pathlib import Path

from maestrod.agents.kit.json_lines import Members
from maestrod.api.local import plain_file
from maestrod.api.text.outside_text import file_text

#: Bytes of the file that points from a linked work tree to the main one: a path.
_POINTER_LIMIT = 8192


def read(environ: Mapping[str, str]) -> Members:
    """The file in ``CODEX_HOME``, else ``~/.codex``; nothing when there is none or it is broken (Codex says so itself)."""
    home = environ.get("CODEX_HOME") or str(Path(environ.get("HOME") or "~").expanduser() / ".codex")
    try:
        return Members(tomllib.loads(file_text(plain_file.read(Path(home) / "config.toml", plain_file.SETTINGS_LIMIT))))
    except (OSError, ValueError):
        return Members()


def key_variables(settings: Members) -> Iterator[str]:
    """Names of environment variables that the user's model providers take their keys and headers from."""
    providers = settings.value("model_providers")
    for name in providers if isinstance(providers, dict) else ():
        provider = settings.members("model_providers", name)
        headers = provider.value("env_http_headers")
        for variable in (provider.value("env_key"), *(headers.values() if isinstance(headers, dict) else ())):
            if isinstance(variable, str):
                yield variable


def trust_roots(folder: Path) -> tuple[Path, ...]:
    """The folders whose trust Codex asks for when it starts in ``folder``: itself, the repository it is in, and the main
    work tree of that.
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
    """Whether the user has said that one of the folders is not to be trusted."""
    return any(settings.value("projects", str(folder), "trust_level") == "untrusted" for folder in folders)


def _main_tree(marker: Path) -> Iterator[Path]:
    """A linked work tree's ``.git`` is a file that points into the main one's ``.git`` (gitrepository-layout(5))."""
    if not marker.is_file():
        return
    try:
        pointed = plain_file.read(marker, _POINTER_LIMIT).decode("utf-8", "replace").strip().removeprefix("gitdir: ")
    except OSError:
        return
    inside = (marker.parent / pointed).resolve()
    if inside.parent.name == "worktrees":
        yield inside.parent.parent.parent
