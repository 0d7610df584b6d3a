"""Permission requests: opened by an agent's signs, decided by policy, user or timeout, and settled by the agent.

One request may be reported several times, in any order: by the hook that waits for the decision, on the agent's stream, and by
a notification that a dialog is shown. So a sign is first matched with the open questions and only adds what it knows. A
question has options if its answer can reach the agent: a hook waits for it (``permission.ask``), or it was asked on the stream,
where the effect ``Decide`` answers it. Otherwise it only asks the user to look at the agent's own dialog. Whatever was decided
in that dialog closes the question. An answer on the stream counts as owed (``on_stream``) until the agent continues or ends its
turn, so that it is written again if the daemon dies before writing it.

An answer may hold for the session. Then every request for the same tool with the same bytes of input gets the same answer,
unless the project's rules deny it. Only a user can give such an answer: no method that a session may call changes
``Session.standing``.
"""

import hashlib

from maestrod.api.attention import Attention, AttentionAnswer, AttentionKind, Lasts
from maestrod.api.event import TimelineType
from maestrod.api.permission import Permission
from maestrod.api.project import PermissionPolicy, Permissions
from maestrod.api.reason import Source
from maestrod.api.session import Session, StandingAnswer
from maestrod.core.access.permission_policy import is_report, judge
from maestrod.core.session import attention
from maestrod.core.values.attention_options import FOR_SESSION, free_text
from maestrod.core.values.effects import Decide
from maestrod.core.values.facts import Withdrawn
from maestrod.core.values.signs import TEXT, PermissionAsked, PermissionSettled
from maestrod.core.world import numbering
from maestrod.core.world.draft import Draft
from maestrod.core.world.world import World

#: The options of a question that can be answered.
OPTIONS = (Permission.ALLOW.value, Permission.DENY.value)
#: More options if the whole input is known: the answer holds for every identical request of the session.
STANDING_OPTIONS = tuple(option + FOR_SESSION for option in OPTIONS)
#: Maximum number of standing answers kept for a session; the newest are kept.
_STANDING = 200

_SAID = {
    PermissionPolicy.ALLOW: Permission.ALLOW.value,
    PermissionPolicy.DENY: Permission.DENY.value,
    PermissionPolicy.ASK: "",
}


def question_for(
    draft: Draft, session: Session, sign: PermissionAsked, source: Source, *, wait_ms: int | None = None
) -> Attention:
    """The question of an agent that asks for permission; it may be known or decided already.

    ``wait_ms`` is how long a hook waits for the answer; None if none does.
    """
    reaches = wait_ms is not None or (sign.waits and source is Source.STREAM)
    on_stream = sign.waits and source is Source.STREAM
    known = _same(draft, session, sign)
    if known is None:
        question = _opened(draft, session, sign, on_stream=on_stream)
        return _put(draft, session, question, sign, wait_ms) if reaches else _shown(draft, session, question)
    question = draft.change(
        known,
        tool=known.tool or sign.tool,
        input=known.input or sign.input[:TEXT] or None,
        digest=known.digest if known.input else _digest(sign),
        key=known.key or sign.key or None,
        on_stream=known.on_stream or on_stream,
    )
    if not question.is_open:
        return _carry(draft, question)
    return _put(draft, session, question, sign, wait_ms) if reaches and not question.options else question


def settled(draft: Draft, session: Session, sign: PermissionSettled, at: int) -> None:
    """Close the agent's earlier requests: they were decided in its own dialog, or withdrawn."""
    value = "" if sign.allowed is None else _SAID[PermissionPolicy.ALLOW if sign.allowed else PermissionPolicy.DENY]
    for question in attention.opened(draft, session.id, AttentionKind.PERMISSION):
        if _is_meant(question, sign.key) and question.opened_at <= at:
            attention.close(draft, question, attention.AGENT, value)
    for attention_id in sorted(draft.world.owed_answers.get(session.id, ())):
        question = draft.question(attention_id)
        if _is_meant(question, sign.key) and question.answer is not None and question.answer.at <= at:
            draft.change(question, on_stream=False)


def process_ended(draft: Draft, session: Session) -> None:
    """Close the requests of a process that has ended. The session may continue in another process."""
    for question in attention.opened(draft, session.id, AttentionKind.PERMISSION):
        attention.close(draft, question, attention.CLOSED, "")
    for attention_id in sorted(draft.world.owed_answers.get(session.id, ())):
        draft.change(draft.question(attention_id), on_stream=False)


