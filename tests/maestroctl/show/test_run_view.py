"""The live tree, recorded; always within its lines and columns."""

import time
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.console import Console

from maestroctl.show.run_model import RunModel
from maestroctl.show.run_view import bar, draw
from maestroctl.show.table import width
from maestrod.api.task import TaskStatus
from tests.kit.clients.entities import QUESTION, RUN, SESSION, TASK, session, task

DISPATCH = {"runId": RUN, "agent": "shell"}
GROUP = "tsk_0000000000000000000000000a"
OTHER = "tsk_0000000000000000000000000b"
LEAF = "tsk_0000000000000000000000000c"

PLAN: dict[str, Any] = {
    "id": "pln_1",
    "waves": [["parser"], ["docs"]],
    "groups": [
        {
            "key": "docs",
            "title": "Docs",
            "dependsOn": ["parser"],
            "subtasks": [{"title": "Describe it"}, {"title": "Build"}],
        },
        {"key": "parser", "title": "Parser", "agent": "claude", "subtasks": [{"title": "Write it"}]},
    ],
}


def view(**members: Any) -> dict[str, Any]:
    run = {"id": RUN, "projectId": "p", "rootTaskId": TASK, "status": "running", "agent": "shell", "createdAt": 1000}
    tasks = [
        task(
            title="Check this repository",
            status="in_progress",
            progress=0.4,
            startedAt=1000,
            leaves={"total": 2, "completed": 1},
        ),
        task(
            id=GROUP, parentId=TASK, title="Lint", status="in_progress", progress=0.5, startedAt=1000, dispatch=DISPATCH
        ),
        task(id=LEAF, parentId=GROUP, title="ruff", status="completed", startedAt=1000, completedAt=3000),
        task(id=OTHER, parentId=TASK, title="Build", status="blocked", dispatch=DISPATCH),
    ]
    sessions = [session(name="Lint", taskIds=[GROUP], runId=RUN)]
    given = {"tasks": tasks, "sessions": sessions, **members}
    return {"seq": 1, **given, "run": {**run, **members.get("run", {})}}


def drawn(
    model: RunModel, tails: dict[str, str] | None = None, *, columns: int = 80, rows: int = 30, away: bool = False
) -> list[str]:
    console = Console(width=columns, color_system=None)
    with console.capture() as captured:
        console.print(draw(model, tails or {}, 61_000, columns=columns, rows=rows, away=away))
    return [line.rstrip() for line in captured.get().splitlines()]


