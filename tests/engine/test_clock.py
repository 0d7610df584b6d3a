"""Stamps: later ids sort later, even within a millisecond and when the clock goes back."""

from hypothesis import given
from hypothesis import strategies as st

from maestrod.api.model.ids import make_id
from maestrod.engine.clock import JUMP_MS, Stamps, SystemClock, movement
from tests.kit.parts.engine_parts import FixedClock


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
    assert clock.steady() >= clock.awake() - 1 > 0
    assert movement(None, clock) is None or clock.boot()
    assert 0 <= clock.entropy() < 1 << 80


def test_an_unknown_machine_counts_as_just_started() -> None:
    found = movement(None, FixedClock(boot="b1"))
    assert found is not None and (found.step, found.slept, found.mark.boot) == (0, 0, "b1")
    assert movement(None, FixedClock(boot="")) is None


@given(st.lists(st.tuples(st.sampled_from(["set", "sleep", "go"]), st.integers(-(10**9), 10**9)), max_size=30))
def test_the_sum_of_all_jumps_is_how_far_the_clock_was_set(moves: list[tuple[str, int]]) -> None:
    clock = FixedClock(boot="b1")
    first = movement(None, clock)
    assert first is not None
    mark = first.mark
    for what, ms in moves:
        if what == "set":
            clock.set_by(ms)
        elif what == "sleep":
            clock.sleep_for(abs(ms))
        else:
            clock.now += abs(ms)
        found = movement(mark, clock)
        mark = mark if found is None else found.mark
        assert movement(mark, clock) is None
    assert abs(mark.stepped - clock.stepped) < JUMP_MS
    assert abs(mark.asleep - clock.slept) < JUMP_MS


def test_across_a_reboot_the_wall_clock_is_believed() -> None:
    clock = FixedClock(boot="b1")
    first = movement(None, clock)
    assert first is not None
    later = FixedClock(now=clock.now + 86_400_000, boot="b2")
    found = movement(first.mark, later)
    assert found is not None and (found.step, found.slept, found.mark.boot) == (0, 0, "b2")
