"""Requests for permission: what a deciding hook of an agent asks before a tool runs, and what it is told."""

from typing import Annotated, Any

from msgspec import Meta

from maestrod.api.errors import IllegalTransition, Malformed, NotAllowed, NotFound
from maestrod.api.model.base import Entity, Instant, Milliseconds, Params
from maestrod.api.model.method import Access, Method, post
from maestrod.api.model.open_enum import OpenEnum


class Permission(OpenEnum):
    """What a person, a policy or a deadline says to a request for permission; also the options of the question."""

    ALLOW = "allow"
    DENY = "deny"


class PermissionAsk(Params, frozen=True):
    """What a hook was asked, as the agent put it; the call returns when it is decided.

    ``event`` and ``payload`` are the hook's, as in ``event.report``. ``event_id`` names the question: a repeated call after a lost
    connection finds it again. ``wait_ms`` is how long the hook can wait: the question's deadline is no later.
    """

    event: Annotated[str, Meta(min_length=1, max_length=100)]
    agent: str | None = None
    session_id: str | None = None
    event_id: Annotated[str, Meta(min_length=1, max_length=128)] | None = None
    at: Instant | None = None
    wait_ms: Milliseconds | None = None
    pid: int | None = None
    payload: Any = None


class PermissionReply(Entity, frozen=True):
    """What was decided; without a ``decision`` the agent asks at its own dialog. ``output`` is what the hook is to print.

    ``attention_id`` is the question in the inbox; there is none when the payload asked for nothing.
    """

    decision: Permission | None = None
    output: str = ""
    attention_id: str | None = None


# A table: one method, one row.
# fmt: off
PERMISSION_ASK = Method("permission.ask", PermissionAsk, PermissionReply, Access.WORK, post("/api/permissions"), "Ask for permission as a hook of an agent, and wait for the decision",
    errors=(NotFound, Malformed, IllegalTransition, NotAllowed), example={"event": "PermissionRequest", "agent": "claude", "sessionId": "ses_00000000000000000000000000"}, positional=("event",), waits=True)
# fmt: on
METHODS = (PERMISSION_ASK,)
