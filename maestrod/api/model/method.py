"""A method is a row of data from which every surface is made.

A row provides the name, types and errors for JSON-RPC, the route for REST, the texts for the documents, the signature for the
typed client and the ``noun verb`` command for ``maestroctl``.
"""

import enum
from dataclasses import dataclass, field
from typing import Any, Generic, TypeVar

from maestrod.api.errors import MaestroError
from maestrod.api.model.base import Params

P = TypeVar("P", bound=Params)
R = TypeVar("R")


class Access(enum.Enum):
    """Who may call a method."""

    READ = "read"  #: changes nothing
    WORK = (
        "work"  #: a session may call it for itself, its tasks and its queue (an orchestrator also for its descendants)
    )
    OWNER = "owner"  #: only the user, never a session


class Scope(enum.IntEnum):
    """Which methods a client of the bridge may call; each scope includes those before it."""

    READ = 1  #: methods that change nothing
    WORK = 2  #: daily work: tasks, sessions, runs, plans, queues, answers
    ADMIN = 3  #: the daemon itself, and who may access it


#: Nouns that only an administrator may change.
_ADMIN_NOUNS = frozenset({"system", "skill", "token"})

#: Nouns whose changes give callers no new access, such as their own page.
_OWN_NOUNS = frozenset({"ui"})

#: Nouns that only an administrator may read.
_SECRETIVE_NOUNS = frozenset({"token"})


@dataclass(frozen=True, slots=True)
class Route:
    """The REST route of a method: HTTP method and path, in which ``{names}`` are parameters."""

    verb: str
    path: str


@dataclass(frozen=True, slots=True)
class Method(Generic[P, R]):
    """One row.

    ``params`` and ``result`` are msgspec types. ``waits`` marks a call that may wait for an event, so it runs as a task of its
    own. ``example`` has valid parameters. ``positional`` names the parameters that are arguments on the command line, in order;
    all others are options. ``errors`` are the method's own errors. Any call may also fail with ``Malformed`` (its parameters),
    ``NotAllowed`` (its token), ``Conflict`` (its ``request_id``) or, if it changes something, ``Unavailable``.
    """

    name: str
    params: type[P]
    result: type[R]
    access: Access
    route: Route
    summary: str
    errors: tuple[type[MaestroError], ...] = ()
    example: dict[str, Any] = field(default_factory=dict)
    positional: tuple[str, ...] = ()
    waits: bool = False

    @property
    def noun(self) -> str:
        """``task`` of ``task.start``."""
        return self.name.partition(".")[0]

    @property
    def verb(self) -> str:
        """``start`` of ``task.start``."""
        return self.name.partition(".")[2]

    @property
    def creates(self) -> bool:
        """Whether a call creates an entity with a route of its own (201 over HTTP)."""
        return self.verb in {"create", "spawn"}

    @property
    def scope(self) -> Scope:
        """The scope that a client of the bridge needs: reading methods need ``read``, except for the list of tokens."""
        if self.access is Access.READ and self.noun not in _SECRETIVE_NOUNS:
            return Scope.READ
        if self.noun in _OWN_NOUNS:
            return Scope.READ
        return Scope.ADMIN if self.noun in _ADMIN_NOUNS else Scope.WORK


def get(path: str) -> Route:
    """A GET route, for reads."""
    return Route("GET", path)


def post(path: str) -> Route:
    """A POST route, for actions."""
    return Route("POST", path)


def patch(path: str) -> Route:
    """A PATCH route, for changes of some members."""
    return Route("PATCH", path)


def delete(path: str) -> Route:
    """A DELETE route."""
    return Route("DELETE", path)
