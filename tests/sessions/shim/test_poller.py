"""The poller behaves the same with poll and with select."""

import os
import time
from collections.abc import Iterator

import pytest

from maestrod.sessions.shim.poller import Poller, Readiness
from tests.kit.patience import PATIENCE


@pytest.fixture(params=[True, False], ids=["poll", "select"])
def poller(request: pytest.FixtureRequest) -> Poller:
    return Poller(use_poll=request.param)


@pytest.fixture
def pipe() -> Iterator[tuple[int, int]]:
    reader, writer = os.pipe()
    yield reader, writer
    for fd in (reader, writer):
        try:
            os.close(fd)
        except OSError:
            continue  # the test closed it


def test_a_reader_is_notified_when_there_is_something(poller: Poller, pipe: tuple[int, int]) -> None:
    calls: list[Readiness] = []
    poller.watch(pipe[0], calls.append)
    poller.wait(0)
    assert calls == []
    os.write(pipe[1], b"x")
    poller.wait(PATIENCE)
    assert [event.readable for event in calls] == [True]


def test_a_writer_is_notified_only_on_request(poller: Poller, pipe: tuple[int, int]) -> None:
    calls: list[Readiness] = []
    poller.watch(pipe[1], calls.append, read=False)
    poller.wait(0)
    assert calls == []
    poller.watch(pipe[1], calls.append, read=False, write=True)
    poller.wait(PATIENCE)
    assert [event.writable for event in calls] == [True]


def test_the_end_of_the_other_side_is_reported(poller: Poller, pipe: tuple[int, int]) -> None:
    calls: list[Readiness] = []
    poller.watch(pipe[0], calls.append)
    os.close(pipe[1])
    poller.wait(PATIENCE)
    assert calls[0].readable or calls[0].hung_up


def test_a_forgotten_follower_is_not_notified(poller: Poller, pipe: tuple[int, int]) -> None:
    calls: list[Readiness] = []
    poller.watch(pipe[0], calls.append)
    os.write(pipe[1], b"x")
    poller.forget(pipe[0])
    poller.forget(pipe[0])
    poller.wait(0)
    assert calls == []


def test_a_handler_can_forget_another_within_the_same_round(poller: Poller) -> None:
    first, second = os.pipe(), os.pipe()
    calls: list[int] = []

    def handler(mine: int, other: int) -> None:
        calls.append(mine)
        poller.forget(other)

    poller.watch(first[0], lambda event: handler(1, second[0]))
    poller.watch(second[0], lambda event: handler(2, first[0]))
    os.write(first[1], b"x")
    os.write(second[1], b"x")
    poller.wait(PATIENCE)
    assert len(calls) == 1
    for fd in (*first, *second):
        os.close(fd)


def test_the_poller_wakes_at_its_timeout(poller: Poller) -> None:
    began = time.monotonic()
    poller.wait(0.01)
    assert time.monotonic() - began >= 0.01
