"""Usage limits: a session waits until its provider accepts requests again. Others may use its slot meanwhile.

``reached`` gives a session its ``wait`` and holds back its agent: until the same moment, the scheduler starts no session of
that agent (``System.agent_waits``). All of this is state from which deadlines are derived, so it survives a kill and a reboot.
Sessions that wait for one agent resume one after the other. A wait whose limit has ended is ``due`` until a slot is free. Then
the session gets a message to continue, typed into its process or passed to a new process that resumes the conversation
(``turns.py``). If its process ends during the wait, the session does not end. If the end of a limit is unknown, the wait
doubles each time in a row. If the waits in a row exceed the maximum, the user is asked; without an answer, the session fails.
"""

from typing import Any

import msgspec

from maestrod.api.attention import Attention, AttentionKind
from maestrod.api.event import TimelineType
from maestrod.api.reason import Source
from maestrod.api.session import Session, Terminal
from maestrod.api.turn import Wait
from maestrod.core.session import attention, turns
from maestrod.core.session.session import end, move
from maestrod.core.values.agent_traits import Turns
from maestrod.core.values.effects import Stop
from maestrod.core.values.lifecycle import SessionEvent, moved, moves, revised
from maestrod.core.values.signs import LimitReached
from maestrod.core.work import pause
from maestrod.core.world.draft import Draft

#: The answers to a wait: continue now, wait as long as needed, or give up.
NOW, WAIT, FAIL = "now", "wait", "fail"

#: Reason code of a session that waits or has failed because of a limit.
LIMIT = "limit"
#: A year (ms): no provider means a later end than that.
_FAR = 366 * 86_400_000
#: The shortest wait (ms).
_SOON = 1_000


def reached(draft: Draft, session: Session, sign: LimitReached, source: Source) -> Session:
    """Let a session wait for the end of a limit, unless its agent retries by itself or waiting is switched off."""
    if session.live is None or session.ending is not None:
        return session
    message = f"{session.agent} has reached a limit ({sign.kind})" + (f": {sign.detail}" if sign.detail else "")
    traits = draft.world.policy.traits(session.agent)
    if sign.retrying or not draft.world.policy.limit_wait or traits.turns is Turns.NONE:
        again = ", and retries by itself" if sign.retrying else ""
        draft.timeline(TimelineType.MILESTONE, message + again, session_id=session.id, source=source)
        return session
    if not moves(session, SessionEvent.REACH):
        return _refined(draft, session, sign)
    return _wait(draft, session, sign, source, message)


def due(draft: Draft, session: Session) -> None:
    """End a wait: the session continues as soon as a slot is free (``schedule.wake_due``).

    Other sessions whose wait has ended by now (the daemon was down, or the machine slept) continue one after the other.
    """
    if not moves(session, SessionEvent.END_WAIT):
        return
    draft.put(moved(session, SessionEvent.END_WAIT, draft.now))
    then = draft.now
    for other in waiting(draft, session.agent):
        if other.wait is not None and not other.wait.due and other.wait.until <= then:
            then += draft.world.policy.limit_stagger_ms
            draft.put(revised(other, wait=msgspec.structs.replace(other.wait, until=then, is_length=True)))
    if then > draft.now:
        _hold_back(draft, session.agent, then)


def lift(draft: Draft, agent: str) -> None:
    """Let sessions of an agent start again."""
    waits = {name: until for name, until in draft.world.system.agent_waits.items() if name != agent}
    draft.change(draft.world.system, agent_waits=waits)


def is_held_back(draft: Draft, agent: str) -> bool:
    """Whether no session of an agent may start for now."""
    return agent in draft.world.system.agent_waits


def waiting(draft: Draft, agent: str) -> list[Session]:
    """The sessions of an agent that wait for the end of a limit, oldest first."""
    sessions = [draft.session(id_) for id_ in sorted(draft.world.by_session.waiting)]
    return [session for session in sessions if session.agent == agent]


def wake(draft: Draft, session: Session) -> Session:
    """Continue a session whose wait has ended and that has a slot. Raises ``IllegalTransition`` if it is not due."""
    moves(session, SessionEvent.WAKE)
    for question in attention.opened(draft, session.id, AttentionKind.LIMIT):
        attention.close(draft, question, attention.CLOSED, NOW)
    busy = session.turn is not None and session.turn.running
    with pause.clocks(draft, session.id):
        session = move(
            draft, session, SessionEvent.WAKE, draft.reason(Source.TIMER, LIMIT, "the usage limit has ended")
        )
    message = f"the usage limit has ended: {session.agent} continues"
    draft.timeline(TimelineType.MILESTONE, message, session_id=session.id, source=Source.TIMER)
    if session.terminal is not Terminal.EXTERNAL and not busy:
        turns.wake(draft, session)
    return draft.session(session.id)


def working(draft: Draft, session: Session, at: int) -> None:
    """End the wait of a session that began a turn by itself: a user typed into it, or its provider accepts requests again."""
    if session.wait is not None and at > session.wait.since:
        due(draft, session)  # without a free slot, it works uncounted until there is one


