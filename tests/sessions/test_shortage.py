"""Without descriptors the daemon waits and concludes nothing."""

import errno
import resource
from pathlib import Path

import pytest
import trio
from trio.testing import MockClock

from maestrod.sessions.adopt import look
from maestrod.sessions.shim.processes import ProcFs
from maestrod.sessions.shortage import PAUSE_SECONDS, is_shortage, once_possible
from maestrod.sessions.spec import AlreadyEnded, Running
from tests.kit.patience import PATIENCE
from tests.sessions.kit import Agents, alive, daemon_on


async def test_a_question_is_repeated_until_there_is_room(autojump_clock: MockClock) -> None:
    answers: list[object] = [OSError(errno.EMFILE, "no"), OSError(errno.ENOMEM, "no"), "yes"]

    async def ask() -> object:
        await trio.lowlevel.checkpoint()
        answer = answers.pop(0)
        if isinstance(answer, OSError):
            raise answer
        return answer

    began = trio.current_time()
    assert await once_possible(ask) == "yes"
    assert trio.current_time() - began == pytest.approx(2 * PAUSE_SECONDS)


async def test_any_other_error_is_an_error() -> None:
    async def ask() -> None:
        raise OSError(errno.EACCES, "no")

    with pytest.raises(PermissionError):
        await once_possible(ask)
    assert not is_shortage(OSError(errno.ENOENT, "no"))


class NoDescriptors:
    """While it is entered, this process cannot open anything."""

    def __enter__(self) -> None:
        self._before = resource.getrlimit(resource.RLIMIT_NOFILE)
        resource.setrlimit(resource.RLIMIT_NOFILE, (0, self._before[1]))

    def __exit__(self, *error: object) -> None:
        resource.setrlimit(resource.RLIMIT_NOFILE, self._before)


async def test_fault_21_a_session_is_not_called_lost_for_lack_of_descriptors(tmp_path: Path) -> None:
    async with daemon_on(tmp_path) as first:
        identity = await first.custody.launch(Agents(tmp_path).spec("ses_a", "cat"))
    async with daemon_on(tmp_path) as second:
        standings: list[object] = []

        async def adopt() -> None:
            standings.append(await second.custody.adopt("ses_a", 1))

        async with trio.open_nursery() as adopting:
            with NoDescriptors():
                adopting.start_soon(adopt)
                await trio.sleep(0.05)
            assert standings == []
        assert standings == [Running(identity)]
        assert alive(identity.agent_pid)
        await second.custody.stop("ses_a")


async def test_an_exit_record_that_cannot_be_opened_is_read_later(tmp_path: Path) -> None:
    async with daemon_on(tmp_path) as daemon:
        await daemon.custody.launch(Agents(tmp_path).spec("ses_a", "true"))
        record = await daemon.exit_of("ses_a")
    with trio.fail_after(PATIENCE):
        async with trio.open_nursery() as nursery:
            with NoDescriptors():

                async def ask() -> None:
                    assert await look(tmp_path / "ses_a", "ses_a", 1) == AlreadyEnded(record)

                nursery.start_soon(ask)
                await trio.sleep(0.05)


def test_an_unreadable_process_table_is_an_error_and_not_empty() -> None:
    with NoDescriptors(), pytest.raises(OSError):
        ProcFs().table()
