"""What an agent's signs mean for its session.

Four rules say how far a sign is trusted:

1. Only the end of its process ends a session; no sign does (``fact_rules.exited``). An external session, whose process the
  daemon did not start, ends when its agent says so or its process is gone.
2. The latest event counts. A sign carries the time of its event. If that is older than the last change of the turn (a spooled
  or late hook), the sign goes to the timeline and changes nothing.
3. For events of the same time, the better source counts: the stream over a hook over the screen over a timer.
4. If the end of a turn is reported twice (by hook and stream), the turn ends once and keeps the details of both reports. An end
   that was only inferred from the screen is replaced by the agent's own report, which may come later.

Only an explicit report completes a task, never the end of a turn. Starts and ends are not matched with each other, because any
of them may be missing.
"""

from collections.abc import Callable, Mapping
from typing import Any

import msgspec

from maestrod.api.event import TimelineType
from maestrod.api.reason import Source
from maestrod.api.session import Session, SessionStatus, Terminal, Usage
from maestrod.api.turn import Outcome, PastTurn, RunningTurn, Turn
from maestrod.core.session import attention, limit_rules, message, permission_rules, stall_rules
from maestrod.core.session.session import end, move, touch
from maestrod.core.values.agent_traits import Turns
from maestrod.core.values.facts import Signed
from maestrod.core.values.lifecycle import SessionEvent, revised
from maestrod.core.values.signs import (
    LINE,
    TEXT,
    BackgroundChanged,
    Compacted,
    InputAsked,
    Leaving,
    LimitReached,
    Noted,
    PermissionAsked,
    PermissionSettled,
    PlanOffered,
    Said,
    ScreenShown,
    Sign,
    Started,
    SubagentEnded,
    SubagentStarted,
    TodoChanged,
    ToolEnded,
    ToolStarted,
    Trouble,
    TurnEnded,
    TurnStarted,
    UsageSeen,
)
from maestrod.core.work import planning
from maestrod.core.work.happened import LATE_MS, noted
from maestrod.core.world.draft import Draft

#: Which of two sources counts for the same moment (rule 3); other sources rank lowest.
_RANK: Mapping[Source, int] = {Source.STREAM: 3, Source.HOOK: 2, Source.SCREEN: 1, Source.TIMER: 0}


class Provenance(msgspec.Struct, frozen=True):
    """The source of a sign, and when its event happened (ms since the epoch)."""

    source: Source
    at: int


def signed(draft: Draft, fact: Signed) -> None:
    """The rule of ``facts.Signed``: apply the signs read from the agent's output."""
    session = draft.world.sessions.get(fact.session_id)
    if session is None or session.attempt != fact.attempt or session.status.is_over:
        return
    take(draft, session.id, fact.signs, Provenance(fact.source, draft.now))
    session = draft.session(session.id)
    if fact.read_to > session.read_to:
        draft.change(session, read_to=fact.read_to)


def take(draft: Draft, session_id: str, signs: tuple[Sign, ...], provenance: Provenance) -> None:
    """Apply signs to a live session, in order."""
    for sign in signs:
        session = draft.session(session_id)
        if session.status.is_over:
            return
        rule = _RULES.get(type(sign))
        if rule is not None:
            rule(draft, touch(draft, session), sign, provenance)
    session = draft.session(session_id)
    if not session.status.is_over:
        stall_rules.record_life(draft, session)


def _started(draft: Draft, session: Session, sign: Started, provenance: Provenance) -> None:
    """The agent has started, or has begun another conversation: store the new id, and start counting usage again."""
    another = sign.agent_session_id is not None and sign.agent_session_id != session.agent_session_id
    if another:
        seen = session.usage_seen if session.agent_session_id is None else None
        session = draft.change(session, agent_session_id=sign.agent_session_id, usage_seen=seen)
    if sign.how == "clear" and another:
        _entry(draft, session, TimelineType.MILESTONE, "started another conversation", provenance)
    if session.status is SessionStatus.SPAWNING:
        move(draft, session, SessionEvent.REGISTER, draft.reason(provenance.source, "registered", "the agent is ready"))
    draft.at_turn[session.id] = None


