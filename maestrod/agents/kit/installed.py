"""Finds an agent's program and its version, and explains what is missing if it cannot be used.

The version is read from the program's package (npm writes ``package.json`` beside it) or from its path, which is cheap.
Only a program that was installed another way is run with ``--version``, once per file.
"""

import functools
import os
import re
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

import msgspec

from maestrod.agents.kit.environment import allowed
from maestrod.api.errors import Unavailable
from maestrod.api.skill import AgentInfo
from maestrod.api.text.outside_text import sound

#: Seconds that a program may take to print its version; the slowest that we know takes one.
PATIENCE = 10.0
#: How many folders above a program are searched for its package.
ABOVE = 4
_VERSION = re.compile(r"(?<![\d.])(\d{1,5})\.(\d{1,5})(?:\.(\d{1,5}))?(?![\d.]*\d)")

Version = tuple[int, int, int]


@dataclass(frozen=True, slots=True)
class WantedProgram:
    """The program to look for.

    ``command`` is found on the PATH; ``packages`` are its names on npm. Versions from ``oldest`` up to, but not
    including, ``before`` are supported; ``tested`` is the one that our tests run. ``install`` says how to install it.
    """

    command: str
    packages: tuple[str, ...]
    oldest: Version
    before: Version
    tested: str
    install: str


@dataclass(frozen=True, slots=True)
class Installed:
    """What was found: the program's ``path``, its ``version`` as text, and what is ``missing`` if it cannot be used."""

    path: Path | None = None
    version: str | None = None
    missing: str | None = None


class _Package(msgspec.Struct, frozen=True):
    name: str = ""
    version: str = ""


def find(program: WantedProgram, search: str | None) -> Installed:
    """Look for a program on ``search`` (a PATH; None for the daemon's own)."""
    found = shutil.which(program.command, path=search)
    if found is None:
        return Installed(missing=f"`{program.command}` is not on the PATH; {program.install}")
    path = Path(found)
    text = version_of(path, program.packages)
    version = parse_version(text or "")
    if text is None or version is None:
        return Installed(path, text, f"`{sound(found)}` does not print its version; {program.install}")
    if not program.oldest <= version < program.before:
        return Installed(path, text, f"version {text} is not supported ({supported(program)}); {program.install}")
    return Installed(path, text)


def required(name: str, program: WantedProgram, search: str | None) -> Path:
    """The path of the program of the agent ``name``. Raises ``Unavailable``, which says what is missing."""
    found = find(program, search)
    if found.path is None or found.missing is not None:
        raise Unavailable("agent.missing", f"{name}: {found.missing}")
    return found.path


def info(name: str, description: str, program: WantedProgram, search: str | None) -> AgentInfo:
    """Look for a program and describe the result for ``agent.list``."""
    found = find(program, search)
    return AgentInfo(
        name=name,
        description=description,
        available=found.missing is None,
        version=found.version,
        missing=found.missing,
    )


def supported(program: WantedProgram) -> str:
    """The supported versions, as text."""
    oldest, before = (".".join(map(str, version)) for version in (program.oldest, program.before))
    return f"from {oldest} up to, but not including, {before}; tested with {program.tested}"


def parse_version(text: str) -> Version | None:
    """The first version number in a text; None when there is none."""
    match = _VERSION.search(text[:1000])
    if match is None:
        return None
    major, minor, patch = match.groups()
    return int(major), int(minor), int(patch or 0)


def version_of(path: Path, packages: tuple[str, ...]) -> str | None:
    """The version from a program's package, else from its real path, else from ``--version``; None if all lack it."""
    real = path.resolve()
    packaged = _packaged(real, packages)
    if packaged is not None:
        return packaged
    for part in (real.name, real.parent.name):
        version = parse_version(part)
        if version is not None:
            return ".".join(map(str, version))
    try:
        changed = real.stat().st_mtime_ns
    except OSError:
        return None
    return _printed_version(str(path), changed)


def _packaged(real: Path, packages: tuple[str, ...]) -> str | None:
    for folder in real.parents[:ABOVE]:
        try:
            package = msgspec.json.decode((folder / "package.json").read_bytes(), type=_Package)
        except (OSError, msgspec.MsgspecError):
            continue
        if package.name in packages:
            return package.version or None
    return None


@functools.lru_cache(maxsize=32)
def _printed_version(path: str, changed: int) -> str | None:
    """The version that ``--version`` prints. ``changed`` is part of the cache key, so that a new file is run again."""
    try:
        answer = subprocess.run(
            [path, "--version"],
            env=allowed(os.environ),
            stdin=subprocess.DEVNULL,
            capture_output=True,
            timeout=PATIENCE,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired):
        return None
    version = parse_version(answer.stdout.decode("utf-8", "replace"))
    return None if version is None else ".".join(map(str, version))
