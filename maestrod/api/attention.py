"""The inbox: every question that waits for a person, stored durably."""

from typing import Annotated

from msgspec import Meta

from maestrod.api.errors import Conflict, IllegalTransition, Malformed, NotAllowed, NotFound, TimedOut
from maestrod.api.model.base import Entity, Instant, Limit, Milliseconds, Params, Text
from maestrod.api.model.method import Access, Method, get, post
from maestrod.api.model.open_enum import OpenEnum
from maestrod.api.task import Names


class AttentionKind(OpenEnum):
    """What a question asks for. ``approval``: a run waits until its plan is approved or rejected."""

    INPUT = "input"
    PERMISSION = "permission"
    LIMIT = "limit"
    STALLED = "stalled"
    FAILED = "failed"
    APPROVAL = "approval"


class FreeText(OpenEnum):
    """How text that a person types is used, and so whether a client should offer a text field.

    ``none``: only options are accepted. ``answer``: any text is an answer. ``reason``: text may accompany an option, as its ``reason``.
    """

    NONE = "none"
    ANSWER = "answer"
    REASON = "reason"


class Lasts(OpenEnum):
    """How long an answer holds: once, or for every identical request (same tool, same input bytes) of the session."""

    ONCE = "once"
    SESSION = "session"


class Answer(Entity, frozen=True):
    """An answer: who gave it, when, and what it says.

    ``by`` is ``user``, ``timeout``, ``policy`` (the project's settings decided), ``agent`` (answered in the agent's own dialog),
    ``closed`` (the question no longer applies), ``standing`` (an earlier answer holds for the session) or a session id. ``reason`` is
    the text that the person added.
    """

    by: str
    at: Instant
    value: str
    reason: str = ""
    lasts: Lasts = Lasts.ONCE


class Attention(Entity, frozen=True):
    """One question. It is open until it has an answer; at ``deadline`` it is answered with ``on_timeout``.

    ``number`` is a small number by which people name the question; this store never reuses it. ``free_text`` says which text is
    accepted besides the options. ``session_id`` is the session that asks; it is empty for an approval, which concerns the plan
    ``plan_id`` of the run ``run_id``.

    For a permission, ``tool`` is the tool that the agent wants to use, ``input`` its arguments (JSON, truncated) and ``digest`` the
    SHA-256 of the complete input. ``key`` is the agent's own id of the question, which the answer must carry, and ``attempt`` the
    process that waits for it. A question without options can only be answered in the agent's terminal. ``on_stream``: the agent
    still waits for the answer on its stdin.
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

    @property
    def is_open(self) -> bool:
        """Whether it waits for an answer."""
        return self.answer is None


class AttentionAsk(Params, frozen=True):
    """Opens a question; use ``attention.wait`` for the answer.

    After ``timeout_ms`` without an answer, ``on_timeout`` is the answer. With a ``request_id``, a call that is repeated after a lost
    connection finds the same question.
    """

    message: Annotated[str, Meta(min_length=1, max_length=65_536)]
    session_id: str | None = None
    task_id: str | None = None
    kind: AttentionKind = AttentionKind.INPUT
    options: Names = ()
    free_text: Annotated[bool, Meta(description="Accept any text as an answer, besides the options.")] = False
    timeout_ms: Milliseconds | None = None
    on_timeout: Text | None = None


class AttentionRef(Params, frozen=True):
    """Takes a question's id."""

    attention_id: str


class AttentionWait(Params, frozen=True):
    """Fails with a timeout after ``timeout_ms``; the question stays open."""

    attention_id: str
    timeout_ms: Milliseconds | None = None


class AttentionList(Params, frozen=True):
    """Returns one page of questions, oldest first: only open ones, unless ``answered`` is set."""

    session_id: str | None = None
    answered: bool = False
    cursor: str | None = None
    limit: Limit = 100


class AttentionPage(Entity, frozen=True):
    """One page of results; ``next_cursor`` is set if there are more."""

    items: tuple[Attention, ...] = ()
    next_cursor: str | None = None


class AttentionAnswer(Params, frozen=True):
    """The first answer wins.

    ``reason`` may accompany an option if the question accepts one; the agent receives it. ``lasts`` is for permissions.
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
ATTENTION_LIST = Method("attention.list", AttentionList, AttentionPage, Access.READ, get("/api/attention"), "List open questions",
    errors=(Malformed,), example={})
ATTENTION_GET = Method("attention.get", AttentionRef, Attention, Access.READ, get("/api/attention/{attentionId}"), "Show a question",
    errors=(NotFound,), example=_ID, positional=("attention_id",))
ATTENTION_WAIT = Method("attention.wait", AttentionWait, Attention, Access.READ, get("/api/attention/{attentionId}/wait"), "Wait until a question is answered",
    errors=(NotFound, TimedOut), example=_ID, positional=("attention_id",), waits=True)
ATTENTION_ANSWER = Method("attention.answer", AttentionAnswer, Attention, Access.OWNER, post("/api/attention/{attentionId}/answer"), "Answer a question",
    errors=(NotFound, Conflict, Malformed), example={**_ID, "value": "yes"}, positional=("attention_id", "value", "reason"))
# fmt: on
METHODS = (ATTENTION_ASK, ATTENTION_LIST, ATTENTION_GET, ATTENTION_WAIT, ATTENTION_ANSWER)