def _turn_started(draft: Draft, session: Session, sign: TurnStarted, provenance: Provenance) -> None:
    if _is_stale(session, provenance) or (sign.machine and _is_running(session)):
        return
    turn = _begun(session, provenance, _background(session))
    reason = draft.reason(provenance.source, "turn_started", "the agent works on a prompt")
    session = move(draft, session, SessionEvent.BEGIN, reason, turn=turn)
    if not sign.machine:
        message.accept_oldest(draft, session)
    _close_input(draft, session)
    limit_rules.working(draft, draft.session(session.id), provenance.at)


def _turn_ended(draft: Draft, session: Session, sign: TurnEnded, provenance: Provenance) -> None:
    turn = session.turn or RunningTurn(since=provenance.at)
    if turn.running and _is_stale(session, provenance):
        return
    ended = _ended(turn, sign, provenance, session.attempt)
    up = draft.reason(provenance.source, "registered", "the agent is ready")
    session = move(draft, session, SessionEvent.CEASE, up, turn=ended)
    if sign.outcome is Outcome.COMPLETED:
        session = limit_rules.cleared(draft, session)
    if not ended.background:
        permission_rules.settled(draft, session, PermissionSettled(), provenance.at)
        _come_to_rest(draft, session, sign, provenance)
    if sign.outcome is Outcome.LIMIT:
        limit = LimitReached("usage", detail=sign.detail)
        limit_rules.reached(draft, draft.session(session.id), limit, provenance.source)
    draft.at_turn[session.id] = None


def _ended(turn: Turn, sign: TurnEnded, provenance: Provenance, attempt: int) -> PastTurn:
    """The turn that this sign ends, or that an earlier sign ended and this one adds to (rule 4)."""
    background, outcome, detail = _left_running(turn, sign), sign.outcome, sign.detail[:LINE]
    if isinstance(turn, RunningTurn):
        since = provenance.at
    elif turn.source is Source.SCREEN and provenance.source is not Source.SCREEN:
        since = turn.since  # the agent's own report replaces what was inferred from the screen
    else:
        return msgspec.structs.replace(
            turn,
            attempt=attempt,
            outcome=turn.outcome if sign.outcome is Outcome.COMPLETED else outcome,
            code=sign.code or turn.code,
            detail=detail or turn.detail,
            background=background,
            stall_at=None,
        )
    return PastTurn(
        outcome=outcome,
        since=since,
        source=provenance.source,
        attempt=attempt,
        code=sign.code,
        detail=detail,
        background=background,
    )


def _begun(session: Session, provenance: Provenance, background: int = 0) -> RunningTurn:
    """A new turn. It keeps the stall deadline of the one before."""
    stall_at = session.turn.stall_at if session.turn is not None else None
    return RunningTurn(
        since=provenance.at, source=provenance.source, attempt=session.attempt, background=background, stall_at=stall_at
    )


def _left_running(turn: Turn, sign: TurnEnded) -> int:
    """How much still runs after a turn's end. If the end is reported twice, the higher count holds."""
    provenance = turn.background if sign.background is None else sign.background
    return provenance if turn.running else max(provenance, turn.background)


def _is_running(session: Session) -> bool:
    """Whether a turn of this process is running, so that a sign of activity begins no other."""
    turn = session.turn
    return turn is not None and turn.running and turn.attempt == session.attempt


def _background(session: Session) -> int:
    """How much runs in the background of this process."""
    turn = session.turn
    return 0 if turn is None or turn.attempt != session.attempt else turn.background


def _background_changed(draft: Draft, session: Session, sign: BackgroundChanged, provenance: Provenance) -> None:
    """Update the background count.

    Between turns, the end of the last background item begins a turn of the agent's own, so only that turn ends the wait for it.
    """
    turn = session.turn
    if turn is not None and (turn.running or sign.count):
        draft.put(revised(session, turn=msgspec.structs.replace(turn, background=sign.count)))


