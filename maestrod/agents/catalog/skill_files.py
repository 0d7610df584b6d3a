"""Reads one skill or persona from its files, which may be wrong in every way: ``Broken`` says how.

A skill is a folder with ``manifest.json`` and ``skill.md`` (the format of Agent Maestro), or with ``SKILL.md`` and
frontmatter (Agent Skills, which the agents read themselves; our own members are under ``metadata``, as that format
requires). A persona is a Markdown file with frontmatter, whose text is the prompt.
"""

import re
from collections.abc import Mapping
from functools import partial
from pathlib import Path
from typing import Any

import msgspec

from maestrod.agents.catalog import frontmatter
from maestrod.api.skill import Persona, Skill
from maestrod.api.text.json_text import repeated
from maestrod.api.text.outside_text import decode_repaired, piped_text, sound

#: Maximum bytes of a manifest and of instructions: a larger text does not belong in a model's context (our choice).
MANIFEST_LIMIT = 65_536
TEXT_LIMIT = 262_144
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,99}\Z")


class _ManifestFile(msgspec.Struct, frozen=True, rename="camel"):
    """``manifest.json``; unknown members are ignored."""

    name: str
    version: str = ""
    description: str = ""
    type: str = ""
    assign_to: tuple[str, ...] = ()
    capabilities: tuple[str, ...] = ()
    dependencies: tuple[str, ...] = ()
    config: dict[str, Any] = msgspec.field(default_factory=dict)


class Broken(Exception):
    """A file that cannot be used; the text names it and says why."""


def is_skill(folder: Path) -> bool:
    """Whether a folder looks like a skill."""
    return any((folder / name).exists() for name in ("manifest.json", "SKILL.md", "skill.md"))


def load_skill(folder: Path, origin: str) -> Skill:
    """Read the skill in a folder. Raises ``Broken``."""
    if (folder / "manifest.json").exists():
        return _from_manifest(folder, origin)
    path = folder / "SKILL.md"
    return _from_frontmatter(path if path.exists() else folder / "skill.md", origin)


def load_persona(path: Path, origin: str) -> Persona:
    """Read the persona in a file. Raises ``Broken``."""
    members, text = _split(path)
    limits = members.get("limits")
    return Persona(
        name=_checked_name(_text(members.get("name")) or path.stem, path),
        description=_text(members.get("description")),
        prompt=text,
        skills=_names(members, "skills", path),
        agent=_text(members.get("agent")) or None,
        limits=dict(limits) if isinstance(limits, dict) else {},
        path=sound(str(path)),
        origin=origin,
    )


def _from_manifest(folder: Path, origin: str) -> Skill:
    path = folder / "manifest.json"
    text = _read(path, MANIFEST_LIMIT).encode()
    try:
        manifest = decode_repaired(partial(msgspec.json.decode, type=_ManifestFile), text)
    except msgspec.MsgspecError as error:
        raise Broken(f"{path}: {error}") from error
    if (place := repeated(text)) is not None:
        raise Broken(f"{path}: `{place}` appears twice")
    members = {name: getattr(manifest, name) for name in manifest.__struct_fields__}
    return Skill(
        **members | {"name": _checked_name(manifest.name, path)},
        instructions=_read(folder / "skill.md", TEXT_LIMIT).strip("\n"),
        path=sound(str(folder)),
        origin=origin,
    )


def _from_frontmatter(path: Path, origin: str) -> Skill:
    members, text = _split(path)
    metadata = members.get("metadata")
    ours: dict[str, frontmatter.Value] = {**metadata} if isinstance(metadata, dict) else {}
    known = {**members, **ours}
    return Skill(
        name=_checked_name(_text(members.get("name")) or path.parent.name, path),
        version=_text(known.get("version")),
        description=_text(members.get("description")),
        type=_text(known.get("type")),
        assign_to=_names(known, "assign-to", path),
        capabilities=_names(known, "capabilities", path),
        dependencies=_names(known, "dependencies", path),
        instructions=text,
        path=sound(str(path.parent)),
        origin=origin,
    )


def _split(path: Path) -> tuple[dict[str, frontmatter.Value], str]:
    try:
        return frontmatter.split(_read(path, TEXT_LIMIT))
    except ValueError as error:
        raise Broken(f"{path}: {error}") from error


def _names(members: Mapping[str, frontmatter.Value], name: str, path: Path) -> tuple[str, ...]:
    try:
        return frontmatter.names(members.get(name))
    except ValueError as error:
        raise Broken(f"{path}: {name}: {error}") from error


def _text(value: frontmatter.Value | None) -> str:
    return value if isinstance(value, str) else ""


def _checked_name(name: str, path: Path) -> str:
    if not _NAME.match(name):
        raise Broken(f"{path}: the name {name[:100]!r} may only contain letters, digits, dots and dashes")
    return name


def _read(path: Path, limit: int) -> str:
    """Read a regular file, up to a limit. Others are not opened: reading a pipe or device could block or never end."""
    try:
        if not path.is_file():
            raise Broken(f"{path} is not a file" if path.exists() else f"{path} does not exist")
        with path.open("rb") as file:
            data = file.read(limit + 1)
    except (OSError, ValueError) as error:
        raise Broken(f"{path}: {getattr(error, 'strerror', None) or error}") from error
    if len(data) > limit:
        raise Broken(f"{path} is larger than {limit} bytes")
    return piped_text(data)
