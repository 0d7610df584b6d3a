"""Trees: every task once, under its parent, with a sign and a word."""

import msgspec
from hypothesis import given
from hypothesis import strategies as st

from maestroctl.show.tree import task_line, tree_lines, walk
from maestrod.api.task import Task, TaskStatus
from tests.kit.clients.entities import task


def made(identity: str, parent: str | None = None, **members: object) -> Task:
    return msgspec.convert(task(id=identity, title=identity, parentId=parent, **members), Task)


def test_the_tree_is_drawn() -> None:
    tasks = [
        made("root", status="in_progress", progress=0.5),
        made("a", "root", status="completed"),
        made("a1", "a", status="failed", attempt=2),
        made("b", "root"),
    ]
    assert tree_lines(tasks) == [
        "▶ root  [in progress 50%]",
        "├─ ✔ a  [completed]",
        "│  └─ ✘ a1  [failed, attempt 2]",
        "└─ · b  [pending]",
    ]


def test_every_status_has_a_sign_and_a_word() -> None:
    lines = [task_line(made("a", status=status.value)) for status in TaskStatus]
    assert len({line[0] for line in lines}) == len(lines)
    assert all(f"[{status.value.replace('_', ' ')}]" in line for status, line in zip(TaskStatus, lines, strict=True))


def test_a_title_cannot_control_the_terminal() -> None:
    assert "\x1b" not in task_line(made("x\x1b[2J"))


@given(st.lists(st.integers(0, 20), min_size=1, max_size=30))
def test_every_task_is_drawn_once_and_after_its_parent(parents: list[int]) -> None:
    tasks = [made("0")] + [made(str(i), str(min(parent, i - 1))) for i, parent in enumerate(parents, 1)]
    order = [found.id for _, found in walk(tasks)]
    assert sorted(order) == sorted(found.id for found in tasks)
    for found in tasks[1:]:
        assert order.index(found.parent_id or "") < order.index(found.id)


def test_a_tree_deeper_than_the_stack_is_handled() -> None:
    tasks = [made("0"), *(made(str(i), str(i - 1)) for i in range(1, 3000))]
    assert len(list(walk(tasks))) == 3000
