"""Replay: every event once, in order; gaps are reported."""

import pytest

from maestrod.api.event import Event
from maestrod.api.project import Project
from maestrod.core.world.world import World
from maestrod.store.layout import Layout
from maestrod.store.reader import Damage, End, Item
from maestrod.store.record import Record
from maestrod.store.replay import Gap, Replay
from tests.store.lives import DATA

LAYOUT = Layout(DATA)
WHERE = LAYOUT.journal / "00000000000000000001.jsonl"


def created(seq: int, id_: str) -> Event:
    return Event(seq=seq, at=1, type="project.created", id=id_, data={"id": id_, "name": f"n{seq}", "workingDir": "/w"})


def renamed(seq: int, id_: str) -> Event:
    return Event(seq=seq, at=1, type="project.updated", id=id_, data={"name": f"n{seq}"})


def record(*events: Event) -> Record:
    return Record(events[0].seq, 1, events)


def end(seq: int) -> End:
    return End(WHERE, 0, seq)


def damage(first: int, last: int | None, line: bytes = b"x") -> Damage:
    return Damage(WHERE, 3, first, last, "checksum does not match", line)


def test_events_become_the_world() -> None:
    replay = Replay(World(), LAYOUT)
    replay.run([record(created(1, "a"), created(2, "b")), record(renamed(3, "a")), end(4)])
    assert replay.world.seq == 3 and replay.world.projects["a"].name == "n3"
    assert replay.touched == {("project", "a"): 3, ("project", "b"): 2}


def test_timeline_entries_are_kept_for_their_files() -> None:
    entry = Event(seq=1, at=1, type="timeline.added", id="e", session_id="ses_1", data={"id": "e"})
    replay = Replay(World(), LAYOUT)
    replay.run([record(entry), end(2)])
    assert replay.timelines == {("ses_1", None): [entry]} and replay.world.seq == 1


@pytest.mark.parametrize(
    "items, gap",
    [
        ([record(created(1, "a")), record(created(3, "b"))], (2, 2)),
        ([record(created(1, "a")), damage(2, 4), record(created(5, "b"))], (2, 4)),
        ([record(created(1, "a")), damage(2, 4), end(5)], (2, 4)),
        ([record(created(1, "a")), damage(2, None), end(2)], (2, None)),
        ([record(created(1, "a")), record(renamed(2, "nobody")), end(3)], (2, 2)),
        ([damage(1, None), record(created(4, "b"))], (1, 3)),
    ],
)
def test_a_gap_says_how_much_is_missing(items: list[Item], gap: tuple[int, int | None]) -> None:
    replay = Replay(World(), LAYOUT)
    with pytest.raises(Gap) as raised:
        replay.run(items)
    assert (raised.value.first, raised.value.last) == gap
    assert replay.world.seq == gap[0] - 1, "the world is as of the event before"


def test_one_damaged_decision_is_covered_by_a_base_that_reaches_into_it() -> None:
    assert Gap(5, None, "", is_one_decision=True).is_covered(5)
    assert not Gap(5, None, "", is_one_decision=True).is_covered(4)
    assert not Gap(5, None, "").is_covered(9)
    assert Gap(5, 7, "").is_covered(7) and not Gap(5, 7, "").is_covered(6)


def test_two_lines_merged_by_a_flipped_newline_are_not_one_decision() -> None:
    world = World()
    world.seq = 5
    merged = damage(5, None, b'{"crc":"0","seq":5}?{"crc":"0","seq":6}')
    with pytest.raises(Gap):
        Replay(world, LAYOUT).run([merged, end(5)])
    Replay(world, LAYOUT).run([damage(5, None), end(5)])


def test_an_event_does_not_change_a_file_that_is_newer() -> None:
    world = World()
    world.put(Project(id="a", name="n9", working_dir="/w"))
    world.seq = 3
    replay = Replay(world, LAYOUT, {("project", "a"): 9}, from_files=True)
    replay.run([record(renamed(4, "a")), record(renamed(5, "gone")), record(renamed(6, "a")), end(7)])
    assert world.projects["a"].name == "n9" and world.seq == 6
