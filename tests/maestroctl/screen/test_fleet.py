"""The state of the full-screen view: events change it, and the tree has the rows a person expects."""

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from maestroctl.screen.fleet import Fleet, Tree, has_ended
from maestrod.api.event import Event
from maestrod.api.task_category import TaskCategory


def task(name: str, parent: str | None = None, status: str = "pending", created: int = 0) -> dict[str, Any]:
    document = {"id": f"tsk_{name}", "projectId": "p", "title": f"title {name}", "status": status, "createdAt": created}
    return document | ({"parentId": f"tsk_{parent}"} if parent else {})


def session(name: str, status: str = "working", *tasks: str, completed: int = 0) -> dict[str, Any]:
    ids = [f"tsk_{each}" for each in tasks]
    base = {"id": f"ses_{name}", "projectId": "p", "name": name, "role": "worker", "agent": "shell", "status": status}
    return base | {"taskIds": ids, "completedAt": completed or None}


def shown(tree: Tree, fleet: Fleet) -> list[str]:
    return [f"{row.branch}{row.task.id[4:]}{f'+{row.hidden}' if row.hidden else ''}" for row in tree.rows(fleet)]


FAMILY = [task("a", status="in_progress"), task("b", "a"), task("c", "b"), task("d", "a", "completed"), task("e", "d")]


def test_the_tree_is_drawn_with_successes_folded() -> None:
    fleet, tree = Fleet({"task": FAMILY}), Tree()
    assert shown(tree, fleet) == ["a", "├─b", "│ └─c", "└─d+1"]
    tree.toggle("tsk_d")
    tree.toggle("tsk_b")
    assert shown(tree, fleet) == ["a", "├─b+1", "└─d", "  └─e"]


def test_active_trees_come_first_then_the_newest() -> None:
    roots = [task("old", status="completed", created=1), task("new", status="failed", created=2), task("on", created=0)]
    assert shown(Tree(), Fleet({"task": roots})) == ["on", "new", "old"]


def test_a_single_tree_is_drawn() -> None:
    tree = Tree()
    tree.root = "tsk_b"
    assert shown(tree, Fleet({"task": FAMILY})) == ["b", "└─c"]


def test_a_search_shows_the_matches_and_the_path_to_them() -> None:
    tree = Tree()
    tree.search = "TITLE E"
    assert shown(tree, Fleet({"task": FAMILY})) == ["a", "└─d", "  └─e"]
    tree.search = "nothing has this"
    assert shown(tree, Fleet({"task": FAMILY})) == []


@given(st.lists(st.integers(0, 30), max_size=30), st.sets(st.integers(0, 30)))
def test_every_task_has_a_row_or_is_counted(parents: list[int], folded: set[int]) -> None:
    documents = [task(f"{n}", f"{parent}" if parent < n else None) for n, parent in enumerate(parents)]
    fleet, tree = Fleet({"task": documents}), Tree()
    for number in folded:
        tree.toggle(f"tsk_{number}")
    rows = tree.rows(fleet)
    assert len(rows) + sum(row.hidden for row in rows) == len(documents)
    assert len({row.task.id for row in rows}) == len(rows)


def test_events_update_what_is_known() -> None:
    fleet = Fleet({"task": [task("a")]})
    events = [
        ("task.created", "tsk_b", task("b", "a")),
        ("task.status", "tsk_b", {"status": "completed"}),
        ("session.created", "ses_x", session("x", "working", "b")),
        ("attention.opened", "att_q", {"id": "att_q", "sessionId": "ses_x", "kind": "input", "message": "?"}),
        (
            "run.created",
            "run_r",
            {"id": "run_r", "projectId": "p", "rootTaskId": "tsk_a", "status": "running", "agent": "shell"},
        ),
        ("request.done", "req", {}),
    ]
    for number, (kind, identity, data) in enumerate(events):
        fleet.apply(Event(seq=number, at=0, type=kind, id=identity, data=data))
    assert fleet.counts() == {TaskCategory.COMPLETED: 1}
    assert [each.id for each in fleet.live_sessions()] == ["ses_x"]
    assert [each.id for each in fleet.questions()] == ["att_q"]
    run = fleet.run_of("tsk_b")
    assert run is not None and run.id == "run_r" and not run.status.is_over
    assert [each.id for each in fleet.sessions_below("tsk_a")] == ["ses_x"]
    assert fleet.sessions_below("tsk_b") == []
    answer = {"answer": {"by": "user", "at": 1, "value": "yes"}}
    fleet.apply(Event(seq=9, at=0, type="attention.answered", id="att_q", data=answer))
    assert fleet.questions() == []


def test_a_task_without_a_run_counts_as_ended() -> None:
    assert has_ended(Fleet({}).run_of("tsk_a"))


def test_sessions_at_work_are_listed_before_the_last_ended_ones() -> None:
    ended = [session(f"e{number}", "completed", completed=number) for number in range(30)]
    listed = Fleet({"session": [*ended, session("live")]}).listed_sessions()
    assert [each.name for each in listed[:3]] == ["live", "e29", "e28"]
    assert len(listed) == 21


def test_the_session_of_a_task_is_its_last_one() -> None:
    fleet = Fleet({"session": [session("now", "working", "a"), session("then", "failed", "a"), session("other")]})
    assert [each.name for each in fleet.sessions_of("tsk_a")] == ["then", "now"]
