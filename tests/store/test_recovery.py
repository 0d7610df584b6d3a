"""What a start trusts when something is torn, flipped, truncated or missing: the other copy, or read-only; never an empty store."""

from collections.abc import Callable
from pathlib import Path

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from maestrod.api.errors import BadConfiguration, Unavailable
from maestrod.api.system import Mode
from maestrod.store.layout import Layout
from maestrod.store.record import decode, encode
from maestrod.store.recovery import recover
from maestrod.store.segments import list_segments
from maestrod.store.store import Options
from tests.kit.parts.crash_files import CrashFiles
from tests.store.lives import DATA, Life, add_project, add_session, add_task, change_task, entries, report, report_task

#: Nothing is checkpointed by itself, nothing is dropped: the tests say what there is.
ROOMY = Options(segment_size=1 << 14, threads=False)
LAYOUT = Layout(DATA)


class Broken:
    """A store with a known history, ended without closing, to be damaged."""

    def __init__(self, *, settled: int = 6) -> None:
        self.files = CrashFiles()
        self.dumps: dict[int, bytes] = {}
        self.life = Life(self.files, self.dumps, ROOMY)
        add_project(self.life, 0)
        add_session(self.life, 0)
        for number in range(12):
            (add_task, change_task, report)[number % 3](self.life, 3 * number)
            self.life.commit()
            if number == settled:
                self.life.settle()
        self.seq = self.life.acknowledged
        self.files.reboot("kill")

    @property
    def segment(self) -> Path:
        return list_segments(self.files, LAYOUT.journal)[-1].path

    def lines(self) -> list[bytes]:
        return self.files.read(self.segment).rstrip(b"\0").split(b"\n")

    def damage_line(self, number: int) -> None:
        """Flip a bit in the ``number``-th record (from 0; negative from the end)."""
        lines = self.lines()
        records = [index for index, line in enumerate(lines) if line]
        line = bytearray(lines[records[number]])
        line[60] ^= 4
        lines[records[number]] = bytes(line)
        self.files.damage(self.segment, b"\n".join(lines) + bytes(500))

    def reopen(self) -> Life:
        return Life(self.files, {}, ROOMY)


def assert_same(broken: Broken, life: Life) -> None:
    assert life.store.refusal() is None, life.store.report
    assert life.world.seq == broken.seq and life.world.dump() == broken.dumps[broken.seq]
    change_task(life, 4)
    life.close()
    assert Life(broken.files, {}, ROOMY).world.dump() == life.world.dump(), "what was repaired stays repaired"


def test_19_a_damaged_line_that_entity_files_cover_is_quarantined() -> None:
    broken = Broken()
    broken.damage_line(2)
    life = broken.reopen()
    (line, rebuilt) = life.store.report
    assert str(broken.segment) in line and "line 3" in line and "checksum" in line
    assert "rebuilt from the entity files" in rebuilt
    assert any(path.startswith(str(LAYOUT.quarantine)) for path in broken.files.tree())
    seen = entries(life)
    assert all(seqs == sorted(set(seqs)) for seqs in seen.values())
    assert_same(broken, life)


def test_19_a_damaged_line_without_a_copy_opens_read_only_and_is_named() -> None:
    broken = Broken()
    broken.damage_line(-3)
    before = {path: data for path, data in broken.files.tree().items() if "quarantine" not in path}
    life = broken.reopen()
    refusal = life.store.refusal()
    assert refusal is not None and refusal.reason == "store.read_only" and life.store.mode() is Mode.READ_ONLY
    assert str(broken.segment) in refusal.message and "line" in refusal.message and "export" in refusal.message
    assert life.world.dump() == broken.dumps[life.world.seq], "what is shown is the state before"
    with pytest.raises(Unavailable):
        add_task(life, 1)
    life.store.write_behind()
    life.close()
    assert {path: data for path, data in broken.files.tree().items() if "quarantine" not in path} == before, (
        "nothing was changed"
    )


def test_19_the_last_acknowledged_line_is_never_cut_as_torn() -> None:
    broken = Broken()
    broken.damage_line(-1)
    assert broken.reopen().store.mode() is Mode.READ_ONLY
    broken = Broken(settled=11)
    broken.damage_line(-1)
    assert_same(broken, broken.reopen())


