"""Messages to running agents: prompts with an id and a status, so that delivery is never a guess."""

from typing import Annotated

from msgspec import Meta

from maestrod.api.errors import Busy, IllegalTransition, Malformed, NotAllowed, NotFound
from maestrod.api.model.base import Entity, Instant, Limit, Params
from maestrod.api.model.method import Access, Method, get, post
from maestrod.api.model.open_enum import OpenEnum
from maestrod.api.model.patterns import NO_NUL

Prompt = Annotated[str, Meta(min_length=1, max_length=262_144, pattern=NO_NUL)]


class MessageStatus(OpenEnum):
    """Where a message is; ``core/session/message.py`` has the table of transitions.

    ``queued``: it waits until the agent is ready. ``delivered``: it was written to the agent, once. ``accepted``: the agent
    confirmed that it works on it. ``answered``: the turn it began has ended. ``failed``: it will never arrive.
    """

    QUEUED = "queued"
    DELIVERED = "delivered"
    ACCEPTED = "accepted"
    ANSWERED = "answered"
    FAILED = "failed"

    @property
    def is_over(self) -> bool:
        """Whether nothing more happens to the message."""
        return self in _OVER


#: Final statuses.
_OVER = frozenset({MessageStatus.ANSWERED, MessageStatus.FAILED})


class MessageKind(OpenEnum):
    """What a message is for.

    ``opening``: the manifest, the first prompt of a session (its text is made on delivery). ``prompt``: from a person or another
    session. ``nudge``: a turn ended with open tasks. ``repair``: a plan has errors. ``wake``: a usage limit has ended. ``news``:
    something happened to a session's children.
    """

    OPENING = "opening"
    PROMPT = "prompt"
    NUDGE = "nudge"
    REPAIR = "repair"
    WAKE = "wake"
    NEWS = "news"


class Message(Entity, frozen=True):
    """One prompt on its way to one session. ``by`` is ``user``, ``maestrod`` or the session that sent it.

    ``attempt`` is the process it was delivered to. ``reply`` is the beginning of the agent's final text in the turn.
    """

    id: str
    session_id: str
    kind: MessageKind
    status: MessageStatus
    text: str = ""
    by: str = "maestrod"
    project_id: str = ""
    attempt: int | None = None
    reply: str = ""
    error: str | None = None
    created_at: Instant = 0
    delivered_at: Instant | None = None
    accepted_at: Instant | None = None
    completed_at: Instant | None = None


class MessageSend(Params, frozen=True):
    """The prompt is delivered once, when the agent is ready for it."""

    session_id: str
    text: Prompt


class MessageRef(Params, frozen=True):
    """Takes a message's id."""

    message_id: str


class MessageList(Params, frozen=True):
    """Returns one page of messages, oldest first; optionally of one session."""

    session_id: str | None = None
    status: MessageStatus | None = None
    cursor: str | None = None
    limit: Limit = 100


class MessagePage(Entity, frozen=True):
    """One page of results; ``next_cursor`` is set if there are more."""

    items: tuple[Message, ...] = ()
    next_cursor: str | None = None


_ID = {"messageId": "msg_00000000000000000000000000"}
_SESSION = {"sessionId": "ses_00000000000000000000000000"}

# A table: one method, one row.
# fmt: off
MESSAGE_SEND = Method("message.send", MessageSend, Message, Access.WORK, post("/api/sessions/{sessionId}/messages"), "Send a prompt to an agent",
    errors=(NotFound, NotAllowed, IllegalTransition, Busy), example={**_SESSION, "text": "use the parser in shop/csv.py"}, positional=("session_id", "text"))
MESSAGE_GET = Method("message.get", MessageRef, Message, Access.READ, get("/api/messages/{messageId}"), "Show a message and its status",
    errors=(NotFound,), example=_ID, positional=("message_id",))
MESSAGE_LIST = Method("message.list", MessageList, MessagePage, Access.READ, get("/api/messages"), "List messages",
    errors=(Malformed,), example=_SESSION)
MESSAGE_CANCEL = Method("message.cancel", MessageRef, Message, Access.WORK, post("/api/messages/{messageId}/cancel"), "Cancel a message that is still queued",
    errors=(NotFound, NotAllowed, IllegalTransition), example=_ID, positional=("message_id",))
# fmt: on
METHODS = (MESSAGE_SEND, MESSAGE_GET, MESSAGE_LIST, MESSAGE_CANCEL)
