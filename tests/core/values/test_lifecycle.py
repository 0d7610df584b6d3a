"""A session's five machines: coupled as the essay says, never in an impossible state, and always at rest in the end."""

from collections.abc import Iterator
from itertools import product
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from maestrod.api.clock import Clock
from maestrod.api.errors import IllegalTransition
from maestrod.api.life import Finishing, Spawning, Stopping, Up
from maestrod.api.process import Exit, ProcessIdentity
from maestrod.api.reason import Reason, Source
from maestrod.api.session import Role, Session, SessionStatus
from maestrod.api.turn import Limited, Outcome, PastTurn, RunningTurn, Turn, Wait
from maestrod.core.values import lifecycle
from maestrod.core.values.lifecycle import (
    BRINGS,
    ENDS,
    MACHINES,
    Data,
    EndingState,
    SessionEvent,
    States,
    TurnState,
    WaitState,
    after,
    clock_of,
    moved,
    moves,
    revised,
    states,
    with_clock,
)

ALIVE = (SessionStatus.SPAWNING, SessionStatus.IDLE, SessionStatus.WORKING)
WHY = Reason(source=Source.USER, code="stopped", detail="enough", at=5)
BEFORE = Reason(source=Source.TIMER, code="before", at=1)
PAST = PastTurn(outcome=Outcome.COMPLETED, since=4)
EXIT = Exit(code=0)
AT = 1000


def data(event: SessionEvent) -> Data:
    """What a rule would give along with an event."""
    turns: dict[SessionEvent, Turn] = {
        SessionEvent.BEGIN: RunningTurn(since=AT),
        SessionEvent.CEASE: PastTurn(outcome=Outcome.FAILED, since=AT),
    }
    wait = Wait(kind="usage", until=AT + 9, since=AT)
    return Data(reason=WHY, turn=turns.get(event), wait=wait, clock=Clock(deadline=AT + 20), exit=EXIT)


def session(status: SessionStatus, live: Spawning | Up | None = None, **members: Any) -> Session:
    members = {"status_reason": BEFORE, "process": ProcessIdentity(pid=7, started=1, boot_id="b"), **members}
    return Session(
        id="ses_1", project_id="p", name="n", role=Role.WORKER, agent="a", status=status, live=live, **members
    )


def living() -> Iterator[Session]:
    """A session in every state that can be written down."""
    for paused, ending in product([False, True], [None, Stopping(reason=BEFORE)]):
        clock = Clock(deadline=AT + 9) if ending is None else None
        yield session(SessionStatus.SPAWNING, Spawning(clock=clock, paused=paused, ending=ending))
    endings = (None, Stopping(reason=BEFORE), Finishing(clock=Clock(deadline=AT + 9)), Finishing())
    turns = (None, RunningTurn(), PAST)
    waits = (None, Wait(kind="usage", until=9, since=4), Wait(kind="usage", until=9, since=4, due=True))
    for status, paused, ending_, turn, wait in product(ALIVE[1:], [False, True], endings, turns, waits):
        yield session(status, Up(paused=paused, ending=ending_, turn=turn, wait=wait, limited=Limited(hits=1, since=4)))


EVERY = [*living(), *(session(status) for status in SessionStatus if status not in ALIVE)]


def test_an_event_moves_a_session_as_the_tables_say() -> None:
    """For every event in every state: the values follow the machines, and what is refused is refused."""
    for each, event in product(EVERY, SessionEvent):
        try:
            expected = after(states(each), event)
        except IllegalTransition:
            with pytest.raises(IllegalTransition):
                moved(each, event, AT, data(event))
            continue
        assert states(moved(each, event, AT, data(event))) == expected, (each, event)
        assert moves(each, event) is (expected != states(each))


def test_an_event_triggers_only_events_below_it() -> None:
    order = list(SessionEvent)
    for event, brought in BRINGS.items():
        assert all(order.index(each) > order.index(event) for each in brought), event


def test_each_event_is_handled_by_a_machine() -> None:
    assert {event for machine in MACHINES for row in machine.cells.values() for event in row} == set(SessionEvent)


def test_applying_an_event_again_moves_nothing() -> None:
    """Told again it moves nothing, but for the end of a wait, which leads on to the next."""
    for each, event in product(EVERY, set(SessionEvent) - {SessionEvent.WAKE}):
        try:
            once = after(states(each), event)
            assert after(once, event) == once, (each, event)
        except IllegalTransition:
            assert states(each).life not in ALIVE, (each, event)


