"""The end of a foreign process is noticed, and no other process is mistaken for it."""

import errno
import os
import subprocess
import sys

import pytest
import trio

from maestrod.sessions.watch import Watched, identify, wait_gone
from tests.kit.patience import PATIENCE

_WAITS = [sys.executable, "-I", "-S", "-c", "input()"]


@pytest.fixture(params=["pidfd", "thread"])
def way(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    def none_left(pid: int, flags: int = 0) -> int:
        raise OSError(errno.EMFILE, os.strerror(errno.EMFILE))

    if request.param == "thread":  # psutil, which waits then, tries it as well and knows this way to fail
        monkeypatch.setattr(os, "pidfd_open", none_left, raising=False)


async def test_the_end_of_a_process_is_noticed(way: None) -> None:
    with subprocess.Popen(_WAITS, stdin=subprocess.PIPE) as child:
        process = identify(child.pid)
        assert process is not None and process.pid == child.pid
        with trio.fail_after(PATIENCE):
            async with trio.open_nursery() as nursery:
                nursery.start_soon(wait_gone, process)
                await trio.testing.wait_all_tasks_blocked()
                child.kill()


async def test_another_process_with_the_same_number_does_not_match(way: None) -> None:
    with trio.fail_after(PATIENCE):
        await wait_gone(Watched(os.getpid(), "1", "another boot"))


async def test_a_process_that_is_gone_is_not_waited_for(way: None) -> None:
    with subprocess.Popen(_WAITS, stdin=subprocess.PIPE) as child:
        process = identify(child.pid)
        child.kill()
    assert process is not None
    assert identify(child.pid) is None
    with trio.fail_after(PATIENCE):
        await wait_gone(process)


def test_a_process_of_another_user_is_not_ours(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "getuid", lambda: 100_000)
    assert identify(os.getpid()) is None
