"""The two struct families of the contract: what is stored and sent (``Entity``) and what is asked (``Params``)."""

import enum
from typing import Annotated

import msgspec
from msgspec import Meta

from maestrod.api.model.patterns import LINE, NO_NUL

#: Bounds on text in requests, in characters. A title is one line of a list; a text is a prompt or a description and must
#: fit a message (1 MiB, see ``wire.py``) with room to spare.
TITLE_LIMIT = 500
TEXT_LIMIT = 262_144

Title = Annotated[str, Meta(min_length=1, max_length=TITLE_LIMIT, pattern=LINE)]
#: A title in a document that is kept: the linter judges it, so that what an older version took can still be read.
KeptTitle = Annotated[str, Meta(min_length=1, max_length=TITLE_LIMIT)]
#: Text that may become an argument of a program or a value in its environment.
PlainText = Annotated[str, Meta(max_length=TEXT_LIMIT, pattern=NO_NUL)]
Text = Annotated[str, Meta(max_length=TEXT_LIMIT)]
#: Ten years: whoever asks for longer has mistaken the unit, and dates stay dates everywhere.
LONGEST_MS = 10 * 365 * 86_400_000
Milliseconds = Annotated[int, Meta(ge=0, le=LONGEST_MS, description="Milliseconds.")]
Instant = Annotated[int, Meta(description="Milliseconds since the epoch.")]
Happened = Annotated[
    Instant | None,
    Meta(
        description="When it happened, in milliseconds since the epoch, if that was before now: what was done while the daemon could not listen counts from then."
    ),
]
Fraction = Annotated[float, Meta(ge=0.0, le=1.0)]
Limit = Annotated[int, Meta(ge=1, le=1000)]


class Order(enum.Enum):
    """The order of a list by the time its things were made."""

    NEWEST = "newest"
    OLDEST = "oldest"


class Entity(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """Base of everything stored and replied: immutable, camelCase on the wire and on disk.

    Encoded, it has every member, whatever its value; only files leave out defaults (``maestrod/core/world/sparse.py``).

    Unknown members are ignored when decoding here; the store keeps those of entity files aside and writes them back.
    """


class Params(msgspec.Struct, frozen=True, kw_only=True, rename="camel", forbid_unknown_fields=True, omit_defaults=True):
    """Base of every method's parameters: unknown members are refused with their path.

    ``request_id`` makes a mutating call repeatable: the same id with the same payload returns the first reply, with another
    payload it is a conflict. ``session_token`` says which session (and which attempt of it) is speaking; without one the
    caller is the owner of the daemon.
    """

    request_id: Annotated[str, Meta(min_length=1, max_length=128)] | None = None
    session_token: Annotated[str, Meta(max_length=256)] | None = None


class Done(Entity, frozen=True):
    """The reply of a method that has nothing more to say than that it is done."""

    ok: bool = True
