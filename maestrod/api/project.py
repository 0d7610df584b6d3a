"""Projects: a name and the folder the work happens in."""

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
    """What becomes of an agent's request for permission: a person is asked, it is allowed, or it is denied."""

    ASK = "ask"
    ALLOW = "allow"
    DENY = "deny"


class Permissions(Entity, frozen=True):
    """A project's policy for agents that ask before they act.

    ``allow`` and ``deny`` are patterns like ``Bash(git diff*)`` or ``Edit``: the agent's tool and, in parentheses, a glob over its one-line
    summary; ``deny`` wins, then ``allow``, then ``policy``. ``timeout_ms`` after the question ``on_timeout`` is the answer.
    """

    policy: PermissionPolicy = PermissionPolicy.ASK
    allow: Patterns = ()
    deny: Patterns = ()
    timeout_ms: Milliseconds | None = None
    on_timeout: PermissionPolicy = PermissionPolicy.DENY


class ProjectSettings(Entity, frozen=True):
    """What holds for every task of the project unless the task says otherwise.

    ``planning_agent`` plans a request that names no agent; ``default_agent`` does the tasks that name none.
    """

    default_agent: str | None = None
    planning_agent: str | None = None
    max_sessions: Slots | None = None
    permissions: Permissions = Permissions()


class GivenPermissions(Permissions, frozen=True, forbid_unknown_fields=True):
    """A policy as a request has it: what is misspelt is refused. Kept files may have members of a later version."""


class GivenSettings(ProjectSettings, frozen=True, forbid_unknown_fields=True):
    """Settings as a request has them: what is misspelt is refused."""

    permissions: GivenPermissions = GivenPermissions()

    def kept(self) -> ProjectSettings:
        """The same as it is kept."""
        policy = Permissions(**msgspec.structs.asdict(self.permissions))
        return ProjectSettings(**(msgspec.structs.asdict(self) | {"permissions": policy}))


class FolderIdentity(Entity, frozen=True):
    """Which folder it is, whatever leads to it: device and inode of stat(2), which count within one boot of the machine."""

    device: int
    inode: int
    boot_id: str


class Project(Entity, frozen=True):
    """A folder work happens in, and its settings. ``folder`` is which one that was when it was last used."""

    id: str
    name: str
    working_dir: str
    description: str = ""
    settings: ProjectSettings = ProjectSettings()
    folder: FolderIdentity | None = None
    created_at: Instant = 0
    updated_at: Instant = 0


class ProjectView(Project, frozen=True):
    """A project as it is now. ``problem`` says what is wrong with its folder: it is gone, was replaced, or is another project's."""

    problem: str = ""


class ProjectCreate(Params, frozen=True):
    """Make a project of a folder."""

    name: Title
    working_dir: Folder
    description: Text = ""
    settings: GivenSettings = GivenSettings()


class ProjectRef(Params, frozen=True):
    """Name a project."""

    project_id: str


class ProjectList(Params, frozen=True):
    """A page of projects, oldest first; ``cursor`` is the last id of the page before.

    With ``working_dir`` the project that a run in that folder belongs to: the folder's own, or the nearest one around it.
    """

    working_dir: str | None = None
    cursor: str | None = None
    limit: Limit = 100


class ProjectPage(Entity, frozen=True):
    """A page; ``next_cursor`` is there when more follow."""

    items: tuple[ProjectView, ...] = ()
    next_cursor: str | None = None


class ProjectUpdate(Params, frozen=True):
    """Change what is given."""

    project_id: str
    name: Title | None = None
    working_dir: Folder | None = None
    description: Text | None = None
    settings: GivenSettings | None = None


_ID = {"projectId": "prj_00000000000000000000000000"}

# A table: one method, one row.
# fmt: off
PROJECT_CREATE = Method("project.create", ProjectCreate, Project, Access.OWNER, post("/api/projects"), "Make a project of a folder",
    errors=(Malformed, Conflict), example={"name": "shop", "workingDir": "/home/ada/shop"}, positional=("name", "working_dir"))
PROJECT_GET = Method("project.get", ProjectRef, ProjectView, Access.READ, get("/api/projects/{projectId}"), "Show a project",
    errors=(NotFound, Unavailable), example=_ID, positional=("project_id",))
PROJECT_LIST = Method("project.list", ProjectList, ProjectPage, Access.READ, get("/api/projects"), "List projects",
    errors=(Malformed, Unavailable), example={})
PROJECT_UPDATE = Method("project.update", ProjectUpdate, Project, Access.OWNER, patch("/api/projects/{projectId}"), "Change a project",
    errors=(NotFound, Malformed, Conflict), example={**_ID, "name": "store"}, positional=("project_id",))
PROJECT_DELETE = Method("project.delete", ProjectRef, Done, Access.OWNER, delete("/api/projects/{projectId}"), "Delete a project that has no tasks left",
    errors=(NotFound, Conflict), example=_ID, positional=("project_id",))
# fmt: on
METHODS = (PROJECT_CREATE, PROJECT_GET, PROJECT_LIST, PROJECT_UPDATE, PROJECT_DELETE)
