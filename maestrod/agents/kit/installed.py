"""Whether an agent's program is installed, where, and in which version; and if it will not do, what is missing, in words.

A version is read from the package the program lies in (npm writes ``package.json`` beside it) or from its path, which costs
nothing; only a program that came another way is asked with ``--version``, once for each file.
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

#: Seconds a program may take to say its version; the slowest of those we know takes one.
PATIENCE = 10.0
#: Folders above a program in which its package is looked for.
ABOVE = 4
_VERSION = re.compile(r"(?<![\d.])(\d{1,5})\.(\d{1,5})(?:\.(\d{1,5}))?(?![\d.]*\d)")

Version = tuple[int, int, int]


@dataclass(frozen=True, slots=True)
class WantedProgram:
    """What is looked for.

    ``command`` is found on the PATH; ``packages`` are the names npm knows it by. Versions from ``oldest`` up to, but not
    including, ``before`` are supported; ``tested`` is the one our tests run. ``install`` says how one gets it.
    """

    command: str
    packages: tuple[str, ...]
    oldest: Version
    before: Version
    tested: str
    install: str


@dataclass(frozen=True, slots=True)
class Installed:
    """What was found: ``path`` to start it by, ``version`` as text, ``missing`` in words when it will not do."""

    path: Path | None = None
    version: str | None = None
    missing: str | None = None


class _Package(msgspec.Struct, frozen=True):
    name: str = ""
    version: str = ""


def find(program: WantedProgram, search: str | None) -> Installed:
    """Look for a program on ``search`` (a PATH; None is the usual one)."""
    found = shutil.which(program.command, path=search)
    if found is None:
        return Installed(missing=f"`{program.command}` is not on the PATH; {program.install}")
    path = Path(found)
    text = version_of(path, program.packages)
    version = parse_version(text or "")
    if text is None or version is None:
        return Installed(path, text, f"`{sound(found)}` does not say its version; {program.install}")
    if not program.oldest <= version < program.before:
        return Installed(path, text, f"version {text} is not supported ({supported(program)}); {program.install}")
    return Installed(path, text)


def required(name: str, program: WantedProgram, search: str | None) -> Path:
    """Where the program of the agent ``name`` is. Raises ``Unavailable`` saying what is missing."""
    found = find(program, search)
    if found.path is None or found.missing is not None:
        raise Unavailable("agent.missing", f"{name}: {found.missing}")
    return found.path


def info(name: str, description: str, program: WantedProgram, search: str | None) -> AgentInfo:
    """The same as a row of ``agent.list``."""
    found = find(program, search)
    return AgentInfo(
        name=name,
        description=description,
        available=found.missing is None,
        version=found.version,
        missing=found.missing,
    )


def supported(program: WantedProgram) -> str:
    """The supported versions in words."""
    oldest, before = (".".join(map(str, version)) for version in (program.oldest, program.before))
    return f"from {oldest} up to, but not including, {before}; tested with {program.tested}"


def parse_version(text: str) -> Version | None:
    """The first thing in a text that is written like a version."""
    match = _VERSION.search(text[:1000])
    if match is None:
        return None
    major, minor, patch = match.groups()
    return int(major), int(minor), int(patch or 0)


def version_of(path: Path, packages: tuple[str, ...]) -> str | None:
    """What a program's package says, else what its real path says, else what it says itself; None when nobody does."""
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
    return _asked(str(path), changed)


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
def _asked(path: str, changed: int) -> str | None:
    """What ``--version`` prints. ``changed`` makes another file another question."""
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
