"""Terminals of sessions: their input, size and output."""

from typing import Annotated

from msgspec import Meta

from maestrod.api.model.base import Entity, Milliseconds, Params, Text
from maestrod.api.task import Ids

Cells = Annotated[int, Meta(ge=1, le=1000)]


class SessionSend(Params, frozen=True):
    """``enter`` adds a carriage return."""

    session_id: str
    text: Text
    enter: bool = True


class SessionResize(Params, frozen=True):
    """Takes the size in columns and rows."""

    session_id: str
    columns: Cells
    rows: Cells


class SessionOutput(Params, frozen=True):
    """Reads from a byte offset, or the last lines; with ``wait``, waits for more output.

    ``offset`` counts bytes from the session's start. With ``lines``, returns that many of the last lines instead.
    """

    session_id: str
    offset: Annotated[int, Meta(ge=0)] = 0
    lines: Annotated[int, Meta(ge=1, le=10_000)] | None = None
    limit: Annotated[int, Meta(ge=1, le=4_194_304, description="Bytes.")] = 262_144
    wait: bool = False
    timeout_ms: Milliseconds | None = None


class OutputPage(Entity, frozen=True):
    """A piece of output: ``data`` is base64, ``start`` its offset, ``end`` the offset after it.

    ``start`` is past the requested offset if older output was rotated away. ``ended``: the session has ended, and no more output
    follows.
    """

    start: int
    end: int
    data: str
    dropped: int = 0
    ended: bool = False


class SessionTails(Params, frozen=True):
    """Takes the sessions' ids."""

    session_ids: Ids


class Tails(Entity, frozen=True):
    """The last line of output by session id, without control sequences."""

    lines: dict[str, str]


class SessionAttach(Params, frozen=True):
    """Sends the output from ``offset`` (default: its end) as ``output`` notifications on this connection."""

    session_id: str
    offset: Annotated[int, Meta(ge=0)] | None = None


class Attachment(Entity, frozen=True):
    """Output from ``offset`` on follows as ``output`` notifications with this ``attachment``."""

    attachment: int
    offset: int