def cleared(draft: Draft, session: Session) -> Session:
    """Reset the count of limits in a row, because a turn completed."""
    return draft.put(revised(session, limited=None))


def process_ended(draft: Draft, session: Session, detail: str) -> None:
    """The process of a waiting session has ended, as some agents exit when refused. The session continues in another process."""
    if session.process is None:
        return  # reported again by the next daemon
    turns.process_gone(draft, session)
    message = f"its process is gone ({detail}); it resumes when the limit ends"
    draft.timeline(TimelineType.MILESTONE, message, session_id=session.id, source=Source.PROCESS)


def answered(draft: Draft, question: Attention) -> None:
    """Apply the answer to a wait, from the user or the deadline."""
    session = draft.session(question.session_id)
    value = question.answer.value if question.answer is not None else ""
    if session.wait is None or question.attempt is None:
        return
    if value == FAIL:
        detail = f"{session.agent} has reached a usage limit ({session.wait.kind}), and waiting was declined"
        draft.effect(Stop(session.id, session.attempt))
        end(draft, session, SessionEvent.FAIL, draft.reason(Source.USER, LIMIT, detail), None)
        _hold_back(draft, session.agent, 0)
    elif value == NOW:
        due(draft, session)
        _hold_back(draft, session.agent, 0)


def _wait(draft: Draft, session: Session, sign: LimitReached, source: Source, message: str) -> Session:
    until, guessed = _end_of(draft, session, sign)
    is_length = sign.is_length or until != sign.resets_at
    until += draft.world.policy.limit_stagger_ms * sum(
        other.id != session.id for other in waiting(draft, session.agent)
    )
    with pause.clocks(draft, session.id):
        wait = Wait(
            kind=sign.kind, until=until, since=draft.now, detail=sign.detail, guessed=guessed, is_length=is_length
        )
        session = move(draft, session, SessionEvent.REACH, draft.reason(source, LIMIT, message), wait=wait)
    _ask(draft, session, message)
    _hold_back(draft, session.agent, until)
    return draft.session(session.id)


def _refined(draft: Draft, session: Session, sign: LimitReached) -> Session:
    """Update a wait when its limit is reported again, by hook, stream or result: the more precise end counts."""
    wait = session.wait
    if wait is None or sign.resets_at is None or not (wait.guessed or sign.resets_at > wait.until):
        return session
    until, guessed = _end_of(draft, session, sign)
    if guessed:
        return session
    detail = wait.detail or sign.detail
    known = msgspec.structs.replace(
        wait, kind=sign.kind, until=until, detail=detail, guessed=False, is_length=sign.is_length
    )
    session = draft.put(revised(session, wait=known))
    for question in attention.opened(draft, session.id, AttentionKind.LIMIT):
        draft.change(question, **_terms(draft, session))
    _hold_back(draft, session.agent, until)
    return session


def _end_of(draft: Draft, session: Session, sign: LimitReached) -> tuple[int, bool]:
    """When a limit ends, and whether that is a guess: the end is unknown, or has passed while the limit still holds.

    A limit that has already passed when it is reported (late hook, slow machine, different clock) is retried soon, once.
    """
    policy, ends = draft.world.policy, sign.resets_at
    if ends is not None and ends > draft.now:
        return min(ends, draft.now + _FAR), False
    hits = session.limited.hits if session.limited is not None else 0
    if ends is not None and not hits:
        return draft.now + max(policy.limit_stagger_ms, _SOON), False
    return draft.now + min(policy.limit_backoff_ms << min(hits, 20), policy.limit_wait_max_ms), True


def _ask(draft: Draft, session: Session, message: str) -> None:
    """Ask in the inbox about the wait: the user may end it early, and must decide if it takes too long."""
    terms = _terms(draft, session)
    attention.open_question(draft, session, AttentionKind.LIMIT, message, attempt=session.attempt, **terms)


def _terms(draft: Draft, session: Session) -> dict[str, Any]:
    """Options and deadline of the question. A wait beyond the maximum needs the user's consent."""
    policy, since = draft.world.policy, session.limited.since if session.limited is not None else draft.now
    if session.wait is None or session.wait.until - since <= policy.limit_wait_max_ms:
        return {"options": (NOW, FAIL), "deadline": None, "on_timeout": None}
    deadline = max(since + policy.limit_wait_max_ms, draft.now + policy.limit_backoff_ms)
    return {"options": (NOW, WAIT, FAIL), "deadline": deadline, "on_timeout": FAIL}


def _hold_back(draft: Draft, agent: str, until: int) -> None:
    """Start no session of an agent before ``until``, nor before the last wait for that agent ends. With 0, only the waits
    count.
    """
    waits = draft.world.system.agent_waits
    others = [
        session.wait.until for session in waiting(draft, agent) if session.wait is not None and not session.wait.due
    ]
    latest = max(until and max(until, waits.get(agent, 0)), *others, 0)
    if latest > draft.now:
        draft.change(draft.world.system, agent_waits={**waits, agent: latest})
    elif agent in waits:
        lift(draft, agent)
