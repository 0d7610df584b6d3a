"""What cannot be together cannot be written down: clocks, and what a living session has.

Covers ``session.py``: its status and what it has go together.
"""

from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from maestrod.api.life import Clock, Spawning, Stopping, Up
from maestrod.api.reason import Reason, Source
from maestrod.api.session import Session, SessionStatus

SESSION = {"id": "ses_1", "projectId": "p", "name": "n", "role": "worker", "agent": "a"}


@given(deadline=st.integers(0, 99), stop=st.integers(0, 99), rest=st.integers(0, 99))
def test_a_clock_that_stood_still_goes_on_with_what_was_left(deadline: int, stop: int, rest: int) -> None:
    clock = Clock(deadline=deadline).stopped(stop)
    assert clock == clock.stopped(stop + rest) == Clock(left=max(0, deadline - stop))
    assert clock.started(stop + rest).deadline == max(deadline, stop) + rest
    assert Clock(deadline=deadline).later(rest) == Clock(deadline=deadline + rest)
    assert Clock(left=stop).later(rest) == Clock(left=stop)


@pytest.mark.parametrize("members", [{}, {"deadline": 1, "left": 1}])
def test_a_clock_runs_or_stands_still(members: dict[str, int]) -> None:
    with pytest.raises(msgspec.ValidationError, match="one of the two"):
        msgspec.convert(members, Clock)


@pytest.mark.parametrize("status", SessionStatus)
def test_a_session_has_what_fits_its_status(status: SessionStatus) -> None:
    fitting = {SessionStatus.SPAWNING: Spawning, SessionStatus.IDLE: Up, SessionStatus.WORKING: Up}.get(status)
    plain = msgspec.convert({**SESSION, "status": status.value}, Session)
    assert plain.live == (None if fitting is None else fitting())
    for phase, kind in (("spawning", Spawning), ("up", Up)):
        written: dict[str, Any] = {**SESSION, "status": status.value, "live": {"phase": phase}}
        if kind is fitting:
            assert msgspec.convert(written, Session) == plain
        else:
            with pytest.raises(msgspec.ValidationError, match="has no such `live`"):
                msgspec.convert(written, Session)


def test_a_session_tells_by_its_members_what_it_has() -> None:
    spawning = msgspec.convert({**SESSION, "status": "spawning"}, Session)
    stopping = Stopping(reason=Reason(source=Source.USER, code="stopped"))
    told = msgspec.structs.replace(spawning, live=Spawning(paused=True, ending=stopping))
    assert (told.paused, told.stopping, told.finishing, told.turn, told.wait, told.limited) == (
        True,
        True,
        False,
        None,
        None,
        None,
    )
    ended = msgspec.convert({**SESSION, "status": "failed"}, Session)
    assert (ended.paused, ended.ending) == (False, None)
