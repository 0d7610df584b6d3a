"""Watching over a turn: an agent that says nothing, and one whose screen says that it was interrupted.

Theory. Some things send no sign at all: Esc in Claude Code, an error of the API in Codex, an endless retry in Gemini CLI. While a
turn runs, ``stall_at`` is when somebody looks next; a sign of life moves nothing but ``last_activity``, and the deadline that passes
is set anew from that, so that a busy agent costs nothing. A silent one is looked at (``Probe``: its output, its files, its processor
time); one that shows no life either is told to a person as ``stalled``, with what was seen, until it gives a sign. It is not
ended: it may think. A terminal whose title goes idle in the middle of a turn and stays so ends the turn as interrupted, since the
agent's own word, where there is one, would have come by then.
"""

import msgspec

from maestrod.api.attention import Attention, AttentionKind
from maestrod.api.reason import Source
from maestrod.api.session import Session
from maestrod.api.turn import RunningTurn, Turn
from maestrod.core.session import attention
from maestrod.core.values.effects import Probe
from maestrod.core.values.facts import Probed
from maestrod.core.values.lifecycle import revised
from maestrod.core.values.signs import Outcome, ScreenShown, TurnEnded
from maestrod.core.work.pause import is_held
from maestrod.core.work.stop import stop_session
from maestrod.core.world.draft import Draft

#: What a person may say to a stalled session: give it time, or end it.
WAIT, STOP = "wait", "stop"


def shown(draft: Draft, session: Session, sign: ScreenShown) -> Session:
    """What the terminal's title says: idle in the middle of a turn is looked at again a moment later (``quiet``)."""
    turn = session.turn
    if not isinstance(turn, RunningTurn):
        return session
    if not sign.busy and turn.quiet_since is not None and turn.quiet_since >= turn.since:
        return session
    return _looks_quiet(draft, session, turn, None if sign.busy else max(draft.now, turn.since))


def _looks_quiet(draft: Draft, session: Session, turn: RunningTurn, since: int | None) -> Session:
    """Note since when the screen has been idle in the middle of the turn."""
    return draft.put(revised(session, turn=msgspec.structs.replace(turn, quiet_since=since)))


def still_idle(turn: RunningTurn, now: int) -> RunningTurn:
    """A tool is reported while the screen is idle: its hook may be late, so the screen is believed, only later.

    An idle title is shown once. Forgetting it would lose the only sign of an interruption.
    """
    return turn if turn.quiet_since is None else msgspec.structs.replace(turn, quiet_since=max(now, turn.since))


def heard(draft: Draft, session: Session) -> Session:
    """An agent gives a sign of life: a session is no longer stalled, and the watch over its turn begins or goes on."""
    for question in attention.opened(draft, session.id, AttentionKind.STALLED):
        if question.attempt is not None:
            attention.close(draft, question, attention.AGENT, "")
    turn = session.turn
    if turn is None:
        return session
    if not (turn.running or turn.background):
        return _look_again(draft, session, turn, None)
    return _watch(draft, session, turn) if turn.stall_at is None else session


def quiet(draft: Draft, session: Session) -> TurnEnded | None:
    """A screen has been idle for a while in the middle of a turn: how that turn ended, if it did."""
    turn = session.turn
    if not isinstance(turn, RunningTurn):
        return None
    if attention.has_dialog(draft, session.id):
        # A dialog is shown: that is why. Older than the turn, so no deadline; looked at again when the dialog is gone.
        _looks_quiet(draft, session, turn, turn.since - 1)
        return None
    session = _looks_quiet(draft, session, turn, None)
    if is_held(draft.world, session):
        return None
    detail = "its screen went idle in the middle of a turn, and it reported no end of the turn"
    return TurnEnded(outcome=Outcome.INTERRUPTED, code="interrupted", detail=detail)


def silent(draft: Draft, session: Session) -> TurnEnded | None:
    """The watch over a turn is due: set it anew where there was a sign since, or a reason to say nothing; else look.

    Between turns it watches what the agent left running: when nothing is heard of that, the turn has ended after all.
    """
    heard_at, turn = session.last_activity, session.turn
    if turn is None:
        return None
    if draft.now - heard_at < _patience(draft, session):
        _look_again(draft, session, turn, heard_at + _patience(draft, session))
        return None
    session = _watch(draft, session, turn)
    waits = session.wait is not None or bool(draft.world.open_questions.get(session.id))
    if waits or is_held(draft.world, session):
        return None
    if session.turn is not None and not session.turn.running:
        return _without_background(draft, session, session.turn)
    draft.effect(Probe(session.id, session.attempt))
    return None


def _without_background(draft: Draft, session: Session, turn: Turn) -> TurnEnded:
    """A server that was left running would keep its agent for ever: it is waited for no longer."""
    draft.put(revised(session, turn=msgspec.structs.replace(turn, background=0)))
    return TurnEnded(background=0)


def probed(draft: Draft, fact: Probed) -> None:
    """What the look at a silent agent found."""
    session = draft.world.sessions.get(fact.session_id)
    if session is None or session.attempt != fact.attempt or session.status.is_over:
        return
    running = session.turn is not None and session.turn.running
    silence = draft.now - session.last_activity
    if fact.busy or not running or silence < _patience(draft, session):
        return
    if not attention.opened(draft, session.id, AttentionKind.STALLED):
        message = f"{session.agent} has reported nothing for {silence // 60_000} min: {fact.detail}"
        attention.open_question(
            draft, session, AttentionKind.STALLED, message, options=(WAIT, STOP), attempt=session.attempt
        )


def answered(draft: Draft, question: Attention) -> None:
    """What a person said to a stalled session."""
    session = draft.session(question.session_id)
    if question.attempt is not None and question.answer is not None and question.answer.value == STOP:
        stop_session(draft, session, draft.reason(Source.USER, "stalled", "stopped by the user: it was stalled"))


def _patience(draft: Draft, session: Session) -> int:
    return draft.world.policy.traits(session.agent).stall_ms


def _watch(draft: Draft, session: Session, turn: Turn) -> Session:
    return _look_again(draft, session, turn, draft.now + _patience(draft, session))


def _look_again(draft: Draft, session: Session, turn: Turn, at: int | None) -> Session:
    """Set when somebody looks next; None: nothing runs that could be silent."""
    return draft.put(revised(session, turn=msgspec.structs.replace(turn, stall_at=at)))
