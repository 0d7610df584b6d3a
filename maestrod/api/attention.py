"""The attention inbox: everything that waits for a person, durable."""

from typing import Annotated

from msgspec import Meta

from maestrod.api.errors import Conflict, IllegalTransition, Malformed, NotAllowed, NotFound, TimedOut
from maestrod.api.model.base import Entity, Instant, Limit, Milliseconds, Params, Text
from maestrod.api.model.method import Access, Method, get, post
from maestrod.api.model.open_enum import OpenEnum
from maestrod.api.task import Names


class AttentionKind(OpenEnum):
    """What is wanted. ``approval``: a run waits until its plan is approved or rejected."""

    INPUT = "input"
    PERMISSION = "permission"
    LIMIT = "limit"
    STALLED = "stalled"
    FAILED = "failed"
    APPROVAL = "approval"


class FreeText(OpenEnum):
    """What becomes of text that a person types: what a client should offer a field for.

    ``none``: only an option is taken. ``answer``: any text is an answer. ``reason``: text may go with an option, as its ``reason``.
    """

    NONE = "none"
    ANSWER = "answer"
    REASON = "reason"


class Lasts(OpenEnum):
    """How long an answer holds: this once, or for every identical request (same tool, same bytes of input) of the session."""

    ONCE = "once"
    SESSION = "session"


class Answer(Entity, frozen=True):
    """Who said what, and when.

    ``by`` is ``user``, ``timeout``, ``policy`` (the project's settings decide), ``agent`` (it was settled at the agent's own dialog),
    ``closed`` (the question is moot), ``standing`` (an earlier answer holds for the session) or a session id. ``reason`` is what the
    person wrote with it.
    """

    by: str
    at: Instant
    value: str
    reason: str = ""
    lasts: Lasts = Lasts.ONCE


class Attention(Entity, frozen=True):
    """One question. Open while it has no answer; at ``deadline`` it is answered with ``on_timeout``.

    ``number`` is small and never used again in this store: people name the question by it. ``free_text`` says what may be typed besides
    the options. ``session_id`` is who asks; it is empty for an approval, which is about the plan ``plan_id`` of the run ``run_id``.

    For a permission ``tool`` is what the agent wants to use and ``input`` with what (JSON, cut); ``digest`` is the SHA-256 of all of
    the input; ``key`` is the agent's own name of the
    question, which its answer has to carry, and ``attempt`` the process that waits for it. One without options can only be answered where
    the agent asks: in its terminal. ``on_stream``: the agent still waits for the answer on its standard input.
    """

    id: str
    session_id: str
    kind: AttentionKind
    message: str
    number: int = 0
    run_id: str | None = None
    plan_id: str | None = None
    project_id: str = ""
    task_id: str | None = None
    options: tuple[str, ...] = ()
    free_text: FreeText = FreeText.NONE
    opened_at: Instant = 0
    answer: Answer | None = None
    deadline: Instant | None = None
    on_timeout: str | None = None
    tool: str | None = None
    input: str | None = None
    digest: str | None = None
    key: str | None = None
    attempt: int | None = None
    on_stream: bool = False


class AttentionAsk(Params, frozen=True):
    """Ask a person; with ``wait`` the call returns when the question is answered.

    ``timeout_ms`` with ``on_timeout`` answers it when nobody did. Ask with a ``request_id``, and a repeated call after a
    lost connection finds the same question.
    """

    message: Annotated[str, Meta(min_length=1, max_length=65_536)]
    session_id: str | None = None
    task_id: str | None = None
    kind: AttentionKind = AttentionKind.INPUT
    options: Names = ()
    free_text: Annotated[bool, Meta(description="Take any text as an answer, besides the options.")] = False
    timeout_ms: Milliseconds | None = None
    on_timeout: Text | None = None


class AttentionRef(Params, frozen=True):
    """Name a question."""

    attention_id: str


class AttentionWait(Params, frozen=True):
    """Wait until a question is answered."""

    attention_id: str
    timeout_ms: Milliseconds | None = None


class AttentionList(Params, frozen=True):
    """A page of questions, oldest first; only open ones unless ``answered``."""

    session_id: str | None = None
    answered: bool = False
    cursor: str | None = None
    limit: Limit = 100


class AttentionPage(Entity, frozen=True):
    """A page; ``next_cursor`` is there when more follow."""

    items: tuple[Attention, ...] = ()
    next_cursor: str | None = None


class AttentionAnswer(Params, frozen=True):
    """Answer a question; the first answer wins.

    ``reason`` goes with an option where ``freeText`` is ``reason``: the agent is told. ``lasts`` is for permissions.
    """

    attention_id: str
    value: Annotated[str, Meta(max_length=65_536)]
    reason: Annotated[str, Meta(max_length=65_536)] = ""
    lasts: Lasts = Lasts.ONCE


_ID = {"attentionId": "att_00000000000000000000000000"}

# A table: one method, one row.
# fmt: off
ATTENTION_ASK = Method("attention.ask", AttentionAsk, Attention, Access.WORK, post("/api/attention"), "Ask a person",
    errors=(NotFound, Malformed, IllegalTransition, NotAllowed), example={"message": "deploy?", "options": ["yes", "no"], "sessionId": "ses_00000000000000000000000000"}, positional=("message",))
ATTENTION_LIST = Method("attention.list", AttentionList, AttentionPage, Access.READ, get("/api/attention"), "List what waits for a person",
    errors=(Malformed,), example={})
ATTENTION_GET = Method("attention.get", AttentionRef, Attention, Access.READ, get("/api/attention/{attentionId}"), "Show a question",
    errors=(NotFound,), example=_ID, positional=("attention_id",))
ATTENTION_WAIT = Method("attention.wait", AttentionWait, Attention, Access.READ, get("/api/attention/{attentionId}/wait"), "Wait until a question is answered",
    errors=(NotFound, TimedOut), example=_ID, positional=("attention_id",), waits=True)
ATTENTION_ANSWER = Method("attention.answer", AttentionAnswer, Attention, Access.OWNER, post("/api/attention/{attentionId}/answer"), "Answer a question",
    errors=(NotFound, Conflict, Malformed), example={**_ID, "value": "yes"}, positional=("attention_id", "value", "reason"))
# fmt: on
METHODS = (ATTENTION_ASK, ATTENTION_LIST, ATTENTION_GET, ATTENTION_WAIT, ATTENTION_ANSWER)
