"""Projects, created by hand or for the folder in which a run is started. A project is identified by its folder, not by the
spelling of its path.
"""

import posixpath
from collections.abc import Iterable

from maestrod.api.errors import Conflict, Malformed
from maestrod.api.model.base import TITLE_LIMIT, Done
from maestrod.api.model.patterns import as_line
from maestrod.api.project import (
    FolderIdentity,
    GivenSettings,
    Project,
    ProjectCreate,
    ProjectRef,
    ProjectSettings,
    ProjectUpdate,
    ProjectView,
)
from maestrod.core.access import permission_policy
from maestrod.core.values.folders import Identities, Place
from maestrod.core.values.seen import Seen
from maestrod.core.world.draft import Draft
from maestrod.core.world.known import check_agent
from maestrod.core.world.world import World


def create(draft: Draft, params: ProjectCreate) -> Project:
    """Create a project. Raises ``Malformed`` if the path is not a folder, ``Conflict`` if the folder has a project or the name
    is taken.
    """
    place = _place(draft, params.working_dir)
    _refuse_second(draft, place)
    _refuse_name(draft.world, params.name)
    return _make(draft, params, place)


def for_folder(draft: Draft, project_id: str | None, working_dir: str | None) -> Project:
    """The named project, or the nearest one whose folder contains this folder, or a new one for the folder.

    Raises ``Malformed`` if the path is not a folder, ``Conflict`` if the project's folder is missing or was replaced.
    """
    if project_id is not None:
        return _settled(draft, draft.project(project_id), None)
    if working_dir is None:
        raise Malformed("project.missing", "name a project or a folder: projectId is missing", {"path": "projectId"})
    place = _place(draft, working_dir)
    project = _enclosing(draft, place)
    if project is not None:
        return _settled(draft, project, place)
    return _make(draft, ProjectCreate(name=_free_name(draft.world, place.path), working_dir=place.path), place)


def update(draft: Draft, params: ProjectUpdate) -> Project:
    """Change the given members."""
    project = draft.project(params.project_id)
    members: dict[str, object] = {"description": params.description}
    if params.name is not None:
        _refuse_name(draft.world, params.name, but=project)
        members["name"] = params.name
    if params.working_dir is not None:
        place = _place(draft, params.working_dir)
        _refuse_second(draft, place, but=project)
        members |= {"working_dir": place.path, "folder": place.identity}
    if params.settings is not None:
        members["settings"] = _settings(draft, params.settings)
    return draft.change(project, **{name: value for name, value in members.items() if value is not None})


def enclosing(world: World, seen: Seen, place: Place) -> Project | None:
    """The project of this folder, or else of the nearest folder around it. If one folder has several projects, the oldest
    counts.
    """
    levels: dict[object, int] = {}
    for level, path in enumerate(place.around):
        for key in (path, _key(place.identities.get(path))):
            levels.setdefault(key, level)
    levels.pop(None, None)
    identities = seen.identities([each.working_dir for each in world.projects.values()])
    found = [
        (min(levels[key] for key in keys), project)
        for project in world.projects.values()
        if (keys := levels.keys() & _keys(project, identities))
    ]
    return min(found, key=lambda item: item[0])[1] if found else None


def _enclosing(draft: Draft, place: Place) -> Project | None:
    return enclosing(draft.world, draft.seen, place)


def views(world: World, seen: Seen, projects: Iterable[Project]) -> list[ProjectView]:
    """Projects as clients see them, with problems of their folders."""
    identities = seen.identities([each.working_dir for each in world.projects.values()])
    oldest: dict[object, Project] = {}
    for each in world.projects.values():
        oldest.setdefault(_key(identities.get(each.working_dir)) or each.working_dir, each)
    return [_view(each, identities if seen.looks else None, oldest) for each in projects]


def _view(project: Project, identities: Identities | None, oldest: dict[object, Project]) -> ProjectView:
    """``identities`` is None if the folders were not looked up."""
    members = {name: getattr(project, name) for name in Project.__struct_fields__}
    now = None if identities is None else identities.get(project.working_dir)
    first = oldest[_key(now) or project.working_dir]
    problem = ""
    if identities is not None and now is None:
        problem = "its folder is missing, or its file system does not answer"
    elif _is_replaced(project, now):
        problem = "its folder was replaced by another one"
    elif first.id != project.id:
        problem = f"its folder is also that of {first.name} ({first.id}), which takes precedence"
    return ProjectView(**members, problem=problem)


def _settled(draft: Draft, project: Project, place: Place | None) -> Project:
    """The project with its present folder; a moved folder is followed. Raises ``Conflict`` if work cannot start there."""
    if not draft.seen.looks:
        return project
    now = draft.seen.identities([project.working_dir]).get(project.working_dir)
    moved = None if place is None or _same(now, project.folder) else _moved(project, place)
    if moved is not None:
        return draft.change(project, working_dir=moved)
    fix = f"maestroctl project update {project.id} --working-dir FOLDER"
    if now is None:
        message = f"{project.working_dir}, the folder of project {project.name}, is missing: restore it, or set its new path: {fix}"
        raise Conflict("project.folder_gone", message, {"projectId": project.id})
    if _is_replaced(project, now):
        message = (
            f"{project.working_dir}, the folder of project {project.name}, was replaced by another one: to work in the new one, "
            f"run: {fix.replace('FOLDER', project.working_dir)}"
        )
        raise Conflict("project.folder_replaced", message, {"projectId": project.id})
    return draft.change(project, folder=now)


