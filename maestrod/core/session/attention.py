"""Questions to the user: opened by sessions, answered once, closed when the answer is no longer needed."""

from typing import Any

import msgspec

from maestrod.api.attention import Answer, Attention, AttentionAnswer, AttentionAsk, AttentionKind, FreeText, Lasts
from maestrod.api.errors import Conflict, Malformed
from maestrod.api.event import TimelineType
from maestrod.api.session import Session
from maestrod.api.turn import RunningTurn
from maestrod.core.access.scope import alive, session_for, task_for
from maestrod.core.values import attention_options
from maestrod.core.values.command import Actor
from maestrod.core.values.lifecycle import revised
from maestrod.core.world import numbering
from maestrod.core.world.draft import Draft

#: Who answered (``Answer.by``).
TIMEOUT = "timeout"
CLOSED = "closed"
USER = "user"
POLICY = "policy"
STANDING = "standing"
AGENT = "agent"
#: The key of a question that says what the agent itself waits for.
AGENT_KEY = "agent"


def ask(draft: Draft, params: AttentionAsk, actor: Actor) -> Attention:
    """Open a question."""
    session = alive(session_for(draft, actor, params.session_id))
    if params.task_id is not None:
        task_for(draft, actor, params.task_id)
    if params.kind is AttentionKind.APPROVAL:
        raise Malformed("attention.kind", "only plans ask for approval: choose another kind", {"path": "kind"})
    chosen = not params.options or params.free_text or params.on_timeout in {None, *params.options}
    if not chosen:
        raise Malformed("attention.not_an_option", "onTimeout must be one of the options", {"path": "onTimeout"})
    question = draft.put(
        Attention(
            id=draft.new_id("att"),
            number=numbering.next_question(draft),
            session_id=session.id,
            project_id=session.project_id,
            task_id=params.task_id,
            kind=params.kind,
            message=params.message,
            options=params.options,
            free_text=FreeText.NONE if params.options and not params.free_text else FreeText.ANSWER,
            opened_at=draft.now,
            deadline=None if params.timeout_ms is None else draft.now + params.timeout_ms,
            on_timeout=params.on_timeout,
        )
    )
    draft.timeline(
        TimelineType.NEEDS_INPUT,
        params.message,
        session_id=session.id,
        task_id=params.task_id,
        metadata={"attentionId": question.id, "kind": params.kind.value},
    )
    return question


def answer(draft: Draft, params: AttentionAnswer, actor: Actor) -> Attention:
    """Answer a question.

    Raises ``Conflict`` if it is answered already, or accepts an answer only in the agent's own terminal; ``Malformed`` for an
    answer that it does not accept.
    """
    question = draft.question(params.attention_id)
    if question.answer is not None:
        raise Conflict(
            "attention.answered",
            f"{question.id} was already answered by {question.answer.by}: {question.answer.value!r}",
            {"by": question.answer.by, "value": question.answer.value, "at": question.answer.at},
        )
    if question.tool is not None and not question.options:
        message = f"{question.session_id} accepts this answer only in its own terminal: maestroctl attach {question.session_id}"
        raise Conflict("attention.elsewhere", message, {"sessionId": question.session_id})
    given = attention_options.settled(question, params)
    return close(draft, question, USER, given.value, given)


def time_out(draft: Draft, attention_id: str) -> Attention | None:
    """Answer a question with its ``on_timeout`` because its deadline has passed. None if it was answered in the meantime."""
    question = draft.world.attention.get(attention_id)
    if question is None or not question.is_open or question.deadline is None:
        return None
    return close(draft, question, TIMEOUT, question.on_timeout or "")


def want_input(draft: Draft, session: Session, text: str) -> Attention:
    """Ask the user for input because the agent says that it waits for it. A session has at most one such question."""
    for question in _open_inputs(draft, session.id):
        return question
    return open_question(draft, session, AttentionKind.INPUT, text, key=AGENT_KEY)


def has_dialog(draft: Draft, session_id: str) -> bool:
    """Whether the agent shows a permission dialog, which would receive any typed text."""
    kinds = (draft.question(id_).kind for id_ in draft.world.open_questions.get(session_id, ()))
    return any(kind is AttentionKind.PERMISSION for kind in kinds)


def dialog_gone(draft: Draft, session_id: str, *, answered: bool) -> None:
    """A dialog is no longer shown. If the screen now stays idle, the user left the dialog (Esc), which gives no other sign.

    After an answer, the agent continues by itself and only gets more time to show it. ``stall_rules.quiet`` handles a screen
    that stays idle.
    """
    session = draft.session(session_id)
    turn = session.turn
    if not isinstance(turn, RunningTurn) or turn.quiet_since is None or (answered and turn.quiet_since < turn.since):
        return
    quiet = msgspec.structs.replace(turn, quiet_since=max(draft.now, turn.since))
    draft.put(revised(session, turn=quiet))


def input_given(draft: Draft, session: Session) -> None:
    """Close the session's input questions: the agent works again, so it got its input."""
    for question in _open_inputs(draft, session.id):
        close(draft, question, CLOSED, "")


def _open_inputs(draft: Draft, session_id: str) -> list[Attention]:
    ids = sorted(draft.world.open_questions.get(session_id, ()))
    return [draft.question(id_) for id_ in ids if draft.question(id_).key == AGENT_KEY]


def open_question(
    draft: Draft, session: Session, kind: AttentionKind, text: str, *, timeline: str = "", **members: Any
) -> Attention:
    """Add a question about a session to the inbox and to the session's timeline."""
    options = members.get("options", ())
    question = draft.put(
        Attention(
            id=draft.new_id("att"),
            number=numbering.next_question(draft),
            session_id=session.id,
            project_id=session.project_id,
            kind=kind,
            free_text=attention_options.free_text(kind, options, None),
            message=text,
            opened_at=draft.now,
            **members,
        )
    )
    metadata = {"attentionId": question.id, "kind": kind.value}
    draft.timeline(TimelineType.NEEDS_INPUT, timeline or text, session_id=session.id, metadata=metadata)
    return question


def close_all(draft: Draft, session_id: str) -> None:
    """Close all questions of a session that has ended."""
    for attention_id in sorted(draft.world.open_questions.get(session_id, ())):
        close(draft, draft.question(attention_id), CLOSED, "")
    for attention_id in sorted(draft.world.owed_answers.get(session_id, ())):
        draft.change(draft.question(attention_id), on_stream=False)


def close(draft: Draft, question: Attention, by: str, value: str, given: AttentionAnswer | None = None) -> Attention:
    """Store the answer of a question. An answer from the agent itself, or due to its end, does not have to be delivered.

    ``given`` is the user's answer, with its reason and how long it holds.
    """
    if question.session_id:
        draft.at_turn[question.session_id] = None
    waits = question.on_stream and by not in {AGENT, CLOSED}
    reason, lasts = (given.reason, given.lasts) if given is not None else ("", Lasts.ONCE)
    answer = Answer(by=by, at=draft.now, value=value, reason=reason, lasts=lasts)
    return draft.change(question, answer=answer, on_stream=waits)


def opened(draft: Draft, session_id: str, kind: AttentionKind) -> list[Attention]:
    """A session's open questions of one kind, oldest first."""
    ids = sorted(draft.world.open_questions.get(session_id, ()))
    return [question for id_ in ids if (question := draft.question(id_)).kind is kind]
