"""The two struct families of the contract: stored and sent data (``Entity``), and parameters of methods (``Params``)."""

import enum
from typing import Annotated

import msgspec
from msgspec import Meta

from maestrod.api.model.patterns import LINE, NO_NUL

#: Maximum characters of text in requests. A title is one line of a list. A text is a prompt or a description, and must
#: easily fit into a message (1 MiB, see ``wire.py``).
TITLE_LIMIT = 500
TEXT_LIMIT = 262_144

Title = Annotated[str, Meta(min_length=1, max_length=TITLE_LIMIT, pattern=LINE)]
#: A title in a stored document. Only the linter checks the rest, so that titles accepted by older versions can still be read.
KeptTitle = Annotated[str, Meta(min_length=1, max_length=TITLE_LIMIT)]
#: Text that may become a program's argument or the value of an environment variable.
PlainText = Annotated[str, Meta(max_length=TEXT_LIMIT, pattern=NO_NUL)]
Text = Annotated[str, Meta(max_length=TEXT_LIMIT)]
#: Ten years. A longer duration is probably in the wrong unit, and this limit keeps all dates valid.
LONGEST_MS = 10 * 365 * 86_400_000
Milliseconds = Annotated[int, Meta(ge=0, le=LONGEST_MS, description="Milliseconds.")]
Instant = Annotated[int, Meta(description="Milliseconds since the epoch.")]
Happened = Annotated[
    Instant | None,
    Meta(
        description="When it happened, in milliseconds since the epoch, for a late report of work that was done while the daemon could not listen. Defaults to now."
    ),
]
Fraction = Annotated[float, Meta(ge=0.0, le=1.0)]
Limit = Annotated[int, Meta(ge=1, le=1000)]


class Order(enum.Enum):
    """The order of a list, by creation time."""

    NEWEST = "newest"
    OLDEST = "oldest"


class Entity(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """Base of all stored and returned data: immutable, camelCase on the wire and on disk.

    The encoded form has every member; only files leave out defaults (``maestrod/core/world/sparse.py``).

    Decoding ignores unknown members. The store keeps those of entity files and writes them back.
    """


class Params(msgspec.Struct, frozen=True, kw_only=True, rename="camel", forbid_unknown_fields=True, omit_defaults=True):
    """Base of every method's parameters: unknown members are refused with their path.

    ``request_id`` makes a mutating call repeatable: the same id with the same payload returns the first reply; with another
    payload, it is a conflict. ``session_token`` identifies the calling session and its attempt. Without it, the
    caller is the owner of the daemon.
    """

    request_id: Annotated[str, Meta(min_length=1, max_length=128)] | None = None
    session_token: Annotated[str, Meta(max_length=256)] | None = None


class Done(Entity, frozen=True):
    """The reply of a method that returns no data."""

    ok: bool = True
