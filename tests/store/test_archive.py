"""Archives: importing gives what was exported, and an interrupted transfer is noticed."""

import zlib

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from maestrod.api.errors import Malformed, NotFound
from maestrod.api.event import TimelineEvent, TimelineType
from maestrod.api.project import Project
from maestrod.api.session import Session
from maestrod.store.archive import archive_lines, read_archive
from tests.kit.parts.crash_files import CrashFiles
from tests.store.lives import DATA, Life, add_session, add_task, enqueue, report, report_task

ENTRIES = [
    TimelineEvent(id=f"e{seq}", type=TimelineType.PROGRESS, timestamp=1, session_id="s", seq=seq) for seq in (3, 4)
]
PROJECT = Project(id="prj_1", name="p", working_dir="/w")
LINES = list(archive_lines(9, [PROJECT], ENTRIES))


def test_a_round_trip_changes_nothing() -> None:
    archive = read_archive(LINES)
    assert (archive.seq, archive.entities, archive.entries) == (9, [PROJECT], ENTRIES)


@given(st.data())
def test_any_damage_is_detected(data: st.DataObject) -> None:
    content = bytearray(b"".join(LINES))
    if data.draw(st.booleans()):
        bit = data.draw(st.integers(0, len(content) * 8 - 9))  # the last newline may be missing
        content[bit // 8] ^= 1 << bit % 8
    else:
        del content[data.draw(st.integers(0, len(content) - 2)) :]
    with pytest.raises(Malformed):
        read_archive(bytes(content).splitlines(keepends=True))


def test_a_newer_archive_is_refused() -> None:
    with pytest.raises(Malformed, match="format 3"):
        read_archive([LINES[0].replace(b'"archive":2', b'"archive":3'), *LINES[1:]])


def test_an_unknown_kind_is_refused() -> None:
    with pytest.raises(Malformed, match="unknown kind 'spaceship'"):
        read_archive([LINES[0], LINES[1].replace(b"project", b"spaceship"), *LINES[2:]])


def test_a_finished_tree_is_kept_with_all_that_belongs_to_it() -> None:
    life = Life(CrashFiles(), {})
    add_task(life, 0)
    (root,) = life.world.tasks
    for act in (add_task, add_session, enqueue, report, report_task):
        act(life, 1)
    life.commit()
    path = life.store.archive(root)
    assert path == DATA / "archive" / f"{root}.jsonl"
    archive = read_archive(life.store._files.read(path).splitlines(keepends=True))
    world = life.world
    assert archive.entities == [*world.tasks.values(), *world.sessions.values(), *world.queues.values()]
    assert sorted(entry.seq for entry in archive.entries) == [
        event.seq for event in life.events if event.type == "timeline.added"
    ]
    assert msgspec.json.encode(archive.entities)
    with pytest.raises(NotFound):
        life.store.archive("tsk_nobody")


def test_an_archive_of_0_1_has_its_sessions_in_todays_form() -> None:
    session = {
        "id": "ses_1",
        "projectId": "p",
        "name": "n",
        "role": "worker",
        "agent": "a",
        "status": "idle",
        "paused": True,
    }
    lines = [b'{"archive":1,"seq":1}\n', msgspec.json.encode({"kind": "session", "entity": session}) + b"\n"]
    trailer = {"lines": 2, "crc": f"{zlib.crc32(b''.join(lines)):08x}"}
    [found] = read_archive([*lines, msgspec.json.encode(trailer) + b"\n"]).entities
    assert isinstance(found, Session)
    assert found.paused