def _come_to_rest(draft: Draft, session: Session, sign: TurnEnded, provenance: Provenance) -> None:
    """The turn has ended: set the session to idle, mark its prompt as answered, and record a failure."""
    if session.status is SessionStatus.WORKING:
        detail = sign.detail or f"the turn ended: {sign.outcome.value}"
        session = move(draft, session, SessionEvent.REST, draft.reason(provenance.source, _code(sign), detail[:LINE]))
    message.answer_delivered(draft, session, sign.text)
    if sign.outcome in {Outcome.FAILED, Outcome.INTERRUPTED}:
        kind = TimelineType.ERROR if sign.outcome is Outcome.FAILED else TimelineType.MILESTONE
        words = ": ".join(part for part in (f"turn {sign.outcome.value}", sign.code, sign.detail) if part)
        _entry(draft, session, kind, words, provenance)


def _code(sign: TurnEnded) -> str:
    """The reason code of a session that is idle after a turn."""
    return limit_rules.LIMIT if sign.outcome is Outcome.LIMIT else "turn_ended"


def _tool_started(draft: Draft, session: Session, sign: ToolStarted, provenance: Provenance) -> None:
    doing = f"{sign.name}: {sign.summary}"[:LINE] if sign.summary else sign.name
    _entry(draft, session, TimelineType.PROGRESS, doing, provenance, tool=sign.name)
    turn = session.turn
    if _is_stale(session, provenance) or _has_just_ended(turn, provenance):
        return
    begun = turn if isinstance(turn, RunningTurn) else _begun(session, provenance)
    begun = stall_rules.still_idle(msgspec.structs.replace(begun, doing=doing), draft.now)
    move(draft, session, SessionEvent.BEGIN, draft.reason(provenance.source, "tool", doing), turn=begun)


def _has_just_ended(turn: Turn | None, provenance: Provenance) -> bool:
    """Whether a turn ended a moment ago. Hooks of tools run beside the turn and may be late; a new turn reports its beginning."""
    return isinstance(turn, PastTurn) and provenance.at - turn.since < LATE_MS


def _tool_ended(draft: Draft, session: Session, sign: ToolEnded, provenance: Provenance) -> None:
    if sign.ok is False:
        words = f"{sign.name} failed: {sign.detail}" if sign.detail else f"{sign.name} failed"
        _entry(draft, session, TimelineType.PROGRESS, words[:LINE], provenance, tool=sign.name)


def _usage_seen(draft: Draft, session: Session, sign: UsageSeen, provenance: Provenance) -> None:
    """Add reported usage. Of cumulative figures, only the growth since the last report counts."""
    seen = session.usage_seen or Usage()
    used = session.usage or Usage()
    if not sign.cumulative:
        seen = Usage()
    grown = Usage(
        input=_growth(sign.input, seen.input),
        output=_growth(sign.output, seen.output),
        cost=None if sign.cost is None else _growth(sign.cost, seen.cost or 0.0),
    )
    cost = used.cost if grown.cost is None else round((used.cost or 0.0) + grown.cost, 6)
    told_now = Usage(input=sign.input, output=sign.output, cost=sign.cost) if sign.cumulative else session.usage_seen
    total = Usage(input=used.input + grown.input, output=used.output + grown.output, cost=cost)
    draft.change(session, usage=total, usage_seen=told_now)


def _growth(now: Any, before: Any) -> Any:
    """The growth of a figure. A figure that went down belongs to a new count, so all of it is new."""
    return now - before if now >= before else now


def _text(draft: Draft, session: Session, sign: Said, provenance: Provenance) -> None:
    """Add the agent's text to the timeline. Its first line becomes the turn's current activity."""
    if sign.text.strip():
        _entry(draft, session, TimelineType.PROGRESS, sign.text.strip()[:TEXT], provenance, said=True)
        if draft.world.policy.traits(session.agent).turns is Turns.PROCESS:
            message.keep_reply(draft, session, sign.text.strip())
    turn = session.turn
    line = sign.text.strip().partition("\n")[0][:LINE]
    if isinstance(turn, RunningTurn) and line and not _is_stale(session, provenance):
        draft.put(revised(session, turn=msgspec.structs.replace(turn, doing=line)))


def _plan_offered(draft: Draft, session: Session, sign: PlanOffered, provenance: Provenance) -> None:
    planning.offered(draft, session, sign.document)


