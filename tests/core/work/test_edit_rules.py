"""Edits of entity files are applied when they are valid, and refused as a whole when they are not."""

import msgspec
import pytest

from maestrod.core.values.facts import Edited
from tests.kit.worlds.scenario import (
    Call,
    Find,
    Scenario,
    exited,
    group,
    live,
    member,
    nothing,
    project,
    refused,
    run_of,
    status,
    subtask,
    task,
)


def edit(name: str, **members: object) -> Find:
    """What is on disk with some members, by wire name, written over; names stand for ids."""

    def make(play: Scenario) -> Edited:
        id_ = play.id_of(name)
        kind, table = next((kind, table) for kind, table in play.world.tables.items() if id_ in table)
        data = {**msgspec.to_builtins(table[id_]), **play.resolve(members), "updatedAt": 1}
        return Edited(kind, id_, msgspec.json.encode(data))

    return Find(make)


def tree() -> Scenario:
    titles = [task("top"), task("mid", under="top"), task("x", under="mid"), task("y", needs=["x"])]
    return Scenario().given(project(), project("far"), *titles)


def test_an_edit_without_changes_is_no_event() -> None:
    tree().when(edit("x")).then(nothing())


def test_a_new_text_is_adopted() -> None:
    tree().when(edit("x", description="new", maxAttempts=3)).then(member("x", "description", "new"))


def test_a_status_set_by_hand_rolls_up() -> None:
    play = tree().when(edit("x", status="completed"))
    play.then(status("top", "completed"), status("y", "pending"), member("top", "progress", 1.0))


def test_a_status_set_by_hand_resumes_the_run() -> None:
    play = Scenario().given(run_of(group("g", subtask("a")), group("h", subtask("b"), needs=["g"])))
    play.given(exited("@g", "failed")).then(status("run", "failed"))
    play.when(edit("a", status="completed")).then(status("run", "running"), live("h"))


def test_a_task_may_move_below_another() -> None:
    play = tree().given(task("z"), Call("task.complete", taskId="x")).when(edit("z", parentId="mid"))
    play.then(status("mid", "in_progress"), member("top", "progress", 0.5))
    play.when(edit("z", parentId="top")).then(status("mid", "completed"), member("top", "progress", 0.5))
    play.when(edit("z", parentId=None)).then(status("top", "completed"), member("top", "progress", 1.0))


@pytest.mark.parametrize(
    "name, members, reason",
    [
        ("x", {"parentId": "tsk_none"}, "edit.dangling"),
        ("x", {"dependencies": ["tsk_none"]}, "edit.dangling"),
        ("top", {"projectId": "prj_none"}, "edit.unknown_project"),
        ("top", {"projectId": "far"}, "edit.other_project"),
        ("top", {"parentId": "x"}, "task.cycle"),
        ("x", {"dependencies": ["y"]}, "task.cycle"),
        ("x", {"dependencies": ["top"]}, "task.cycle"),
        ("y", {"parentId": "mid", "dependencies": ["top"]}, "task.cycle"),
        ("y", {"parentId": "x"}, "task.cycle"),
        ("y", {"dependencies": ["x", "x"]}, "edit.duplicate"),
        ("x", {"progress": 2.0}, "edit.out_of_range"),
        ("x", {"maxAttempts": 0}, "edit.out_of_range"),
        ("x", {"status": "nonsense"}, "edit.malformed"),
        ("x", {"title": " "}, "edit.malformed"),
        ("x", {"commands": ["echo a\0b"]}, "params.invalid"),
        ("x", {"createdAt": 1}, "edit.not_editable"),
        ("x", {"attempt": 7}, "edit.not_editable"),
        ("shop", {"createdAt": 1}, "edit.not_editable"),
    ],
)
def test_changes_that_would_break_the_tree_are_refused(name: str, members: dict[str, object], reason: str) -> None:
    play = tree()
    before = play.world.dump()
    play.when(edit(name, **members)).then(refused(reason), nothing())
    assert play.world.dump() == before


@pytest.mark.parametrize(
    "name, members",
    [
        ("@g", {"status": "completed", "live": None}),
        ("@g", {"taskIds": []}),
        ("run", {"status": "completed"}),
        ("plan", {"status": "ready"}),
        ("a", {"dispatch": {"runId": "x", "agent": "shell"}}),
    ],
)
def test_records_of_past_events_cannot_be_edited(name: str, members: dict[str, object]) -> None:
    play = Scenario().given(run_of(group("g", subtask("a"))))
    play.when(edit(name, **members)).then(refused("edit.not_editable"), nothing())


def test_the_work_of_a_session_is_not_moved_from_under_it() -> None:
    play = Scenario().given(run_of(group("g", subtask("a"))))
    play.when(edit("a", status="completed")).then(refused("task.in_use"))
    play.when(edit("a", title="better")).then(member("better", "status.value", "pending"))


def test_a_stray_file_creates_no_entity() -> None:
    Scenario().given(project()).when(Find(lambda _: Edited("task", "tsk_new", b"{}"))).then(refused("task.not_found"))