def _moved(project: Project, place: Place) -> str | None:
    """The path to which the project's folder has moved, if it is ``place`` or one of the folders around it."""
    key = _key(project.folder)
    paths = (path for path in place.around if key is not None and _key(place.identities.get(path)) == key)
    return next(paths, None)


def _is_replaced(project: Project, now: FolderIdentity | None) -> bool:
    """Whether another folder is now at the path. It can be decided only within one boot; a new mount of the same folder does
    not count.
    """
    known = project.folder
    if known is None or now is None or known.boot_id != now.boot_id:
        return False
    return known.inode != now.inode


def _same(one: FolderIdentity | None, other: FolderIdentity | None) -> bool:
    return one is not None and _key(one) == _key(other)


def _key(identity: FolderIdentity | None) -> tuple[int, int, str] | None:
    return None if identity is None else (identity.device, identity.inode, identity.boot_id)


def _keys(project: Project, identities: Identities) -> set[object]:
    """The keys by which a project is found: its path, and the identity of its folder, both present and stored."""
    keys = {_key(identities.get(project.working_dir)), _key(project.folder)} - {None}
    return {project.working_dir, *keys}


def _place(draft: Draft, path: str) -> Place:
    """The folder at a path. Raises ``Malformed`` if it is not a folder, or if the path is relative (the daemon has its own
    working directory).
    """
    if not path.startswith("/") or "\0" in path:
        raise Malformed(
            "project.relative", f"workingDir must be an absolute path, not {path!r}", {"path": "workingDir"}
        )
    place = draft.seen.place(path)
    if place.problem:
        raise Malformed("project.no_folder", place.problem, {"path": "workingDir"})
    return place


def _refuse_second(draft: Draft, place: Place, but: Project | None = None) -> None:
    """Refuse a folder that already has a project. A folder inside a project's folder may have its own."""
    innermost = Place(place.path, (place.path,), place.identities)
    owner = _enclosing(draft, innermost)
    if owner is not None and owner != but:
        message = f"{place.path} is already the folder of project {owner.name} ({owner.id}): use that one"
        raise Conflict("project.folder_taken", message, {"projectId": owner.id})


def _refuse_name(world: World, name: str, but: Project | None = None) -> None:
    owner = next((each for each in world.projects.values() if each.name == name and each != but), None)
    if owner is not None:
        message = f"project {owner.id} is already called {name!r}: choose another name"
        raise Conflict("project.name_taken", message, {"projectId": owner.id})


def _free_name(world: World, path: str) -> str:
    """A free name for a folder's project: the folder's name, with its parent's name or a number if it is taken."""
    taken = {each.name for each in world.projects.values()}
    parts = [as_line(part, "folder") for part in path.split("/") if part] or ["/"]
    names = [posixpath.join(*parts[-depth:]) for depth in range(1, min(len(parts), 3) + 1)]
    names += [f"{parts[-1]}-{number}" for number in range(2, len(taken) + 3)]
    return next(name for name in names if name not in taken)[:TITLE_LIMIT]


def _make(draft: Draft, params: ProjectCreate, place: Place) -> Project:
    return draft.put(
        Project(
            id=draft.new_id("prj"),
            name=params.name,
            working_dir=place.path,
            description=params.description,
            settings=_settings(draft, params.settings),
            folder=place.identity,
            created_at=draft.now,
            updated_at=draft.now,
        )
    )


def _settings(draft: Draft, given: GivenSettings) -> ProjectSettings:
    """Settings in their stored form. Raises ``Malformed`` for an unknown agent or a pattern that cannot match anything."""
    check_agent(draft, given.default_agent, "settings.defaultAgent")
    for name, patterns in (("allow", given.permissions.allow), ("deny", given.permissions.deny)):
        for place, pattern in enumerate(patterns):
            if not permission_policy.is_pattern(pattern):
                path = f"settings.permissions.{name}[{place}]"
                message = f"{path} matches nothing: write a tool such as `Edit`, or a tool with its argument such as `Bash(git diff*)`"
                raise Malformed("permission.pattern", message, {"path": f"$.{path}"})
    return given.stored()


def delete(draft: Draft, params: ProjectRef) -> Done:
    """Delete a project without tasks and live sessions. Raises ``Conflict`` if it has any."""
    project = draft.project(params.project_id)
    tasks = len(draft.world.by_task.of_project.get(project.id, ()))
    if tasks:
        raise Conflict(
            "project.has_tasks", f"{project.id} still has {tasks} tasks: delete them first", {"tasks": tasks}
        )
    live = [id_ for id_ in draft.world.by_session.live if draft.world.sessions[id_].project_id == project.id]
    if live:
        detail = {"sessionId": min(live)}
        raise Conflict("project.in_use", f"{min(live)} works in {project.id}: stop it first", detail)
    draft.drop(project)
    return Done()
