"""Terminals of sessions: what is typed into them, their size, and what they have printed."""

from typing import Annotated

from msgspec import Meta

from maestrod.api.model.base import Entity, Milliseconds, Params, Text
from maestrod.api.task import Ids

Cells = Annotated[int, Meta(ge=1, le=1000)]


class SessionSend(Params, frozen=True):
    """Type into a session's terminal; ``enter`` adds a carriage return."""

    session_id: str
    text: Text
    enter: bool = True


class SessionResize(Params, frozen=True):
    """Set the size of a session's terminal, in cells."""

    session_id: str
    columns: Cells
    rows: Cells


class SessionOutput(Params, frozen=True):
    """Read a session's output log from a byte offset, or its last lines; with ``wait`` until there is more.

    ``offset`` counts bytes from the session's start. ``lines`` asks for the last so many lines instead.
    """

    session_id: str
    offset: Annotated[int, Meta(ge=0)] = 0
    lines: Annotated[int, Meta(ge=1, le=10_000)] | None = None
    limit: Annotated[int, Meta(ge=1, le=4_194_304, description="Bytes.")] = 262_144
    wait: bool = False
    timeout_ms: Milliseconds | None = None


class OutputPage(Entity, frozen=True):
    """A piece of output: ``data`` is base64, ``start`` its offset, ``end`` the offset after it.

    ``start`` is past the offset asked for when older output was rotated away. ``ended``: the session has ended and this is
    all there is.
    """

    start: int
    end: int
    data: str
    dropped: int = 0
    ended: bool = False


class SessionTails(Params, frozen=True):
    """The last line of each of some sessions."""

    session_ids: Ids


class Tails(Entity, frozen=True):
    """Last line of output by session id, control sequences removed."""

    lines: dict[str, str]


class SessionAttach(Params, frozen=True):
    """Follow a session's output from ``offset`` (its end when left out) as notifications ``output`` on this connection."""

    session_id: str
    offset: Annotated[int, Meta(ge=0)] | None = None


class Attachment(Entity, frozen=True):
    """Output from ``offset`` on follows as notifications with this ``attachment``."""

    attachment: int
    offset: int
