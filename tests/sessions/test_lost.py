"""Handling of a session whose shim is gone."""

import errno
from pathlib import Path

import pytest

from maestrod.sessions import lost
from maestrod.sessions.adopt import read_record
from maestrod.sessions.lost import record_lost, sweep
from maestrod.sessions.shim.outputlog import OutputLog


async def test_a_lost_attempt_gets_a_record(tmp_path: Path) -> None:
    folder = tmp_path / "ses_a"
    log = OutputLog(str(folder / "output"), 100, 2)
    log.append(b"what it said")
    log.finish()
    record = await record_lost(folder, 2, "its shim is gone")
    assert (record.session_id, record.attempt, record.reason, record.detail) == ("ses_a", 2, "lost", "its shim is gone")
    assert (record.code, record.signal, record.output_end, record.left) == (None, None, 12, 0)
    assert read_record(folder, 2) == record


async def test_a_record_that_cannot_be_written_is_still_reported(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*arguments: object, **more: object) -> None:
        raise OSError(errno.ENOSPC, "no space")

    monkeypatch.setattr(lost, "replace", full)
    record = await record_lost(tmp_path / "ses_a", 1, "gone")
    assert record.reason == "lost"
    assert read_record(tmp_path / "ses_a", 1) is None


async def test_sweeping_an_empty_place_finds_nothing(tmp_path: Path) -> None:
    report = await sweep(tmp_path, 1)
    assert (report.left, report.ended, report.signalled) == (0, 0, ())
