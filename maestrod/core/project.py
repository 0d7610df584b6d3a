"""Projects: made by hand, or of the folder a run is started in."""

import posixpath

from maestrod.api.base import Done
from maestrod.api.errors import Conflict, Malformed
from maestrod.api.patterns import as_line
from maestrod.api.project import GivenSettings, Project, ProjectCreate, ProjectRef, ProjectSettings, ProjectUpdate
from maestrod.core import permission_policy
from maestrod.core.draft import Draft
from maestrod.core.known import check_agent


def _folder(path: str) -> str:
    """The path in its simplest form. Raises ``Malformed`` for a relative one: the daemon stands in another folder."""
    if not path.startswith("/") or "\0" in path:
        raise Malformed(
            "project.relative", f"workingDir must be an absolute path, not {path!r}", {"path": "workingDir"}
        )
    return posixpath.normpath(path)


def create(draft: Draft, params: ProjectCreate) -> Project:
    """Make a project."""
    folder = _folder(params.working_dir)
    return draft.put(
        Project(
            id=draft.new_id("prj"),
            name=params.name,
            working_dir=folder,
            description=params.description,
            settings=_settings(draft, folder, params.settings),
            created_at=draft.now,
            updated_at=draft.now,
        )
    )


def for_folder(draft: Draft, project_id: str | None, working_dir: str | None) -> Project:
    """The project named, or the one of a folder, which is made if there is none."""
    if project_id is not None:
        return draft.project(project_id)
    if working_dir is None:
        raise Malformed("project.missing", "name a project or a folder: projectId is missing", {"path": "projectId"})
    folder = _folder(working_dir)
    for project in draft.world.projects.values():
        if project.working_dir == folder:
            return project
    name = as_line(folder.rpartition("/")[2], folder)
    return create(draft, ProjectCreate(name=name, working_dir=folder))


def update(draft: Draft, params: ProjectUpdate) -> Project:
    """Change what is given."""
    project = draft.project(params.project_id)
    folder = None if params.working_dir is None else _folder(params.working_dir)
    members = {
        "name": params.name,
        "working_dir": folder,
        "description": params.description,
        "settings": params.settings and _settings(draft, folder or project.working_dir, params.settings),
    }
    return draft.change(project, **{name: value for name, value in members.items() if value is not None})


def _settings(draft: Draft, working_dir: str, given: GivenSettings) -> ProjectSettings:
    """Settings as they are kept. Raises ``Malformed`` for an agent that there is not and a pattern that can match nothing."""
    check_agent(draft, working_dir, given.default_agent, "settings.defaultAgent")
    for name, patterns in (("allow", given.permissions.allow), ("deny", given.permissions.deny)):
        for place, pattern in enumerate(patterns):
            if not permission_policy.is_pattern(pattern):
                path = f"settings.permissions.{name}[{place}]"
                message = f"{path} matches nothing: write a tool as `Edit`, or with what it does as `Bash(git diff*)`"
                raise Malformed("permission.pattern", message, {"path": f"$.{path}"})
    return given.kept()


def delete(draft: Draft, params: ProjectRef) -> Done:
    """Remove a project that has no tasks and no live sessions left."""
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