def test_a_session_that_waits_for_a_limit_says_until_when(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TZ", "UTC")
    time.tzset()
    wait = {"kind": "usage", "until": 7_500_000, "since": 1}
    model = RunModel(
        view(
            sessions=[
                session(name="Lint", agent="claude", taskIds=[GROUP], runId=RUN, live={"phase": "up", "wait": wait})
            ]
        )
    )
    assert "│    › Lint waits for claude's limit until 02:05" in drawn(model, {SESSION: "429"})


def many(count: int, **members: Any) -> RunModel:
    """A run with so many leaves in one group."""
    root = task(title="All of it", status="in_progress", startedAt=1000)
    group = task(id=GROUP, parentId=TASK, title="Lint", status="in_progress", startedAt=1000, dispatch=DISPATCH)
    leaves = [
        task(id=f"tsk_{number:026}", parentId=GROUP, title=f"file {number}", status="pending")
        for number in range(100, 100 + count)
    ]
    return RunModel(view(tasks=[root, group, *leaves], sessions=[], **members))


@pytest.mark.parametrize("rows", [5, 12, 39])
def test_a_tree_that_is_too_long_fills_the_screen(rows: int) -> None:
    lines = drawn(many(60), rows=rows)
    assert len(lines) == rows
    assert lines[-1] == f"… {62 - (rows - 2)} more lines"


def test_a_status_is_near_its_title_on_a_wide_screen() -> None:
    assert max(map(len, drawn(many(3), columns=220))) <= 100
    long = task(title="x" * 150, status="in_progress", startedAt=1000)
    [_, line] = drawn(RunModel(view(tasks=[long], sessions=[])), columns=220)
    assert "x" * 150 in line


def test_the_tree_is_drawn() -> None:
    assert drawn(RunModel(view()), {SESSION: "checked 40 files\x1b[2J"}) == [
        "━━━━━━━━━━╌╌╌╌╌╌╌╌╌╌╌╌╌╌  40%  running  1m00s  1 of 2 tasks completed, 1 session",
        "▶ Check this repository        ━━━━━━╌╌╌╌╌╌╌╌╌╌  40%  in progress  1m00s",
        "├─ ▶ Lint                      ━━━━━━━━╌╌╌╌╌╌╌╌  50%  in progress  1m00s",
        "│    › Lint working: checked 40 files\\x1b[2J",
        "│  └─ ✔ ruff                                          completed  2.0s",
        "└─ ○ Build                                            blocked",
    ]


def test_a_question_is_shown_with_the_way_to_answer_it() -> None:
    question = {"id": QUESTION, "sessionId": SESSION, "kind": "input", "message": "deploy?", "options": ["yes", "no"]}
    assert drawn(RunModel(view(attention=[question])))[-2:] == [
        "? deploy? [yes/no]",
        f"  maestroctl answer {QUESTION} VALUE",
    ]


def test_a_plan_that_waits_for_approval_says_so() -> None:
    model = RunModel(view(run={"status": "awaiting_approval", "planId": "pln_1"}))
    model.plan = PLAN
    lines = drawn(model)
    assert "awaiting approval" in lines[0]
    assert lines[1:8] == [
        "  wave 1  Parser (parser)  1 task, claude",
        "    - Write it",
        "  wave 2  Docs (docs)      2 tasks         after parser",
        "    - Describe it",
        "    - Build",
        "  yes: maestroctl plan approve pln_1",
        "  no:  maestroctl plan reject pln_1",
    ]


@pytest.mark.parametrize("rows", [12, 39])
def test_a_long_plan_leaves_room_for_its_answers_and_the_tree(rows: int) -> None:
    model = RunModel(view(run={"status": "awaiting_approval", "planId": "pln_1"}, sessions=[]))
    subtasks = [{"title": f"Step {number}", "commands": ["x" * 200]} for number in range(60)]
    model.plan = {**PLAN, "waves": [["a"]], "groups": [{"key": "a", "title": "Steps", "subtasks": subtasks}]}
    lines = drawn(model, rows=rows)
    assert len(lines) == rows
    [note] = [line for line in lines if "maestroctl plan get pln_1" in line]
    assert "more lines" in note
    assert "  yes: maestroctl plan approve pln_1" in lines


def test_both_ways_to_answer_a_plan_are_visible_on_a_narrow_terminal() -> None:
    asked = {"id": QUESTION, "sessionId": "", "runId": RUN, "kind": "approval", "message": "Approve?", "number": 7}
    model = RunModel(view(run={"status": "awaiting_approval", "planId": "pln_1"}, attention=[asked]))
    model.plan = PLAN
    lines = drawn(model, columns=40)
    assert "  yes: maestroctl answer 7 yes" in lines and "  no:  maestroctl answer 7 no [REASON]" in lines
    assert not any("?" in line for line in lines)  # it is one question, told once


def test_a_missing_daemon_is_reported() -> None:
    assert "away" in drawn(RunModel(view()), away=True)[1]


def test_a_paused_run_says_so() -> None:
    assert "paused" in drawn(RunModel(view(run={"paused": True})))[0]


def test_with_little_room_active_work_stays_and_the_rest_is_counted() -> None:
    lines = drawn(RunModel(view()), rows=5)
    assert any("Lint working" in line for line in lines)
    assert not any("ruff" in line for line in lines)
    assert lines[-1].endswith("more lines")


def test_with_little_room_a_session_is_shown_only_with_its_task() -> None:
    groups = [
        task(id=f"tsk_{number:026}", parentId=TASK, title=f"Group {number}", status="completed", dispatch=DISPATCH)
        for number in range(100, 140)
    ]
    sessions = [
        session(id=f"ses_{number:026}", name=f"Group {number}", taskIds=[group["id"]], runId=RUN)
        for number, group in enumerate(groups)
    ]
    model = view()
    text = drawn(RunModel({**model, "tasks": model["tasks"] + groups, "sessions": sessions}), rows=12)
    shown = [line.split("› ")[1].split()[1] for line in text if "› Group" in line]
    assert shown
    assert all(any(f"✔ Group {100 + int(number)} " in line for line in text) for number in shown)
    assert len(text) == 12
    assert text[-1] == "… 74 more lines"


def test_bars_are_full_at_the_end_and_never_longer() -> None:
    assert (bar(0, 4), bar(0.5, 4), bar(1, 4), bar(7, 4), bar(-1, 4)) == ("╌╌╌╌", "━━╌╌", "━━━━", "━━━━", "╌╌╌╌")


STATUS = st.sampled_from([status.value for status in TaskStatus])


@given(
    titles=st.lists(st.tuples(st.text(min_size=1), STATUS), min_size=1, max_size=30),
    columns=st.integers(60, 120),
    rows=st.integers(8, 40),
)
def test_the_view_stays_inside_the_screen(titles: list[tuple[str, str]], columns: int, rows: int) -> None:
    many = [
        task(id=f"tsk_{number}", parentId=TASK, title=title, status=status, startedAt=1)
        for number, (title, status) in enumerate(titles)
    ]
    lines = drawn(RunModel({**view(), "tasks": [task(), *many]}), columns=columns, rows=rows)
    assert len(lines) <= rows
    assert all(width(line) <= columns for line in lines)
