"""Events that hooks spooled are read before a deadline is judged, and when a stopped daemon resumes."""

import signal
from pathlib import Path

import msgspec
import trio
from trio.testing import MockClock

from maestrod.rpc.context import no_hook_reading
from maestrod.sessions.fake_machine import FakeMachine
from maestrod.supervisor.hearing import Hearing
from tests.kit.parts.supervised import House, house

KEY = b"k" * 32


def spool(folder: Path, session_id: str, event: str) -> Path:
    folder.mkdir(exist_ok=True)
    path = folder / f"{event}.json"
    path.write_bytes(msgspec.json.encode({"event": event, "sessionId": session_id, "eventId": event}))
    return path


def kinds(parts: House) -> list[str]:
    """What happened, in order, as far as hooks and timers told it."""
    timeline = (event.data for event in parts.store.events_since(0) if event.type == "timeline.added")
    return [entry["message"] for entry in timeline if entry.get("source") in {"hook", "timer"}]


async def test_a_spooled_event_comes_before_the_deadline_due_at_that_time(
    tmp_path: Path, autojump_clock: MockClock
) -> None:
    async with house(tmp_path, FakeMachine()) as parts:
        hearing = Hearing(tmp_path / "spool", parts.engine, KEY, no_hook_reading, parts.supervisor)
        parts.engine.listen(hearing.read_spool)
        task = await parts.call("task.create", title="t", projectId=await parts.project(), timeoutMs=60_000)
        session = await parts.call("session.spawn", taskIds=[task.id], agent="shell")
        await parts.until_launched(session.id)
        await parts.call("task.start", taskId=task.id)
        await trio.sleep(10)
        path = spool(tmp_path / "spool", session.id, "Late")
        await trio.sleep(60)
        assert not path.exists()
        assert kinds(parts)[:2] == ["hook Late", "timed out after 60000 ms"]


async def test_spooled_events_are_read_once_when_the_process_resumes(tmp_path: Path) -> None:
    async with house(tmp_path, FakeMachine()) as parts, trio.open_nursery() as nursery:
        hearing = Hearing(tmp_path / "spool", parts.engine, KEY, no_hook_reading, parts.supervisor)
        await nursery.start(hearing.run)
        session = await parts.spawn()
        path = spool(tmp_path / "spool", session.id, "Late")
        signal.raise_signal(signal.SIGCONT)
        await parts.engine.bus.wait_for(lambda event: event.data.get("message") == "hook Late")
        await hearing.read_spool()
        assert not path.exists()
        assert kinds(parts) == ["hook Late"]
        nursery.cancel_scope.cancel()
