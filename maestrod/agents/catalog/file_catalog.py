"""Skills, personas and agents as a project sees them (``Catalog`` of ``engine/ports.py``).

Search order; for equal names the later wins: shipped with maestrod, ``~/.agents-ui/maestro-skills`` (of an older
program, if it exists), the user's configuration folder, the project's ``.skills``, its ``.agents/skills``. Personas are
in the folders ``personas`` beside these. A broken file is skipped with a warning; one that lacks a dependency is loaded
with a warning. Nothing here is fatal. The results are cached until ``reload``.
"""

import threading
from collections import OrderedDict
from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path
from typing import NamedTuple, TypeVar

from maestrod.agents.adapter import Adapter
from maestrod.agents.catalog.skill_files import Broken, is_skill, load_persona, load_skill
from maestrod.api.skill import AgentInfo, Persona, Skill
from maestrod.core.values.seen import FolderNames

#: Maximum number of entries read in one folder; one with more is not a folder of skills.
ENTRIES = 1000
#: How many projects' catalogues are cached.
PROJECTS = 32

T = TypeVar("T", Skill, Persona)


class SearchedFolder(NamedTuple):
    """A folder to search, and its name in messages and in ``origin``."""

    folder: Path
    origin: str


class _Found(NamedTuple):
    skills: tuple[Skill, ...]
    skill_warnings: tuple[str, ...]
    personas: tuple[Persona, ...]
    persona_warnings: tuple[str, ...]


class FileCatalog:
    """The catalogue of each project, read on first use."""

    def __init__(self, shipped: Path, home: Path, config: Path, adapters: Mapping[str, Adapter]) -> None:
        """``shipped`` is maestrod's own folder ``skills``, ``home`` the user's home, ``config`` our configuration folder."""
        self._shipped = shipped
        self._home = home
        self._config = config
        self.adapters = adapters
        self._lock = threading.Lock()
        self._cache: OrderedDict[str | None, _Found] = OrderedDict()
        self._agents: tuple[AgentInfo, ...] | None = None

    def skills(self, working_dir: str | None) -> tuple[tuple[Skill, ...], tuple[str, ...]]:
        """The skills that a folder can use, sorted by name, and warnings."""
        found = self._look(working_dir)
        return found.skills, found.skill_warnings

    def personas(self, working_dir: str | None) -> tuple[tuple[Persona, ...], tuple[str, ...]]:
        """The personas that a folder can use, sorted by name, and warnings."""
        found = self._look(working_dir)
        return found.personas, found.persona_warnings

    def agents(self) -> tuple[AgentInfo, ...]:
        """All agents, and whether what they need is installed."""
        if self._agents is None:
            self._agents = tuple(adapter.detect() for adapter in self.adapters.values())
        return self._agents

    def known_names(self, working_dir: str | None) -> FolderNames:
        """The names that work in a folder may refer to."""
        found = self._look(working_dir)
        return FolderNames(
            personas=frozenset(persona.name for persona in found.personas),
            skills=frozenset(skill.name for skill in found.skills),
        )

    def reload(self) -> None:
        """Clear the cache."""
        with self._lock:
            self._cache.clear()
        self._agents = None

    def _look(self, working_dir: str | None) -> _Found:
        """The cached catalogue, or a new one. Any thread may call it; none waits for another thread's disk access."""
        with self._lock:
            found = self._cache.pop(working_dir, None)
            if found is not None:
                self._cache[working_dir] = found
                return found
        found = self._read(Path(working_dir) if working_dir else None)
        with self._lock:
            self._cache[working_dir] = found
            if len(self._cache) > PROJECTS:
                self._cache.popitem(last=False)
        return found

    def _read(self, project: Path | None) -> _Found:
        skills, skill_warnings = _load(self._skill_places(project), _skill_folders, load_skill)
        personas, persona_warnings = _load(self._persona_places(project), _persona_files, load_persona)
        there = {skill.name for skill in skills}
        skill_warnings += [
            f"skill {skill.name}: it needs {need!r}, which does not exist"
            for skill in skills
            for need in skill.dependencies
            if need not in there
        ]
        persona_warnings += [
            f"persona {persona.name}: its skill {need!r} does not exist"
            for persona in personas
            for need in persona.skills
            if need not in there
        ]
        return _Found(tuple(skills), tuple(skill_warnings), tuple(personas), tuple(persona_warnings))

    def _skill_places(self, project: Path | None) -> Iterator[SearchedFolder]:
        yield SearchedFolder(self._shipped, "shipped")
        yield SearchedFolder(self._home / ".agents-ui" / "maestro-skills", "agents-ui")
        yield SearchedFolder(self._config / "skills", "user")
        if project is not None:
            yield SearchedFolder(project / ".skills", "project")
            yield SearchedFolder(project / ".agents" / "skills", "project")

    def _persona_places(self, project: Path | None) -> Iterator[SearchedFolder]:
        yield SearchedFolder(self._shipped / "personas", "shipped")
        yield SearchedFolder(self._config / "personas", "user")
        if project is not None:
            yield SearchedFolder(project / ".agents" / "personas", "project")


def _load(
    places: Iterable[SearchedFolder], entries: Callable[[Path], Iterable[Path]], load: Callable[[Path, str], T]
) -> tuple[list[T], list[str]]:
    """Load everything in the places, sorted by name; later places win. Also returns the warnings."""
    by_name: dict[str, T] = {}
    warnings: list[str] = []
    for place in places:
        try:
            paths = sorted(entries(place.folder))
        except OSError as error:
            if not isinstance(error, FileNotFoundError | NotADirectoryError):
                warnings.append(f"{place.folder}: {error.strerror}")
            continue
        if len(paths) > ENTRIES:
            warnings.append(f"{place.folder}: only the first {ENTRIES} entries were read")
        for path in paths[:ENTRIES]:
            try:
                loaded = load(path, place.origin)
            except Broken as broken:
                warnings.append(f"{broken}; skipped")
            else:
                by_name[loaded.name] = loaded
    return [by_name[name] for name in sorted(by_name)], warnings


def _skill_folders(folder: Path) -> list[Path]:
    """The skill folders in a folder. Only one level is read, so a link that leads upwards is never followed twice."""
    return [path for path in folder.iterdir() if not path.name.startswith(".") and path.is_dir() and is_skill(path)]


def _persona_files(folder: Path) -> list[Path]:
    return [path for path in folder.iterdir() if path.suffix == ".md" and not path.name.startswith(".")]
