"""Projects: named folders that work happens in, with their settings."""

from typing import Annotated

import msgspec
from msgspec import Meta

from maestrod.api.errors import Conflict, Malformed, NotFound, Unavailable
from maestrod.api.model.base import Done, Entity, Instant, Limit, Milliseconds, Params, Text, Title
from maestrod.api.model.method import Access, Method, delete, get, patch, post
from maestrod.api.model.open_enum import OpenEnum
from maestrod.api.model.patterns import NO_NUL

Folder = Annotated[str, Meta(min_length=1, max_length=4096, pattern=NO_NUL, description="An absolute path.")]
Slots = Annotated[int, Meta(ge=1, le=1000)]
Patterns = Annotated[tuple[Annotated[str, Meta(min_length=1, max_length=1000)], ...], Meta(max_length=200)]


class PermissionPolicy(OpenEnum):
    """How an agent's permission request is handled: ask a person, allow it, or deny it."""

    ASK = "ask"
    ALLOW = "allow"
    DENY = "deny"


class Permissions(Entity, frozen=True):
    """A project's policy for agents that ask before they act.

    ``allow`` and ``deny`` are patterns like ``Bash(git diff*)`` or ``Edit``: the agent's tool and, in parentheses, a glob over its one-line
    summary. ``deny`` takes precedence, then ``allow``, then ``policy``. After ``timeout_ms``, a question is answered with ``on_timeout``.
    """

    policy: PermissionPolicy = PermissionPolicy.ASK
    allow: Patterns = ()
    deny: Patterns = ()
    timeout_ms: Milliseconds | None = None
    on_timeout: PermissionPolicy = PermissionPolicy.DENY


class ProjectSettings(Entity, frozen=True):
    """Settings for every task of the project, unless the task overrides them.

    ``planning_agent`` plans requests that name no agent; ``default_agent`` does tasks that name none.
    """

    default_agent: str | None = None
    planning_agent: str | None = None
    max_sessions: Slots | None = None
    permissions: Permissions = Permissions()


class GivenPermissions(Permissions, frozen=True, forbid_unknown_fields=True):
    """A policy in a request: unknown members are refused, since stored files may have members of a later version but requests may not."""


class GivenSettings(ProjectSettings, frozen=True, forbid_unknown_fields=True):
    """Settings in a request: unknown members are refused."""

    permissions: GivenPermissions = GivenPermissions()

    def stored(self) -> ProjectSettings:
        """The settings in the form that is stored."""
        policy = Permissions(**msgspec.structs.asdict(self.permissions))
        return ProjectSettings(**(msgspec.structs.asdict(self) | {"permissions": policy}))


class FolderIdentity(Entity, frozen=True):
    """Identifies a folder whatever its path: device and inode of stat(2), valid within one boot of the machine."""

    device: int
    inode: int
    boot_id: str


class Project(Entity, frozen=True):
    """A folder that work happens in, and its settings. ``folder`` is the folder's identity when it was last used."""

    id: str
    name: str
    working_dir: str
    description: str = ""
    settings: ProjectSettings = ProjectSettings()
    folder: FolderIdentity | None = None
    created_at: Instant = 0
    updated_at: Instant = 0


class ProjectView(Project, frozen=True):
    """A project as it is now. ``problem`` says what is wrong with its folder: missing, replaced, or used by another project."""

    problem: str = ""


class ProjectCreate(Params, frozen=True):
    """Takes a name, the folder, and optional settings."""

    name: Title
    working_dir: Folder
    description: Text = ""
    settings: GivenSettings = GivenSettings()


class ProjectRef(Params, frozen=True):
    """Takes a project's id."""

    project_id: str


class ProjectList(Params, frozen=True):
    """Returns one page of projects, oldest first.

    With ``working_dir``, returns the project that a run in that folder would belong to: the folder's own, or the nearest one above it.
    """

    working_dir: str | None = None
    cursor: str | None = None
    limit: Limit = 100


class ProjectPage(Entity, frozen=True):
    """One page of results; ``next_cursor`` is set if there are more."""

    items: tuple[ProjectView, ...] = ()
    next_cursor: str | None = None


class ProjectUpdate(Params, frozen=True):
    """Changes only the given members."""

    project_id: str
    name: Title | None = None
    working_dir: Folder | None = None
    description: Text | None = None
    settings: GivenSettings | None = None


_ID = {"projectId": "prj_00000000000000000000000000"}

# A table: one method, one row.
# fmt: off
PROJECT_CREATE = Method("project.create", ProjectCreate, Project, Access.OWNER, post("/api/projects"), "Create a project for a folder",
    errors=(Malformed, Conflict), example={"name": "shop", "workingDir": "/home/ada/shop"}, positional=("name", "working_dir"))
PROJECT_GET = Method("project.get", ProjectRef, ProjectView, Access.READ, get("/api/projects/{projectId}"), "Show a project",
    errors=(NotFound, Unavailable), example=_ID, positional=("project_id",))
PROJECT_LIST = Method("project.list", ProjectList, ProjectPage, Access.READ, get("/api/projects"), "List projects",
    errors=(Malformed, Unavailable), example={})
PROJECT_UPDATE = Method("project.update", ProjectUpdate, Project, Access.OWNER, patch("/api/projects/{projectId}"), "Change a project",
    errors=(NotFound, Malformed, Conflict), example={**_ID, "name": "store"}, positional=("project_id",))
PROJECT_DELETE = Method("project.delete", ProjectRef, Done, Access.OWNER, delete("/api/projects/{projectId}"), "Delete a project that has no tasks",
    errors=(NotFound, Conflict), example=_ID, positional=("project_id",))
# fmt: on
METHODS = (PROJECT_CREATE, PROJECT_GET, PROJECT_LIST, PROJECT_UPDATE, PROJECT_DELETE)