def withdrawn(draft: Draft, fact: Withdrawn) -> None:
    """Close the question of a hook that disconnected while the daemon was running: the agent no longer wants the answer."""
    question = draft.world.attention.get(fact.attention_id)
    waited = question is not None and question.kind is AttentionKind.PERMISSION
    if waited and question is not None and question.is_open and not question.on_stream:
        attention.close(draft, question, attention.AGENT, "")
        attention.dialog_gone(draft, question.session_id, answered=False)


def answered(draft: Draft, question: Attention) -> Attention:
    """Record a user's or a deadline's answer in the timeline, and send it to an agent that waits on its stream."""
    answer = question.answer.value if question.answer is not None else ""
    _note(draft, question, f"permission {_WORDS.get(answer, 'left to the agent')}: {question.message}")
    attention.dialog_gone(draft, question.session_id, answered=True)
    if question.answer is not None and question.answer.lasts is Lasts.SESSION:
        _hold(draft, question)
    return _carry(draft, question)


def _hold(draft: Draft, question: Attention) -> None:
    """Store a standing answer with the session, and answer identical open questions with it."""
    answer = question.answer
    if answer is None or question.tool is None or question.digest is None:
        return
    session = draft.session(question.session_id)
    kept = StandingAnswer(
        tool=question.tool,
        digest=question.digest,
        value=answer.value,
        message=question.message,
        reason=answer.reason,
        attention_id=question.id,
        at=draft.now,
    )
    others = [each for each in session.standing if (each.tool, each.digest) != (kept.tool, kept.digest)]
    draft.change(session, standing=(*others, kept)[-_STANDING:])
    for other in attention.opened(draft, session.id, AttentionKind.PERMISSION):
        if other.options and (other.tool, other.digest) == (kept.tool, kept.digest):
            _carry(draft, _repeat(draft, other, kept))


def _repeat(draft: Draft, question: Attention, kept: StandingAnswer) -> Attention:
    """Answer a question as an identical one was answered before."""
    given = AttentionAnswer(attention_id=question.id, value=kept.value, reason=kept.reason, lasts=Lasts.SESSION)
    closed = attention.close(draft, question, attention.STANDING, kept.value, given)
    _note(draft, closed, f"permission {_WORDS[kept.value]} by a standing answer: {question.message}")
    return closed


def owed_answers(world: World, session: Session) -> list[Decide]:
    """The answers that an earlier daemon may not have written to the agent's stream. Writing them again is harmless."""
    ids = sorted(world.owed_answers.get(session.id, ()))
    current = [id_ for id_ in ids if world.attention[id_].attempt == session.attempt]
    return [Decide(session.id, session.attempt, id_) for id_ in current]


def permission_of(question: Attention) -> tuple[Permission | None, str]:
    """What the agent receives for an answered question: the permission (None: it shows its own dialog), and who decided."""
    answer = question.answer
    if answer is None or answer.value not in OPTIONS:
        return None, ""
    who = {
        attention.POLICY: "by the project's permissions",
        attention.TIMEOUT: "because nobody answered in time",
        attention.USER: "by the user",
        attention.STANDING: "by the user, for every identical request of this session",
    }.get(answer.by, f"by {answer.by}")
    reason = f": {answer.reason}" if answer.reason else ""
    return Permission(answer.value), f"{_WORDS[answer.value]} {who}{reason}"


_WORDS = {Permission.ALLOW.value: "allowed", Permission.DENY.value: "denied"}


def _same(draft: Draft, session: Session, sign: PermissionAsked) -> Attention | None:
    """The known question that a sign repeats: an open one of this process, or one with its key that was just answered."""
    for attention_id in sorted(draft.world.owed_answers.get(session.id, ())):
        question = draft.question(attention_id)
        if sign.key and question.key == sign.key and question.attempt == session.attempt:
            return question
    for question in attention.opened(draft, session.id, AttentionKind.PERMISSION):
        if question.attempt == session.attempt and _tells_of(question, session, sign):
            return question
    return None


def _tells_of(question: Attention, session: Session, sign: PermissionAsked) -> bool:
    if question.key and sign.key:
        return question.key == sign.key
    if question.tool and sign.tool and question.tool.lower() != sign.tool.lower():
        return False
    if question.input and sign.input:
        return question.input == sign.input[:TEXT] or question.message == _message(session, sign)
    return True


