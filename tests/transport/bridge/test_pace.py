"""The pace of a token: a burst, then a fixed rate per second, each token separately."""

from hypothesis import given
from hypothesis import strategies as st

from maestrod.transport.bridge.pace import Pace


class Clock:
    """Seconds as the test says."""

    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


def test_a_burst_then_the_rate() -> None:
    clock = Clock()
    pace = Pace(5, clock)
    assert [pace.take("a") for _ in range(10)] == [0.0] * 10
    wait = pace.take("a")
    assert 0 < wait <= 0.2
    assert pace.take("b") == 0.0, "another token has its own"
    clock.now += wait + 0.001
    assert pace.take("a") == 0.0
    assert pace.take("a") > 0


@given(st.lists(st.floats(0, 3), max_size=200), st.integers(1, 50))
def test_no_more_than_a_burst_and_the_rate_in_any_time(pauses: list[float], rate: int) -> None:
    clock = Clock()
    pace = Pace(rate, clock)
    taken = 0
    for pause in pauses:
        clock.now += pause
        taken += pace.take("a") == 0.0
    assert taken <= 2 * rate + rate * sum(pauses) + 1


@given(st.integers(1, 50))
def test_a_client_that_waits_as_requested_is_served(rate: int) -> None:
    clock = Clock()
    pace = Pace(rate, clock)
    for _ in range(100):
        clock.now += pace.take("a") + 0.001
    assert pace.take("a") < 1 / rate


def test_the_pace_of_a_bounded_number_of_callers_is_remembered() -> None:
    pace = Pace(1, Clock())
    for number in range(1500):
        assert pace.take(f"{number}") == 0.0
    assert len(pace._buckets) == 1000
