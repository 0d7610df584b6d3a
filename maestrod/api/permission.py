"""Permission requests: what an agent's hook asks before a tool runs, and the decision it receives."""

from typing import Annotated, Any

from msgspec import Meta

from maestrod.api.errors import IllegalTransition, Malformed, NotAllowed, NotFound
from maestrod.api.model.base import Entity, Instant, Milliseconds, Params
from maestrod.api.model.method import Access, Method, post
from maestrod.api.model.open_enum import OpenEnum


class Permission(OpenEnum):
    """The decision of a person, a policy or a deadline on a permission request; also the options of the question."""

    ALLOW = "allow"
    DENY = "deny"


class PermissionAsk(Params, frozen=True):
    """Passes on a hook's request in the agent's own form, and returns when it is decided.

    ``event`` and ``payload`` come from the hook, as in ``event.report``. ``event_id`` identifies the question: a call that is
    repeated after a lost connection finds it again. ``wait_ms`` is how long the hook can wait; the question's deadline is no later.
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
    """The decision; without one, the agent asks in its own dialog. ``output`` is what the hook has to print.

    ``attention_id`` is the question in the inbox; it is not set if the payload asks for nothing.
    """

    decision: Permission | None = None
    output: str = ""
    attention_id: str | None = None


# A table: one method, one row.
# fmt: off
PERMISSION_ASK = Method("permission.ask", PermissionAsk, PermissionReply, Access.WORK, post("/api/permissions"), "Ask for permission as an agent's hook, and wait for the decision",
    errors=(NotFound, Malformed, IllegalTransition, NotAllowed), example={"event": "PermissionRequest", "agent": "claude", "sessionId": "ses_00000000000000000000000000"}, positional=("event",), waits=True)
# fmt: on
METHODS = (PERMISSION_ASK,)
