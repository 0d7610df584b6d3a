"""The migration from format 1: every session keeps its meaning, and an interrupted migration starts again.

That a whole store of 0.1 is read is tested over what 0.1 recorded, in ``tests/contract/test_recorded_store.py``.
"""

import zipfile
from pathlib import Path
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from maestrod.api.errors import Unavailable
from maestrod.api.session import Session
from maestrod.store import from_format_1
from maestrod.store.files import Files, RealFiles, atomic_write
from maestrod.store.format import read_format
from maestrod.store.layout import Layout
from maestrod.store.segments import list_segments
from maestrod.store.store import Options, Store
from tests.kit.recorded.store import POLICY

RECORDED = Path(__file__).resolve().parents[1] / "fixtures/0.1/store.zip"
REASON = {"source": "user", "code": "stopped", "detail": "enough", "at": 7}
BASE = {"id": "ses_1", "projectId": "p", "name": "n", "role": "worker", "agent": "a", "statusReason": REASON}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    with zipfile.ZipFile(RECORDED) as packed:
        packed.extractall(tmp_path)
    return tmp_path


def opened(folder: Path) -> Store:
    return Store.open(folder, policy=POLICY, call_soon=lambda function: function(), options=Options(threads=False))


@pytest.mark.parametrize(
    "old, live",
    [
        ({"status": "spawning", "deadline": 9}, {"phase": "spawning", "clock": {"deadline": 9}}),
        ({"status": "spawning", "paused": True, "timeoutLeft": 0}, {"phase": "spawning", "paused": True, "clock": {"left": 0}}),
        ({"status": "spawning", "stopping": True, "deadline": 9}, {"phase": "spawning", "ending": {"kind": "stopping", "reason": REASON}}),
        ({"status": "idle"}, {"phase": "up"}),
        ({"status": "idle", "finishing": True, "deadline": 9}, {"phase": "up", "ending": {"kind": "finishing", "clock": {"deadline": 9}}}),
        ({"status": "idle", "finishing": True}, {"phase": "up", "ending": {"kind": "finishing"}}),
        ({"status": "idle", "finishing": True, "stopping": True}, {"phase": "up", "ending": {"kind": "stopping", "reason": REASON}}),
        (
            {"status": "working", "turn": {"running": True, "since": 3, "doing": "x"}, "stallAt": 5, "quietSince": 4},
            {"phase": "up", "turn": {"state": "running", "since": 3, "doing": "x", "stallAt": 5, "quietSince": 4}},
        ),
        (
            {"status": "idle", "turn": {"since": 3, "outcome": "failed", "code": "c", "background": 2}, "stallAt": 5},
            {"phase": "up", "turn": {"state": "over", "outcome": "failed", "since": 3, "background": 2, "code": "c", "stallAt": 5}},
        ),
        (
            {"status": "idle", "wait": {"kind": "usage", "until": 9, "since": 3}, "limitHits": 2, "limitedSince": 3},
            {"phase": "up", "wait": {"kind": "usage", "until": 9, "since": 3}, "limited": {"hits": 2, "since": 3}},
        ),
        ({"status": "failed", "limitHits": 2, "limitedSince": 3, "turn": None}, None),
    ],
)  # fmt: skip
def test_everything_a_live_session_has_is_in_one_place(old: dict[str, Any], live: dict[str, Any] | None) -> None:
    new = from_format_1.session({**BASE, **old})
    assert new["live"] == live
    assert msgspec.convert(new, Session).status.value == old["status"]


def test_a_finished_session_of_format_1_that_had_not_registered_counts_as_running() -> None:
    new = from_format_1.session({**BASE, "status": "spawning", "finishing": True, "deadline": 9})
    assert msgspec.convert(new, Session).finishing


