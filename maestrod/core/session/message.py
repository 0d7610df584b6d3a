"""The state machine of a message to an agent, and the rules of the message methods.

A message is written to its agent once. It becomes ``delivered`` in the decision that requests the write, and the shim remembers
what it has written. So if the daemon dies in between, the next one writes the rest, and nothing arrives twice. The agent's hook
or stream confirms a message (``accepted``), and the end of the turn answers it. A message that could not be written at all
returns to ``queued``. When the session ends, unanswered messages fail.
"""

import enum

from maestrod.api.errors import Busy, IllegalTransition
from maestrod.api.message import Message, MessageKind, MessageRef, MessageSend, MessageStatus
from maestrod.api.session import Session, Terminal
from maestrod.core.access.scope import alive, session_for
from maestrod.core.values.agent_traits import Turns
from maestrod.core.values.command import Actor
from maestrod.core.values.machines import IGNORE, ILLEGAL, Table
from maestrod.core.world.draft import Draft

#: Maximum number of messages that wait for one agent; more come from a runaway sender.
QUEUED = 100
#: Maximum characters of an agent's reply kept with a message.
REPLY = 2_000
#: Maximum characters of news that wait for an orchestrator.
NEWS = 20_000


class MessageEvent(enum.Enum):
    """What can happen to a message."""

    DELIVER = "deliver"
    RETURN = "return"
    ACCEPT = "accept"
    ANSWER = "answer"
    FAIL = "fail"


_S = MessageStatus
_E = MessageEvent

# fmt: off
TRANSITIONS: Table[MessageStatus, MessageEvent] = Table("message", {
    _S.QUEUED: {
        _E.DELIVER: _S.DELIVERED, _E.RETURN: IGNORE, _E.ACCEPT: ILLEGAL, _E.ANSWER: ILLEGAL, _E.FAIL: _S.FAILED,
    },
    _S.DELIVERED: {
        _E.DELIVER: ILLEGAL, _E.RETURN: _S.QUEUED, _E.ACCEPT: _S.ACCEPTED, _E.ANSWER: _S.ANSWERED, _E.FAIL: _S.FAILED,
    },
    _S.ACCEPTED: {
        _E.DELIVER: ILLEGAL, _E.RETURN: IGNORE, _E.ACCEPT: IGNORE, _E.ANSWER: _S.ANSWERED, _E.FAIL: _S.FAILED,
    },
    _S.ANSWERED: {
        _E.DELIVER: ILLEGAL, _E.RETURN: IGNORE, _E.ACCEPT: IGNORE, _E.ANSWER: IGNORE, _E.FAIL: IGNORE,
    },
    _S.FAILED: {
        _E.DELIVER: ILLEGAL, _E.RETURN: IGNORE, _E.ACCEPT: IGNORE, _E.ANSWER: IGNORE, _E.FAIL: IGNORE,
    },
})
# fmt: on


def queue_message(draft: Draft, session: Session, kind: MessageKind, text: str = "", by: str = "maestrod") -> Message:
    """Queue a message for an agent. It is delivered when the agent can take it (``turns.advance_all``)."""
    draft.at_turn[session.id] = None
    return draft.put(
        Message(
            id=draft.new_id("msg"),
            session_id=session.id,
            project_id=session.project_id,
            kind=kind,
            status=MessageStatus.QUEUED,
            text=text,
            by=by,
            created_at=draft.now,
        )
    )


def move_message(draft: Draft, message: Message, event: MessageEvent, **members: object) -> Message:
    """Apply ``event`` to a message. Raises ``IllegalTransition``."""
    status = TRANSITIONS.target(message.status, event)
    if status is None:
        return message
    if status.is_over:
        members.setdefault("completed_at", draft.now)
    return draft.change(message, status=status, **members)


def open_messages(draft: Draft, session_id: str) -> list[Message]:
    """A session's messages that are neither answered nor failed, oldest first."""
    return [draft.world.messages[id_] for id_ in sorted(draft.world.open_messages.get(session_id, ()))]


