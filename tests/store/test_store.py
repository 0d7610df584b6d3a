"""The whole store on a file system that crashes and fails: acknowledged changes are there, as a prefix of the history."""

import errno
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from maestrod.store.files import remove
from maestrod.store.fsck import check
from tests.kit.parts.crash_files import Crash, CrashFiles, Loss
from tests.store.lives import (
    ACTIONS,
    DATA,
    SMALL,
    Life,
    add_project,
    add_session,
    add_task,
    change_task,
    entries,
    report,
    report_both,
)

LOSSES: tuple[Loss, ...] = ("kill", "drop", "tear")

#: What a scenario does: an action by number, or a letter: commit, settle (write everything behind), close and open again.
Step = int | str


def live(
    files: CrashFiles,
    dumps: dict[int, bytes],
    timelines: dict[str, list[int]],
    steps: list[Step],
    acknowledge: Callable[[int], None],
) -> None:
    life = Life(files, dumps)
    for step in steps:
        if isinstance(step, int):
            life.act(step)
        elif step == "commit":
            life.commit()
        elif step == "settle":
            life.settle()
        else:
            life.close()
            acknowledge(life.acknowledged)
            life = Life(files, dumps)
        acknowledge(life.acknowledged)
        for id_ in life.world.sessions:
            timelines.setdefault(id_, [])
    life.close()
    acknowledge(life.acknowledged)


def assert_prefix(files: CrashFiles, dumps: dict[int, bytes], acknowledged: int) -> None:
    """The recovered world is one the history had, not older than what was acknowledged; timelines have each entry once."""
    life = Life(files, {})
    assert life.store.refusal() is None, life.store.report
    assert life.world.seq >= acknowledged
    assert life.world.dump() == dumps[life.world.seq]
    seen = entries(life)
    assert all(seqs == sorted(set(seqs)) and all(seq <= life.world.seq for seq in seqs) for seqs in seen.values())
    life.close()
    again = Life(files, {})
    assert again.world.dump() == dumps[life.world.seq] and entries(again) == seen
    again.close()
    report_ = check(DATA, files)
    assert report_.ok, report_.problems


SCENARIO: list[Step] = [
    1, 4, "commit", 10 * 7 + 5, 10 * 20 + 1, "settle", 10 * 3 + 1, 10 * 2 + 2, 14, 19, 5, "commit", "reopen", 10 * 400 + 5, 10 * 801 + 1, 10 * 802 + 1, "commit",
    10 * 803 + 1, 10 * 804 + 1, 10 * 805 + 1, 3, 7, 17, 9, "settle", 10 * 805 + 1, 10 * 806 + 1, 10 * 499 + 5, "commit", 8, "settle", 13, 15,
]  # fmt: skip


@pytest.mark.slow
@pytest.mark.parametrize("before", [True, False])
def test_03_crash_at_every_step_of_a_life(before: bool) -> None:
    """Faults 2 and 3 (docs/reliability.md): every write, fsync, rename and unlink."""
    for step in range(1, 5000):
        files = CrashFiles()
        files.crash_at(step, before=before)
        dumps: dict[int, bytes] = {0: b""}
        acknowledged = [0]
        try:
            live(files, dumps, {}, SCENARIO, acknowledged.append)
        except Crash:
            for loss in LOSSES:
                disk = files.copy()
                disk.reboot(loss, seed=step)
                assert_prefix(disk, dumps, max(acknowledged))
        else:
            assert step > 150, f"the scenario had only {step} failpoints"
            return
    pytest.fail("never completed")


steps = st.lists(st.integers(0, 10 * 900) | st.sampled_from(["commit", "commit", "settle", "reopen"]), max_size=40)


@given(steps, st.integers(1, 200), st.booleans(), st.sampled_from(["kill", "drop", "tear"]), st.integers(0, 99))
def test_03_random_lives_with_a_crash(scenario: list[Step], step: int, before: bool, loss: Loss, seed: int) -> None:
    files = CrashFiles()
    dumps: dict[int, bytes] = {0: b""}
    acknowledged = [0]
    files.crash_at(step, before=before)
    try:
        live(files, dumps, {}, scenario, acknowledged.append)
    except Crash:
        pass
    files.reboot(loss, seed)
    assert_prefix(files, dumps, max(acknowledged))


@given(steps)
def test_replay_gives_the_original_world_byte_for_byte(scenario: list[Step]) -> None:
    files = CrashFiles()
    life = Life(files, {})
    for step in scenario:
        if isinstance(step, int):
            life.act(step)
    life.commit()
    files.reboot("drop")
    again = Life(files, {})
    assert again.world.dump() == life.world.dump()
    assert again.world.seq == life.world.seq
    assert again.world.deadlines == life.world.deadlines


