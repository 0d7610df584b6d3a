"""The pump: output into the log, input in order and bounded, and an end that never waits for a stranger."""

import os
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from maestrod.sessions.shim.agent import Agent
from maestrod.sessions.shim.outputlog import OutputLog, segment_name
from maestrod.sessions.shim.poller import Poller
from maestrod.sessions.shim.pump import TYPED_LIMIT, Pump
from tests.kit.patience import PATIENCE


class Rig:
    """A pump on pipes whose far ends the test holds, as an agent would."""

    def __init__(self, folder: Path) -> None:
        reader, self.agent_out = os.pipe()
        self.agent_in, typed = os.pipe()
        os.set_blocking(reader, False)
        os.set_blocking(typed, False)
        os.set_blocking(self.agent_in, False)
        self.log_folder = folder
        self.log = OutputLog(str(folder), 1 << 20, 3)
        self.poller = Poller()
        self.pump = Pump(Agent(0, reader, typed, -1), self.log, self.poller)

    def run_until(self, condition: Callable[[], object]) -> None:
        for _ in range(10_000):
            if condition():
                return
            self.poller.wait(0.05)
        raise AssertionError("it never happened")

    def logged(self) -> bytes:
        path = self.log_folder / segment_name(0)
        return path.read_bytes() if path.exists() else b""

    def take_input(self) -> bytes:
        try:
            return os.read(self.agent_in, 65536)
        except BlockingIOError:
            return b""

    def close(self) -> None:
        self.pump.drain()
        self.log.finish()
        for fd in (self.agent_in, self.agent_out):
            try:
                os.close(fd)
            except OSError:
                continue  # the test closed it


@pytest.fixture
def rig(tmp_path: Path) -> Iterator[Rig]:
    made = Rig(tmp_path / "output")
    yield made
    made.close()


def test_output_goes_to_the_log(rig: Rig) -> None:
    os.write(rig.agent_out, b"hello")
    rig.run_until(lambda: rig.log.end == 5)
    assert rig.logged() == b"hello"


def test_input_is_queued_and_arrives_in_order(rig: Rig) -> None:
    sent = bytes(range(256)) * 2000
    assert rig.pump.type(sent[:300_000])
    assert rig.pump.type(sent[300_000:])
    taken = bytearray()

    def take() -> bool:
        taken.extend(rig.take_input())
        return len(taken) == len(sent)

    rig.run_until(take)
    assert bytes(taken) == sent


def test_input_beyond_the_bound_is_refused_whole(rig: Rig) -> None:
    assert rig.pump.type(b"x" * (TYPED_LIMIT - 1))
    assert not rig.pump.type(b"y" * TYPED_LIMIT)


def test_the_pipe_is_closed_after_the_last_byte(rig: Rig) -> None:
    assert rig.pump.type(b"z" * 200_000)
    rig.pump.close_typed()
    assert not rig.pump.type(b"too late")
    taken = bytearray()

    def take() -> bool:
        try:
            data = os.read(rig.agent_in, 65536)
        except BlockingIOError:
            return False
        taken.extend(data)
        return not data

    rig.run_until(take)
    assert len(taken) == 200_000


def test_an_agent_that_closed_its_input_is_not_an_error(rig: Rig) -> None:
    os.close(rig.agent_in)
    rig.pump.type(b"nobody reads this")
    assert not rig.pump.type(b"nor this")


def test_an_agent_that_closed_its_output_can_still_receive_input(rig: Rig) -> None:
    os.close(rig.agent_out)
    rig.poller.wait(PATIENCE)
    assert rig.pump.type(b"still there?")
    assert rig.take_input() == b"still there?"


def test_draining_reads_the_rest_and_does_not_wait_for_others_with_the_pipe(rig: Rig) -> None:
    os.write(rig.agent_out, b"last words")
    rig.pump.drain()
    assert rig.logged() == b"last words"


def test_draining_ends_although_a_stranger_keeps_writing(rig: Rig, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("maestrod.sessions.shim.pump.DRAIN_SECONDS", 0.02)
    read = rig.pump._read

    def read_and_refill(fd: int) -> bool:
        os.write(rig.agent_out, b"more ")
        return read(fd)

    monkeypatch.setattr(rig.pump, "_read", read_and_refill)
    rig.pump.drain()
    assert rig.logged().startswith(b"more more ")


def test_a_terminal_receives_the_end_of_file_character(tmp_path: Path) -> None:
    master, slave = os.openpty()
    os.set_blocking(master, False)
    far = os.dup(slave)
    pump = Pump(Agent(0, master, master, slave), OutputLog(str(tmp_path), 100, 2), Poller())
    pump.type(b"a line\n")
    pump.close_typed()
    assert os.read(far, 100) == b"a line\n"
    assert os.read(far, 100) == b""
    pump.drain()
    assert not pump.type(b"too late")
    os.close(far)