def _is_meant(question: Attention, key: str) -> bool:
    return not key or question.key is None or question.key == key


def _message(session: Session, sign: PermissionAsked) -> str:
    what = f"use {sign.tool}" if sign.tool else "do something that needs permission"
    return f"{session.agent} wants to {what}" + (f": {sign.summary}" if sign.summary else "")


def _opened(draft: Draft, session: Session, sign: PermissionAsked, *, on_stream: bool) -> Attention:
    return draft.put(
        Attention(
            id=draft.new_id("att"),
            number=numbering.next_question(draft),
            session_id=session.id,
            project_id=session.project_id,
            task_id=session.task_ids[0] if len(session.task_ids) == 1 else None,
            kind=AttentionKind.PERMISSION,
            message=_message(session, sign),
            opened_at=draft.now,
            tool=sign.tool,
            input=sign.input[:TEXT] or None,
            digest=_digest(sign),
            key=sign.key or None,
            attempt=session.attempt,
            on_stream=on_stream,
        )
    )


def _shown(draft: Draft, session: Session, question: Attention) -> Attention:
    """Note that no answer can reach the agent, so the user must look at the agent's own dialog."""
    _note(draft, question, f"{question.message} (it asks in its terminal: maestroctl attach {session.id})", asks=True)
    return question


def _put(draft: Draft, session: Session, question: Attention, sign: PermissionAsked, wait_ms: int | None) -> Attention:
    """Decide a question whose answer can reach the agent, by a standing answer or the policy, or ask the user."""
    project = draft.world.projects.get(session.project_id)
    settings = project.settings.permissions if project is not None else Permissions()
    policy = judge(settings, sign)
    kept = _standing(session, sign) if policy is not PermissionPolicy.DENY and not is_report(sign) else None
    if kept is not None:
        return _carry(draft, _repeat(draft, question, kept))
    said = _SAID[policy]
    if said:
        question = attention.close(draft, question, attention.POLICY, said)
        if not is_report(sign):
            _note(draft, question, f"permission {_WORDS[said]} by the project's settings: {question.message}")
        return _carry(draft, question)
    _note(draft, question, question.message, asks=True)
    limit = _limit(draft, settings, wait_ms)
    if question.on_stream and settings.on_timeout is PermissionPolicy.ASK:
        limit = None  # the agent has no other dialog to fall back on
    options = OPTIONS + STANDING_OPTIONS if question.digest is not None else OPTIONS
    return draft.change(
        question,
        options=options,
        free_text=free_text(question.kind, options, question.tool),
        deadline=None if limit is None else draft.now + limit,
        on_timeout=None if limit is None else _SAID[settings.on_timeout],
    )


def _standing(session: Session, sign: PermissionAsked) -> StandingAnswer | None:
    """The standing answer that the user gave to an identical request."""
    wanted = (sign.tool, _digest(sign))
    return next((kept for kept in session.standing if (kept.tool, kept.digest) == wanted), None)


def _digest(sign: PermissionAsked) -> str | None:
    """Digest of the whole input, which identifies a request together with its tool. None if not all of the input is known and
    shown.
    """
    is_known = sign.tool and sign.input and sign.whole and len(sign.input) <= TEXT
    return hashlib.sha256(sign.input.encode()).hexdigest() if is_known else None


def _limit(draft: Draft, settings: Permissions, wait_ms: int | None) -> int | None:
    """How long (ms) a question stays open: the project's limit, else the configuration's, but no longer than its hook waits."""
    own = settings.timeout_ms if settings.timeout_ms is not None else draft.world.policy.permission_timeout_ms
    limits = [limit for limit in (own, wait_ms or None) if limit is not None]
    return min(limits) if limits else None


def _carry(draft: Draft, question: Attention) -> Attention:
    """Send a decision to the agent, if it waits for it on its stream."""
    session = draft.session(question.session_id)
    current = question.attempt == session.attempt and not session.status.is_over
    if current and question.on_stream and question.key is not None and permission_of(question)[0] is not None:
        draft.effect(Decide(session.id, session.attempt, question.id))
    return question


def _note(draft: Draft, question: Attention, text: str, *, asks: bool = False) -> None:
    draft.timeline(
        TimelineType.NEEDS_INPUT if asks else TimelineType.MILESTONE,
        text,
        session_id=question.session_id,
        task_id=question.task_id,
        source=Source.HOOK if asks else Source.USER,
        metadata={"attentionId": question.id, "kind": question.kind.value},
    )