@given(steps)
def test_every_copy_gives_the_same_world(scenario: list[Step]) -> None:
    """Snapshot, journal and entity files: each alone (requests excepted, which have no files) is the world."""
    files = CrashFiles()
    life = Life(files, {}, SMALL)
    for step in scenario:
        if isinstance(step, int) and step % len(ACTIONS) != len(ACTIONS) - 1:
            life.act(step)
    life.settle()
    dump, seq = life.world.dump(), life.world.seq
    life.close()
    remove(files, DATA / "snapshot.jsonl")
    again = Life(files, {})
    assert (again.world.dump(), again.world.seq) == (dump, seq), "the journal, or files and journal"
    again.close()
    for name in files.listdir(DATA / "journal"):
        files.unlink(DATA / "journal" / name)
    again = Life(files, {})
    assert (again.world.dump(), again.world.seq) == (dump, seq), "the snapshot"
    again.close()
    remove(files, DATA / "snapshot.jsonl")
    again = Life(files, {})
    assert again.world.dump() == dump, "the files"
    assert again.store.refusal() is None


def test_an_entity_file_is_readable_and_says_its_seq() -> None:
    files = CrashFiles()
    life = Life(files, {})
    add_project(life, 1)
    life.settle()
    ((id_, project),) = life.world.projects.items()
    text = files.read(DATA / "projects" / f"{id_}.json").decode()
    assert text.startswith(f'{{\n  "id": "{id_}",\n  "name": "p1",\n  "workingDir": "/w",\n')
    assert '\n  "seq": 1,\n  "check": "' in text and text.endswith('"\n}\n')
    assert project.name == "p1"


def test_nothing_is_written_behind_before_it_is_durable() -> None:
    files = CrashFiles()
    life = Life(files, {})
    add_project(life, 1)
    life.store.write_behind()
    assert not files.listdir(DATA / "projects")
    life.settle()
    assert len(files.listdir(DATA / "projects")) == 1


def test_the_file_of_a_dropped_entity_is_removed() -> None:
    files = CrashFiles()
    life = Life(files, {})
    add_task(life, 0)
    life.settle()
    ((id_, _),) = life.world.tasks.items()
    life.decide(lambda draft: draft.drop(draft.task(id_)))
    life.settle()
    assert not files.listdir(DATA / "tasks")


def test_unknown_members_survive_a_change() -> None:
    files = CrashFiles()
    life = Life(files, {})
    add_task(life, 0)
    life.close()
    ((id_, _),) = life.world.tasks.items()
    path = DATA / "tasks" / f"{id_}.json"
    files.damage(path, files.read(path).replace(b'"title"', b'"colour": "blue",\n  "title"'))
    life = Life(files, {})
    assert life.store.scan_edits().edits == [], "an unknown member alone changes nothing we know"
    change_task(life, 1)
    life.close()
    assert b'"colour": "blue"' in files.read(path)


def test_timelines_can_be_read_while_pending_and_after() -> None:
    files = CrashFiles()
    life = Life(files, {})
    add_session(life, 0)
    for number in range(50):
        report(life, number)
        life.commit()
        if number % 7 == 3:
            life.store.write_behind()
    ((id_, seqs),) = entries(life).items()
    assert seqs == [event.seq for event in life.events if event.type == "timeline.added"] and len(seqs) > 50
    pages: list[int] = []
    cursor: str | None = None
    while True:
        page = life.store.timeline(id_, None, cursor, backward=True, limit=7)
        pages[:0] = [entry.seq for entry in page.items]
        if (cursor := page.next_cursor) is None:
            break
    assert pages == seqs
    life.close()
    assert entries(Life(files, {})) == {id_: seqs}


def test_a_store_of_an_older_version_shows_the_entries_of_linked_sessions_once() -> None:
    """Older versions wrote such entries to the session's timeline only; the first new one goes to both."""
    files = CrashFiles()
    life = Life(files, {})
    add_task(life, 0)
    add_session(life, 0)
    report_both(life, 0)
    life.close()
    (task_id,) = life.world.tasks
    remove(files, life.store.layout.timeline(None, task_id))
    again = Life(files, {})
    report_both(again, 2)
    again.settle()
    seqs = [event.seq for event in life.events + again.events if event.data.get("type") == "task_started"]
    assert entries(again)[task_id] == seqs and len(seqs) == 2


def test_a_close_that_cannot_write_everything_reports_it_and_loses_nothing() -> None:
    files = CrashFiles()
    life = Life(files, {})
    alerts: list[str] = []
    life.store.on_alert = alerts.append
    add_task(life, 1)
    life.commit()
    files.fail("open", errno.ENOSPC, path="snapshot", times=99)
    life.close()
    assert [alert for alert in alerts if "the journal has everything" in alert]
    files.reboot()
    assert len(Life(files, {}).world.tasks) == 1


@pytest.mark.parametrize("operation, code", [("open", 30), ("truncate", 5), ("fsync", 5)])
def test_18_an_unwritable_disk_at_start_means_read_only(operation: str, code: int) -> None:
    files = CrashFiles()
    life = Life(files, {})
    add_task(life, 0)
    life.close()
    files.fail(operation, code, path="00001.jsonl", times=99)
    again = Life(files, {})
    refusal = again.store.refusal()
    assert refusal is not None and refusal.reason == "store.read_only" and "cannot be written" in refusal.message
    assert again.world.dump() == life.world.dump()
    again.close()
