"""A method is a row of data from which every surface is made.

A row gives JSON-RPC its name, types and errors, REST its route, the documents their text, the typed client its signature
and ``maestroctl`` its ``noun verb`` command.
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
    WORK = "work"  #: a session may call it about itself, its tasks, its queue (an orchestrator: its descendants)
    OWNER = "owner"  #: only the user, never a session


class Scope(enum.IntEnum):
    """How much of the contract a client of the bridge may use; each includes those before it."""

    READ = 1  #: methods that change nothing
    WORK = 2  #: what a person does daily: tasks, sessions, runs, plans, queues, answers
    ADMIN = 3  #: the daemon itself, and who may talk to it


#: Nouns that only an administrator may change.
_ADMIN_NOUNS = frozenset({"system", "skill", "token"})

#: Nouns whose changes give callers nothing that they do not have already: their own page.
_OWN_NOUNS = frozenset({"ui"})

#: Nouns that only an administrator may even read.
_SECRETIVE_NOUNS = frozenset({"token"})


@dataclass(frozen=True, slots=True)
class Route:
    """The REST form of a method: verb and path, whose ``{names}`` are parameters."""

    verb: str
    path: str


@dataclass(frozen=True, slots=True)
class Method(Generic[P, R]):
    """One row.

    ``params`` and ``result`` are msgspec types; ``waits`` marks a call that may block until something happens, so that it is
    never run on the connection's own turn; ``example`` is the params of a call that validates; ``positional`` names the
    parameters the command line takes as arguments, in order, the rest are options. ``errors`` are the method's own errors;
    besides, any call may fail with ``Malformed`` (its parameters), ``NotAllowed`` (its token), ``Conflict`` (its ``request_id``) or,
    if it changes something, ``Unavailable``.
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
        """Whether a call creates something with an address of its own (201 over HTTP)."""
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
    """A route that reads."""
    return Route("GET", path)


def post(path: str) -> Route:
    """A route that acts."""
    return Route("POST", path)


def patch(path: str) -> Route:
    """A route that changes some members."""
    return Route("PATCH", path)


def delete(path: str) -> Route:
    """A route that removes."""
    return Route("DELETE", path)
