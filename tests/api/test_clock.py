"""A stopped time limit keeps the remaining time, and a limit never runs and stops at the same time.

Covers ``task.py``: when a task times out is what its clock says.
"""

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from maestrod.api.clock import Clock
from maestrod.api.task import Task


@given(deadline=st.integers(0, 99), stop=st.integers(0, 99), rest=st.integers(0, 99))
def test_a_stopped_clock_resumes_with_the_time_that_was_left(deadline: int, stop: int, rest: int) -> None:
    clock = Clock(deadline=deadline).stopped(stop)
    assert clock == clock.stopped(stop + rest) == Clock(left=max(0, deadline - stop))
    assert clock.started(stop + rest).deadline == max(deadline, stop) + rest
    assert Clock(deadline=deadline).later(rest) == Clock(deadline=deadline + rest)
    assert Clock(left=stop).later(rest) == Clock(left=stop)


@pytest.mark.parametrize("members", [{}, {"deadline": 1, "left": 1}])
def test_a_clock_runs_or_is_stopped(members: dict[str, int]) -> None:
    with pytest.raises(msgspec.ValidationError, match="either a deadline or"):
        msgspec.convert(members, Clock)


@pytest.mark.parametrize("clock, deadline", [(None, None), (Clock(deadline=5), 5), (Clock(left=5), None)])
def test_a_task_times_out_when_its_clock_runs_out(clock: Clock | None, deadline: int | None) -> None:
    assert Task(id="tsk_1", project_id="p", title="t", clock=clock).deadline == deadline