_CLOCK = st.sampled_from([{}, {"deadline": 9}, {"timeoutLeft": 5}, {"deadline": 9, "timeoutLeft": 5}])
_FLAGS = st.dictionaries(st.sampled_from(["paused", "stopping", "finishing"]), st.booleans())
_TURN = st.sampled_from([{}, {"turn": {"running": True}, "quietSince": 1}, {"turn": {"outcome": "failed"}, "quietSince": 1}, {"turn": {}}])  # fmt: skip
_WAIT = st.sampled_from(
    [
        {},
        {"wait": {"kind": "usage", "until": 9, "since": 3, "due": True}},
        {"limitHits": 1},
        {"exit": {"code": 1}, "completedAt": 5},
    ]
)
_STATUS = st.sampled_from(["spawning", "idle", "working", "completed", "failed", "stopped"])


@given(status=_STATUS, members=st.tuples(_CLOCK, _FLAGS, _TURN, _WAIT))
def test_every_possible_session_of_format_1_is_migrated(status: str, members: tuple[dict[str, Any], ...]) -> None:
    old: dict[str, Any] = {**BASE, "status": status}
    for each in members:
        old |= each
    msgspec.convert(from_format_1.session(old), Session)


@pytest.mark.parametrize("writes", [0, 1, 5, 60])
def test_an_interrupted_migration_starts_again(writes: int, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    left = iter([True] * writes)

    def write(files: Files, path: Path, data: bytes) -> None:
        if not next(left, False):
            raise OSError("the power is gone")
        atomic_write(files, path, data)

    with monkeypatch.context() as patched, pytest.raises(Unavailable, match="power"):
        patched.setattr(from_format_1, "atomic_write", write)
        opened(folder)
    store = opened(folder)
    assert store.refusal() is None
    found = read_format(store._files, Layout(folder))
    assert found is not None
    assert found.format == 2
    names = {session.name: session for session in store.world.sessions.values()}
    assert (names["paused"].paused, names["finishing"].finishing) == (True, True)


def test_a_torn_commit_is_cut_after_a_migration_too(folder: Path) -> None:
    path = list_segments(RealFiles(), Layout(folder).journal)[-1].path
    torn = path.read_bytes().rstrip(b"\0")
    path.write_bytes(torn + b'{"crc":"01234567","seq":9' + b"\0" * (512 - (len(torn) + 25) % 512) + b'"at":1}\n')
    store = opened(folder)
    assert store.refusal() is None, store.report
    assert any(": cut " in line for line in store.report), store.report


@pytest.mark.parametrize(
    "old, new",
    [
        ('"status": "working"', '"status": []'),
        ('"status": "working"', '"turn": 5'),
        ('"agent"', '"name": "twice", "agent"'),
        ('"id"', "id"),
    ],
)
def test_an_edited_file_that_cannot_be_a_session_stays_for_recovery(folder: Path, old: str, new: str) -> None:
    paths = sorted(Layout(folder).folder("session").glob("*.json"))
    path = next(path for path in paths if old in path.read_text())
    edited = path.read_text().replace(old, new, 1)
    path.write_text(edited)
    store = opened(folder)
    assert store.refusal() is None, store.report
    assert edited in (
        path.read_text(),
        *(each.read_text() for each in (folder / "quarantine").rglob("*") if each.is_file()),
    )


def test_what_is_not_a_file_does_not_stop_a_migration(folder: Path) -> None:
    (Layout(folder).folder("task") / "tsk_folder.json").mkdir()
    (Layout(folder).folder("task") / "tsk_link.json").symlink_to(folder / "nothing")
    store = opened(folder)
    assert store.refusal() is None, store.report
    assert store.world.sessions


def test_an_edited_file_stays_edited(folder: Path) -> None:
    path = next(Layout(folder).folder("session").glob("*.json"))
    path.write_text(path.read_text().replace('"agent"', '"persona": "me", "agent"', 1))
    [edit] = opened(folder).scan_edits().edits
    assert isinstance(edit.entity, Session)
    assert (edit.id, edit.entity.persona) == (path.stem, "me")
