"""Why an entity has its status: the evidence that ``maestroctl why`` prints."""

from maestrod.api.model.base import Entity, Instant
from maestrod.api.model.open_enum import OpenEnum


class Source(OpenEnum):
    """Where the evidence came from."""

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
    """Why a status last changed: the source, a stable code, a text and the time.

    ``by`` names the entity responsible, if there is one: the task that blocks, the session that reported.
    """

    source: Source
    code: str
    detail: str = ""
    at: Instant = 0
    by: str | None = None
