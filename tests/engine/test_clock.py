"""Stamps: ids made later sort later, also within a millisecond and when the clock goes back."""

from hypothesis import given
from hypothesis import strategies as st

from maestrod.api.ids import make_id
from maestrod.engine.clock import Stamps, SystemClock
from tests.kit.engine_parts import FixedClock


@given(st.lists(st.integers(min_value=-100_000, max_value=100_000), min_size=1, max_size=50))
def test_ids_rise_whatever_the_clock_does(jumps: list[int]) -> None:
    clock = FixedClock()
    stamps = Stamps(clock)
    ids = []
    for jump in jumps:
        clock.now += jump
        stamp = stamps.next()
        assert stamp.at == clock.now
        ids += [make_id("tsk", stamp.id_time, stamp.entropy + count) for count in (1, 2)]
    assert ids == sorted(set(ids))


def test_ids_sort_after_those_of_the_daemon_before() -> None:
    clock = FixedClock()
    stamp = Stamps(clock, last_id_time=clock.now + 5).next()
    assert stamp.id_time > clock.now + 4


def test_the_machine_s_clock_counts_milliseconds() -> None:
    clock = SystemClock()
    assert clock.wall() > 1_700_000_000_000
    assert 0 <= clock.entropy() < 1 << 80