def _input_asked(draft: Draft, session: Session, sign: InputAsked, provenance: Provenance) -> None:
    if not _is_stale(session, provenance):
        attention.want_input(draft, session, sign.message)


def _close_input(draft: Draft, session: Session) -> None:
    attention.input_given(draft, session)


def _permission_asked(draft: Draft, session: Session, sign: PermissionAsked, provenance: Provenance) -> None:
    if provenance.source is Source.STREAM or not _is_stale(session, provenance):
        permission_rules.question_for(draft, session, sign, provenance.source)


def _permission_settled(draft: Draft, session: Session, sign: PermissionSettled, provenance: Provenance) -> None:
    permission_rules.settled(draft, session, sign, provenance.at)


def _limit_reached(draft: Draft, session: Session, sign: LimitReached, provenance: Provenance) -> None:
    """End the turn of an agent that gave up at a limit, because not every agent reports that end (Codex sends no hook for it)."""
    session = limit_rules.reached(draft, session, sign, provenance.source)
    if session.wait is not None and session.turn is not None and session.turn.running and not sign.retrying:
        _turn_ended(draft, session, TurnEnded(Outcome.LIMIT, detail=sign.detail), provenance)


def _screen_shown(draft: Draft, session: Session, sign: ScreenShown, provenance: Provenance) -> None:
    stall_rules.shown(draft, session, sign)


def _leaving(draft: Draft, session: Session, sign: Leaving, provenance: Provenance) -> None:
    """End an external session when its agent says so, unless the agent only changes its conversation. For others, the process
    decides.
    """
    if session.terminal is Terminal.EXTERNAL and sign.reason not in {"clear", "resume"}:
        end(draft, session, SessionEvent.COMPLETE, draft.reason(provenance.source, "left", sign.reason[:LINE]), None)


def _note(words: Callable[[Any], str], kind: TimelineType = TimelineType.MILESTONE) -> Callable[..., None]:
    def rule(draft: Draft, session: Session, sign: Sign, provenance: Provenance) -> None:
        _entry(draft, session, kind, words(sign), provenance)

    return rule


def _entry(
    draft: Draft, session: Session, kind: TimelineType, text: str, provenance: Provenance, **metadata: Any
) -> None:
    """Add an entry to the timeline, with the time of the event unless it happened just now."""
    metadata |= noted(draft, provenance.at)
    draft.timeline(kind, text, session_id=session.id, source=provenance.source, metadata=metadata)


def _is_stale(session: Session, provenance: Provenance) -> bool:
    """Whether the turn already has a later change, or one of the same time from a better source (rules 2 and 3)."""
    turn = session.turn
    if turn is None or turn.attempt != session.attempt:
        return False
    if provenance.at == turn.since:
        return _RANK.get(provenance.source, 0) < _RANK.get(turn.source, 0)
    return provenance.at < turn.since


#: The rule of each sign.
_RULES: Mapping[type[Sign], Callable[..., None]] = {
    Started: _started,
    TurnStarted: _turn_started,
    TurnEnded: _turn_ended,
    BackgroundChanged: _background_changed,
    ToolStarted: _tool_started,
    ToolEnded: _tool_ended,
    InputAsked: _input_asked,
    PermissionAsked: _permission_asked,
    PermissionSettled: _permission_settled,
    LimitReached: _limit_reached,
    ScreenShown: _screen_shown,
    SubagentStarted: _note(lambda sign: f"subagent {sign.name} started".replace("  ", " ")),
    SubagentEnded: _note(lambda sign: f"subagent {sign.name} ended".replace("  ", " ")),
    Compacted: _note(lambda sign: "compacted its conversation"),
    TodoChanged: _note(lambda sign: f"{sign.done} of {sign.total} done: {sign.text}", TimelineType.PROGRESS),
    UsageSeen: _usage_seen,
    PlanOffered: _plan_offered,
    Said: _text,
    Trouble: _note(lambda sign: f"{sign.code}: {sign.message}" if sign.code else sign.message, TimelineType.ERROR),
    Noted: _note(lambda sign: sign.message),
    Leaving: _leaving,
}