@pytest.mark.parametrize("content", [b"", b"{", bytes(4000), b"half"])
def test_19_a_damaged_snapshot_is_replaced_by_the_journal(content: bytes) -> None:
    broken = Broken()
    life = broken.reopen()
    life.close()
    snapshot = broken.files.read(LAYOUT.snapshot)
    broken.files.damage(LAYOUT.snapshot, snapshot[: len(snapshot) // 2] if content == b"half" else content)
    life = broken.reopen()
    assert "not a whole snapshot" in life.store.report[0] and str(LAYOUT.snapshot) in life.store.report[0]
    assert_same(broken, life)


def test_19_a_folder_in_place_of_the_snapshot_is_handled() -> None:
    broken = Broken()
    broken.files.mkdir(LAYOUT.snapshot)
    assert_same(broken, broken.reopen())


def test_19_without_snapshot_and_with_a_short_journal_the_files_are_the_base() -> None:
    broken = Broken()
    life = broken.reopen()
    life.close()
    broken.files.unlink(LAYOUT.snapshot)
    segment = broken.segment
    broken.files.unlink(segment)
    life = broken.reopen()
    assert life.world.dump() == broken.dumps[broken.seq] and life.store.refusal() is None


def test_19_unreadable_data_never_becomes_an_empty_store() -> None:
    broken = Broken()
    life = broken.reopen()
    life.close()
    broken.files.unlink(LAYOUT.snapshot)
    segment = broken.segment
    broken.files.rename(segment, segment.with_name(f"{7:020d}.jsonl"))
    for kind in ("projects", "tasks", "sessions", "queues"):
        for name in broken.files.listdir(DATA / kind):
            if name.endswith(".json"):
                broken.files.unlink(DATA / kind / name)
    life = broken.reopen()
    refusal = life.store.refusal()
    assert refusal is not None and "does not begin with event 1" in refusal.message


def test_19_a_damaged_file_without_another_copy_is_named() -> None:
    broken = Broken()
    life = broken.reopen()
    life.close()
    broken.files.unlink(LAYOUT.snapshot)
    broken.files.unlink(broken.segment)
    path = min(LAYOUT.entity_names(broken.files, "task").values())
    broken.files.damage(path, broken.files.read(path)[:50])
    refusal = broken.reopen().store.refusal()
    assert refusal is not None and str(path) in refusal.message and "no other copy" in refusal.message


def test_a_missing_segment_is_a_gap() -> None:
    files = CrashFiles()
    life = Life(files, {}, Options(segment_size=2048, threads=False))
    for number in range(40):
        add_task(life, 3 * number)
        life.commit()
    names = list_segments(files, LAYOUT.journal)
    files.reboot("kill")
    files.unlink(names[1].path)
    life = Life(files, {}, ROOMY)
    refusal = life.store.refusal()
    assert refusal is not None and f"events {names[1].first_seq} to {names[2].first_seq - 1}" in refusal.message


def test_19_an_unreadable_segment_is_a_gap() -> None:
    broken = Broken()
    broken.files.fail("read", 5, path=broken.segment.name, times=99)
    refusal = broken.reopen().store.refusal()
    assert refusal is not None and "cannot be read: Input/output error" in refusal.message


def test_an_event_that_does_not_fit_is_a_gap() -> None:
    files = CrashFiles()
    life = Life(files, {}, ROOMY)
    add_task(life, 0)
    add_task(life, 3)
    life.commit()
    files.reboot("kill")
    path = list_segments(files, LAYOUT.journal)[0].path
    first, second = files.read(path).rstrip(b"\0").splitlines()
    event = msgspec.structs.replace(decode(second).events[0], type="task.updated")
    files.damage(path, first + b"\n" + encode([event]))
    life = Life(files, {}, ROOMY)
    refusal = life.store.refusal()
    assert refusal is not None and "does not fit what is known" in refusal.message and life.world.seq == 1


def test_leftovers_are_removed() -> None:
    broken = Broken()
    for name in (".snapshot.jsonl.tmp", "tasks/.x.json.tmp", "journal/.segment-9.tmp"):
        broken.files.damage(DATA / name, b"half")
    life = broken.reopen()
    assert not [path for path in broken.files.tree() if path.endswith(".tmp") and "segment-1" not in path]
    assert_same(broken, life)


def test_a_torn_commit_is_reported() -> None:
    broken = Broken()
    data = broken.files.read(broken.segment).rstrip(b"\0")
    broken.files.damage(broken.segment, data + b'\n{"crc":"12345678","seq":' + bytes(700))
    life = broken.reopen()
    assert "was never acknowledged" in life.store.report[0]
    assert_same(broken, life)


@given(st.data())
def test_19_any_damage_is_recovered_or_opens_read_only(data: st.DataObject) -> None:
    """Whatever happens to one file: the world is one the history had, complete, or read-only; never a mixture."""
    broken = Broken(settled=data.draw(st.sampled_from([3, 6, 11])))
    if data.draw(st.booleans()):
        broken.reopen().close()
    names = sorted(path for path in broken.files.tree() if "/sessions/ses" not in path or path.endswith(".json"))
    path = Path(data.draw(st.sampled_from(names)))
    content = bytearray(broken.files.read(path).rstrip(b"\0"))
    damage: Callable[[], bytes] = data.draw(
        st.sampled_from([lambda: b"", lambda: bytes(content[: len(content) // 2]), lambda: flipped(content, data)])
    )
    broken.files.damage(path, damage())
    try:
        life = broken.reopen()
    except BadConfiguration:
        assert path == LAYOUT.format, "a version that is not ours is refused, and whether it is damage nobody can tell"
        return
    if life.store.refusal() is None and path.parent != LAYOUT.journal:
        assert (
            life.world.seq == broken.seq
        )  # a segment cut short by hand looks like a torn commit if nothing else knows better
    assert life.world.dump() == broken.dumps[life.world.seq]


def flipped(content: bytearray, data: st.DataObject) -> bytes:
    if content:
        bit = data.draw(st.integers(0, len(content) * 8 - 1))
        content[bit // 8] ^= 1 << bit % 8
    return bytes(content)


def test_a_dry_recovery_changes_nothing() -> None:
    broken = Broken()
    broken.damage_line(2)
    before = broken.files.tree()
    recovered = recover(broken.files, LAYOUT, keep_copies=False)
    assert recovered.read_only is None and recovered.world.seq == broken.seq
    assert broken.files.tree() == before


def test_a_task_timeline_is_recovered_too() -> None:
    files = CrashFiles()
    life = Life(files, {}, ROOMY)
    add_task(life, 0)
    report_task(life, 0)
    life.commit()
    files.reboot("drop")
    life = Life(files, {}, ROOMY)
    (task_id,) = life.world.tasks
    assert [entry.seq for entry in life.store.timeline(None, task_id, None, backward=False, limit=9).items] == [2]
