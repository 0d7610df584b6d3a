"""How a message to an agent moves, and what the message methods mean.

Theory. A message is written to its agent once: it becomes ``delivered`` in the very decision that wants it written, and who holds
the agent's input remembers what was written, so a daemon that dies in between leaves the rest to the next one and nothing comes
twice. The agent's own hook or stream confirms it (``accepted``), the end of the turn answers it. What the system refused to write
at all goes back to ``queued``. When the session ends, whatever has not been answered has failed.
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

#: Messages that may wait for one agent: more is a sender gone wild.
QUEUED = 100
#: Characters of an agent's last words kept with a message.
REPLY = 2_000
#: Characters of news that wait for an orchestrator at most.
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
    """Put a message in front of an agent; it is delivered when the agent can take it (``turns.advance``)."""
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
    """Take a message where ``event`` leads. Raises ``IllegalTransition``."""
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
    """The agent began a turn on a prompt that is ours: the oldest delivered one."""
    for message in open_messages(draft, session.id):
        if message.status is MessageStatus.DELIVERED:
            move_message(draft, message, MessageEvent.ACCEPT, accepted_at=draft.now)
            return


def hear(draft: Draft, session: Session, text: str) -> None:
    """What the agent just said may be its last words of the turn, where the end of the turn does not repeat them."""
    for message in open_messages(draft, session.id):
        if message.status in {MessageStatus.DELIVERED, MessageStatus.ACCEPTED}:
            draft.change(message, reply=text[:REPLY])


def answer_delivered(draft: Draft, session: Session, reply: str) -> None:
    """A turn has ended: what was delivered for it is answered."""
    for message in open_messages(draft, session.id):
        if message.status in {MessageStatus.DELIVERED, MessageStatus.ACCEPTED}:
            move_message(draft, message, MessageEvent.ANSWER, reply=reply[:REPLY] or message.reply)


def fail_open(draft: Draft, session: Session, error: str) -> None:
    """The session has ended: nobody will answer any more."""
    for message in open_messages(draft, session.id):
        move_message(draft, message, MessageEvent.FAIL, error=error[:500])


def tell_parent(draft: Draft, ended: Session, news: str) -> None:
    """Tell the orchestrator that stays with its run what became of a child; what it has not been told yet becomes one message."""
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
    """A message could not be written at all: it waits again."""
    message = draft.world.messages.get(message_id)
    if message is not None:
        move_message(draft, message, MessageEvent.RETURN, delivered_at=None, attempt=None, error=detail[:500])


def send(draft: Draft, params: MessageSend, actor: Actor) -> Message:
    """The rule of ``message.send``. Raises ``IllegalTransition`` for an agent that takes no prompts, ``Busy`` when too many wait."""
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
    """The rule of ``message.cancel``. Raises ``IllegalTransition`` for one that was delivered."""
    message = draft.message(params.message_id)
    session_for(draft, actor, message.session_id)
    if message.status is not MessageStatus.QUEUED:
        raise IllegalTransition(
            "message.delivered", f"{message.id} is {message.status.value}: it can no longer be cancelled"
        )
    return move_message(draft, message, MessageEvent.FAIL, error=f"cancelled by {actor.session_id or 'user'}")
