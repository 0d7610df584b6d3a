"""Why something is in the state it is in: the answer ``maestroctl why`` prints."""

from maestrod.api.model.base import Entity, Instant
from maestrod.api.model.open_enum import OpenEnum


class Source(OpenEnum):
    """Where the knowledge came from."""

    HOOK = "hook"
    STREAM = "stream"
    SCREEN = "screen"
    PROCESS = "process"
    REPORT = "report"
    TIMER = "timer"
    USER = "user"
    RECOVERY = "recovery"
    PLAN = "plan"


class Reason(Entity, frozen=True):
    """Source, stable code, words and time of the last change of a status.

    ``by`` names the entity responsible where there is one: the task that blocks, the session that reported.
    """

    source: Source
    code: str
    detail: str = ""
    at: Instant = 0
    by: str | None = None
