"""The spool: every event once, oldest first, whatever else is in the folder."""

from pathlib import Path

import msgspec
import pytest
import trio
import trio.testing

from maestrod.agents.hook_calls import HookCalls
from maestrod.agents.registry import ADAPTERS
from maestrod.api.errors import Unavailable
from maestrod.core.access.session_token import make_token
from maestrod.sessions.fake_machine import FakeMachine
from maestrod.supervisor import spool
from tests.kit.parts.supervised import House, house

KEY = b"k" * 32
READ = HookCalls(ADAPTERS).read


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    path = tmp_path / "spool"
    path.mkdir()
    return path


def put(folder: Path, name: str, **members: object) -> Path:
    path = folder / f"{name}.json"
    path.write_bytes(msgspec.json.encode(members))
    return path


def hooks(parts: House) -> list[str]:
    """The messages hooks left, in order."""
    timeline = (event for event in parts.store.events_since(0) if event.type == "timeline.added")
    return [event.data["message"] for event in timeline if event.data.get("source") == "hook"]


async def test_events_are_taken_oldest_first_and_their_files_removed(tmp_path: Path, folder: Path) -> None:
    async with house(tmp_path, FakeMachine()) as parts:
        session = await parts.spawn()
        token = make_token(KEY, session.id, 1)
        for number in (3, 1, 2):
            put(folder, f"{number}", event=f"E{number}", sessionId=session.id, sessionToken=token, eventId=f"e{number}")
        assert await spool.read_spool(folder, parts.engine, KEY, READ) == 3
        assert hooks(parts) == ["hook E1", "hook E2", "hook E3"]
        assert list(folder.iterdir()) == []


async def test_an_event_recorded_before_a_crash_is_not_recorded_again(tmp_path: Path, folder: Path) -> None:
    async with house(tmp_path, FakeMachine()) as parts:
        session = await parts.spawn()
        for _ in range(2):
            put(folder, "1", event="E", sessionId=session.id, eventId="e1")
            put(folder, "2", event="WithoutId", sessionId=session.id)
            assert await spool.read_spool(folder, parts.engine, KEY, READ) == 2
        assert hooks(parts) == ["hook E", "hook WithoutId"]


async def test_useless_spool_files_are_removed_and_unreadable_ones_stay(
    tmp_path: Path, folder: Path, caplog: pytest.LogCaptureFixture
) -> None:
    async with house(tmp_path, FakeMachine()) as parts:
        session = await parts.spawn()
        (folder / "1.json").write_text("{torn")
        put(folder, "2", event="E", sessionToken="ses_1.1.00")
        put(folder, "3", event="E", sessionId="ses_none")
        put(folder, "4", event="E", sessionId=session.id, payload="x" * spool.FILE_LIMIT)
        (folder / "5.json").mkdir()
        (folder / ".6.tmp").write_text("half")
        put(folder, "7", event="Good", sessionId=session.id)
        assert await spool.read_spool(folder, parts.engine, KEY, READ) == 1
    assert hooks(parts) == ["hook Good"]
    assert sorted(path.name for path in folder.iterdir()) == [".6.tmp", "5.json"]
    assert len([line for line in caplog.messages if "is discarded" in line]) == 4


async def test_half_a_surrogate_pair_in_an_event_becomes_a_replacement_character(tmp_path: Path, folder: Path) -> None:
    async with house(tmp_path, FakeMachine()) as parts:
        session = await parts.spawn()
        event = f'{{"event":"E \\ud83d","sessionId":"{session.id}","payload":{{"text":"cut \\ud83d, Latin-1 '
        (folder / "1.json").write_bytes(b"\xef\xbb\xbf" + event.encode() + b'\xfc"}}')
        assert await spool.read_spool(folder, parts.engine, KEY, READ) == 1
        assert hooks(parts) == ["hook E \ufffd"]


async def test_a_store_that_accepts_nothing_leaves_everything_for_later(tmp_path: Path, folder: Path) -> None:
    async with house(tmp_path, FakeMachine()) as parts:
        session = await parts.spawn()
        await parts.until_launched(session.id)
        for number in range(3):
            put(folder, str(number), event=f"E{number}", sessionId=session.id)
        parts.store.refused = Unavailable("store.no_space", "full")
        assert await spool.read_spool(folder, parts.engine, KEY, READ) == 0
        assert len(list(folder.iterdir())) == 3
        parts.store.refused = None
        assert await spool.read_spool(folder, parts.engine, KEY, READ) == 3


async def test_a_journal_that_fails_meanwhile_loses_no_file(tmp_path: Path, folder: Path) -> None:
    async with house(tmp_path, FakeMachine()) as parts:
        session = await parts.spawn()
        await parts.until_launched(session.id)
        put(folder, "1", event="E", sessionId=session.id)
        parts.store.hold = True
        async with trio.open_nursery() as nursery:
            nursery.start_soon(spool.read_spool, folder, parts.engine, KEY, READ)
            await trio.testing.wait_all_tasks_blocked()
            parts.store.fail()
        assert len(list(folder.iterdir())) == 1


async def test_a_missing_folder_is_no_event(tmp_path: Path) -> None:
    async with house(tmp_path, FakeMachine()) as parts:
        assert await spool.read_spool(tmp_path / "none", parts.engine, KEY, READ) == 0
