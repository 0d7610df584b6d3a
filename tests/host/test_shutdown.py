"""A request to shut down counts once, and a second one hurries. Signals make requests."""

import os
import signal
from collections.abc import Iterator

import pytest
import trio

from maestrod.api.system import SessionsOnStop
from maestrod.host.shutdown import SIGNALS, Shutdown, shutdown_by_signals
from tests.kit.patience import PATIENCE


@pytest.fixture(autouse=True)
def signals_as_before() -> Iterator[None]:
    before = {each: signal.getsignal(each) for each in SIGNALS}
    yield
    for each, handler in before.items():
        signal.signal(each, handler)  # noqa: TID251 - put back


def test_the_first_stop_request_decides_and_a_second_hurries() -> None:
    shutdown = Shutdown(SessionsOnStop.STOP)
    shutdown.request(SessionsOnStop.KEEP)
    assert shutdown.requested.is_set() and not shutdown.hurry.is_set()
    shutdown.request()
    assert shutdown.hurry.is_set() and shutdown.sessions is SessionsOnStop.KEEP


@pytest.mark.parametrize(
    "number, sessions", [(signal.SIGTERM, SessionsOnStop.STOP), (signal.SIGUSR2, SessionsOnStop.KEEP)]
)
async def test_a_signal_requests_a_stop_and_a_hangup_does_not(number: signal.Signals, sessions: SessionsOnStop) -> None:
    async with shutdown_by_signals(SessionsOnStop.STOP) as shutdown:
        for each in (signal.SIGHUP, number):
            os.kill(os.getpid(), each)  # noqa: TID251 - this process
        with trio.fail_after(PATIENCE):
            await shutdown.requested.wait()
        assert shutdown.sessions is sessions and not shutdown.hurry.is_set()