def accept_oldest(draft: Draft, session: Session) -> None:
    """The agent began a turn on a prompt from the daemon: accept the oldest delivered message."""
    for message in open_messages(draft, session.id):
        if message.status is MessageStatus.DELIVERED:
            move_message(draft, message, MessageEvent.ACCEPT, accepted_at=draft.now)
            return


def keep_reply(draft: Draft, session: Session, text: str) -> None:
    """Keep the agent's latest text as the reply, because the end of the turn may not repeat it."""
    for message in open_messages(draft, session.id):
        if message.status in {MessageStatus.DELIVERED, MessageStatus.ACCEPTED}:
            draft.change(message, reply=text[:REPLY])


def answer_delivered(draft: Draft, session: Session, reply: str) -> None:
    """A turn has ended: mark its delivered messages as answered."""
    for message in open_messages(draft, session.id):
        if message.status in {MessageStatus.DELIVERED, MessageStatus.ACCEPTED}:
            move_message(draft, message, MessageEvent.ANSWER, reply=reply[:REPLY] or message.reply)


def fail_open(draft: Draft, session: Session, error: str) -> None:
    """Fail the open messages of a session that has ended."""
    for message in open_messages(draft, session.id):
        move_message(draft, message, MessageEvent.FAIL, error=error[:500])


def report_to_parent(draft: Draft, ended: Session, news: str) -> None:
    """Report the end of a child session to an orchestrator that stays with its run. Unsent news is joined into one message."""
    parent = draft.world.sessions.get(ended.parent_session_id or "")
    run = draft.world.runs.get(ended.run_id or "")
    if parent is None or run is None or not run.keep_planner or parent.status.is_over or parent.ending is not None:
        return
    for message in open_messages(draft, parent.id):
        if message.kind is MessageKind.NEWS and message.status is MessageStatus.QUEUED:
            draft.change(message, text=f"{message.text}\n{news}"[:NEWS])
            return
    queue_message(draft, parent, MessageKind.NEWS, news)


def not_delivered(draft: Draft, message_id: str, detail: str) -> None:
    """Queue a message again that could not be written at all."""
    message = draft.world.messages.get(message_id)
    if message is not None:
        move_message(draft, message, MessageEvent.RETURN, delivered_at=None, attempt=None, error=detail[:500])


def send(draft: Draft, params: MessageSend, actor: Actor) -> Message:
    """The rule of ``message.send``. Raises ``IllegalTransition`` if the agent takes no prompts, ``Busy`` if too many messages
    wait.
    """
    session = alive(session_for(draft, actor, params.session_id))
    if session.terminal is Terminal.EXTERNAL:
        raise IllegalTransition("session.external", f"{session.id} was started by hand: use its own terminal")
    if draft.world.policy.traits(session.agent).turns is Turns.NONE:
        raise IllegalTransition(
            "message.no_prompts", f"{session.agent} takes no prompts: use session.send to type into its terminal"
        )
    if session.ending is not None:
        raise IllegalTransition("session.finishing", f"{session.id} is about to end and accepts no more prompts")
    if len(draft.world.open_messages.get(session.id, ())) >= QUEUED:
        raise Busy(
            "message.too_many", f"{QUEUED} messages are already queued for {session.id}", {"sessionId": session.id}
        )
    return queue_message(draft, session, MessageKind.PROMPT, params.text, actor.session_id or "user")


def cancel(draft: Draft, params: MessageRef, actor: Actor) -> Message:
    """The rule of ``message.cancel``. Raises ``IllegalTransition`` if the message was delivered."""
    message = draft.message(params.message_id)
    session_for(draft, actor, message.session_id)
    if message.status is not MessageStatus.QUEUED:
        raise IllegalTransition(
            "message.delivered", f"{message.id} is {message.status.value}: it can no longer be cancelled"
        )
    return move_message(draft, message, MessageEvent.FAIL, error=f"cancelled by {actor.session_id or 'user'}")