@given(st.lists(st.sampled_from(list(SessionEvent)), max_size=40))
def test_random_events_never_reach_an_impossible_state(events: list[SessionEvent]) -> None:
    """Each state survives being written and read, whatever came before, and an end is final."""
    now = session(SessionStatus.SPAWNING, Spawning(clock=Clock(deadline=AT)))
    for number, event in enumerate(events):
        was_over = now.live is None
        try:
            then = moved(now, event, AT + number, data(event))
        except IllegalTransition:
            continue
        assert msgspec.json.decode(msgspec.json.encode(then), type=Session) == then
        assert not was_over or then == now
        now = then


def test_an_ended_session_keeps_nothing_of_its_life() -> None:
    for each, event in product(living(), ENDS):
        ended = moved(each, event, AT, data(event))
        assert ended.live is None
        assert states(ended) == States(ended.status)
        assert (ended.exit, ended.completed_at, ended.status_reason) == (EXIT, AT, WHY)


def test_an_ending_session_begins_no_wait_and_a_stopping_one_cannot_be_finished() -> None:
    for each in living():
        ending = states(each).ending
        if ending is not EndingState.NONE:
            assert not moves(each, SessionEvent.REACH)
        if ending is EndingState.STOPPING:
            assert not moves(each, SessionEvent.LET_GO) or each.status is SessionStatus.SPAWNING
            assert not moves(each, SessionEvent.WANT_STOP)
        else:
            assert moved(each, SessionEvent.WANT_STOP, AT, data(SessionEvent.WANT_STOP)).ending == Stopping(reason=WHY)


def test_the_reason_of_a_stop_stays_until_the_end() -> None:
    for each, event in product(living(), set(SessionEvent) - ENDS - {SessionEvent.WAKE}):
        if isinstance(each.ending, Stopping):
            assert moved(each, event, AT, data(event)).status_reason == BEFORE, (each, event)


def test_signs_of_a_turn_or_a_limit_are_signs_of_life() -> None:
    for each in living():
        for event, status in ((SessionEvent.BEGIN, SessionStatus.WORKING), (SessionEvent.CEASE, SessionStatus.IDLE)):
            found = moved(each, event, AT, data(event))
            assert found.status is (
                status if event is SessionEvent.BEGIN or each.status is SessionStatus.SPAWNING else each.status
            )
        if each.ending is None:
            assert moved(each, SessionEvent.REACH, AT, data(SessionEvent.REACH)).status is not SessionStatus.SPAWNING


def test_the_end_of_a_process_silences_only_the_turn() -> None:
    for each in living():
        gone = moved(each, SessionEvent.GONE, AT)
        assert gone.process is None
        assert states(gone) == states(each)._replace(turn=TurnState.SILENT)


def test_consecutive_limits_are_counted_until_a_turn_completes() -> None:
    up = session(SessionStatus.IDLE)
    first = moved(up, SessionEvent.REACH, AT, data(SessionEvent.REACH))
    due = moved(first, SessionEvent.END_WAIT, AT + 1)
    second = moved(due, SessionEvent.REACH, AT + 2, data(SessionEvent.REACH))
    assert (first.limited, second.limited) == (Limited(hits=1, since=AT), Limited(hits=2, since=AT))
    assert states(due).wait is WaitState.DUE
    assert revised(second, limited=None).limited is None


def test_a_time_limit_belongs_to_a_phase_and_ends_with_it() -> None:
    spawning = session(SessionStatus.SPAWNING, Spawning(clock=Clock(deadline=AT)))
    assert clock_of(moved(spawning, SessionEvent.REGISTER, AT)) is None
    assert clock_of(moved(spawning, SessionEvent.WANT_STOP, AT, data(SessionEvent.WANT_STOP))) is None
    let_go = moved(session(SessionStatus.IDLE), SessionEvent.LET_GO, AT, data(SessionEvent.LET_GO))
    assert clock_of(let_go) == Clock(deadline=AT + 20)
    assert clock_of(moved(let_go, SessionEvent.WORK, AT)) == Clock(deadline=AT + 20), (
        "work is no reason to stay for ever"
    )
    assert clock_of(with_clock(let_go, Clock(left=7))) == Clock(left=7)
    assert with_clock(session(SessionStatus.IDLE), Clock(left=7)) == session(SessionStatus.IDLE)


def test_machines_cannot_be_moved_by_a_revision() -> None:
    with pytest.raises(ValueError, match="only an event may change"):
        revised(session(SessionStatus.IDLE), paused=True)
    with pytest.raises(ValueError, match="has ended"):
        revised(session(SessionStatus.FAILED), paused=True)


def test_the_essay_names_every_coupled_machine_and_event() -> None:
    essay = lifecycle.__doc__ or ""
    for machine in ("life", "turn", "hold", "ending", "wait"):
        assert f"- **{machine}**" in essay
    for event, brought in BRINGS.items():
        assert f"``{event.value}``" in essay
        assert all(f"``{each.value}``" in essay for each in brought)
