"""Watches over a turn: detects a silent agent, and one whose screen shows that it was interrupted.

Some events send no sign at all: Esc in Claude Code, an API error in Codex, an endless retry in Gemini CLI. While a turn runs,
``stall_at`` is the time of the next check. A sign of life changes only ``last_activity``. When the deadline passes, it is set
again from that, so a busy agent costs nothing. A silent agent is probed (``Probe``: its output, its files, its CPU time). If it
shows no activity either, the user is asked about a ``stalled`` session, with the evidence, until the agent gives a sign. The
agent is not stopped, because it may be thinking. If the terminal's title goes idle in the middle of a turn and stays idle, the
turn ends as interrupted, because the agent's own report, if any, would have come by then.
"""

import msgspec

from maestrod.api.attention import Attention, AttentionKind
from maestrod.api.reason import Source
from maestrod.api.session import Session
from maestrod.api.turn import Outcome, RunningTurn, Turn
from maestrod.core.session import attention
from maestrod.core.values.effects import Probe
from maestrod.core.values.facts import Probed
from maestrod.core.values.lifecycle import revised
from maestrod.core.values.signs import ScreenShown, TurnEnded
from maestrod.core.work.pause import is_held
from maestrod.core.work.stop import stop_session
from maestrod.core.world.draft import Draft

#: The answers to a stalled session: wait, or stop it.
WAIT, STOP = "wait", "stop"


def shown(draft: Draft, session: Session, sign: ScreenShown) -> Session:
    """Apply the state that the terminal's title shows. Idle in the middle of a turn is checked again a moment later
    (``quiet``).
    """
    turn = session.turn
    if not isinstance(turn, RunningTurn):
        return session
    if not sign.busy and turn.quiet_since is not None and turn.quiet_since >= turn.since:
        return session
    return _looks_quiet(draft, session, turn, None if sign.busy else max(draft.now, turn.since))


def _looks_quiet(draft: Draft, session: Session, turn: RunningTurn, since: int | None) -> Session:
    """Record since when the screen has been idle in the middle of the turn."""
    return draft.put(revised(session, turn=msgspec.structs.replace(turn, quiet_since=since)))


def still_idle(turn: RunningTurn, now: int) -> RunningTurn:
    """Keep the idle screen of a turn when a tool is reported, but restart its time, because the hook may be late.

    An idle title is shown only once. Forgetting it would lose the only sign of an interruption.
    """
    return turn if turn.quiet_since is None else msgspec.structs.replace(turn, quiet_since=max(now, turn.since))


def record_life(draft: Draft, session: Session) -> Session:
    """Record a sign of life: the session is no longer stalled, and its turn is watched while it runs."""
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
    """How a turn ended whose screen has been idle for a while; None if it has not ended."""
    turn = session.turn
    if not isinstance(turn, RunningTurn):
        return None
    if attention.has_dialog(draft, session.id):
        # The screen is idle because of the dialog. A time before the turn sets no deadline; the end of the dialog sets one.
        _looks_quiet(draft, session, turn, turn.since - 1)
        return None
    session = _looks_quiet(draft, session, turn, None)
    if is_held(draft.world, session):
        return None
    detail = "its screen went idle in the middle of a turn, and it reported no end of the turn"
    return TurnEnded(outcome=Outcome.INTERRUPTED, code="interrupted", detail=detail)


def silent(draft: Draft, session: Session) -> TurnEnded | None:
    """Check a turn whose stall deadline has passed: set a new deadline if there was a sign or a reason for silence, else probe.

    Between turns, it watches what the agent left running. If that gives no sign, the turn has ended after all.
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
    """Stop waiting for background work. A server that was left running would keep its session open indefinitely."""
    draft.put(revised(session, turn=msgspec.structs.replace(turn, background=0)))
    return TurnEnded(background=0)


def probed(draft: Draft, fact: Probed) -> None:
    """Ask the user about a silent agent, unless the probe found activity."""
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
    """Stop a stalled session, if the answer says so."""
    session = draft.session(question.session_id)
    if question.attempt is not None and question.answer is not None and question.answer.value == STOP:
        stop_session(draft, session, draft.reason(Source.USER, "stalled", "stopped by the user: it was stalled"))


def _patience(draft: Draft, session: Session) -> int:
    return draft.world.policy.traits(session.agent).stall_ms


def _watch(draft: Draft, session: Session, turn: Turn) -> Session:
    return _look_again(draft, session, turn, draft.now + _patience(draft, session))


def _look_again(draft: Draft, session: Session, turn: Turn, at: int | None) -> Session:
    """Set the time of the next check; None if nothing runs that could be silent."""
    return draft.put(revised(session, turn=msgspec.structs.replace(turn, stall_at=at)))
