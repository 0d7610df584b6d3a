"""The lines of the full-screen view: they fit, they are complete without colour, and no text controls the terminal."""

import itertools

from maestroctl.screen.fleet import Fleet, Tree, TreeRow
from maestroctl.screen.rows import (
    Palette,
    head,
    output,
    question_row,
    session_detail,
    session_row,
    task_detail,
    task_row,
)
from maestroctl.show.table import width
from maestroctl.show.tree import status_text
from maestrod.api.attention import Attention, AttentionKind
from maestrod.api.life import Up
from maestrod.api.reason import Reason, Source
from maestrod.api.session import Role, Session, SessionStatus, Usage
from maestrod.api.system import SystemStatus
from maestrod.api.task import Task, TaskResult, TaskStatus
from maestrod.api.turn import RunningTurn

PALETTE = Palette()
EVIL = "evil\x1b[2J\x1b]0;title\x07 \u202e 名前"


def a_task(**changes: object) -> Task:
    members = {"id": "tsk_a", "project_id": "p", "title": EVIL, "status": TaskStatus.IN_PROGRESS, "started_at": 1000}
    return Task(**members | changes)  # type: ignore[arg-type]  # members by name


def a_session(**changes: object) -> Session:
    members = {"id": "ses_a", "project_id": "p", "name": EVIL, "role": Role.WORKER, "agent": "shell"}
    return Session(**members | {"status": SessionStatus.WORKING, "created_at": 1000} | changes)  # type: ignore[arg-type]  # members by name


def harmless(text: str) -> bool:
    return not any(ord(character) < 0x20 and character != "\n" for character in text) and "\u202e" not in text


def test_a_task_fits_its_row_and_shows_its_status() -> None:
    wrong: dict[str, str] = {}
    for status, columns in itertools.product(TaskStatus, (20, 40, 80, 200)):
        row = TreeRow("│ └─", a_task(status=status, progress=0.5), hidden=3)
        line = task_row(row, columns, 5000, PALETTE).plain
        fits = columns < 40 or width(line) == columns
        if not (fits and harmless(line) and status_text(status) in line):
            wrong[f"{status} in {columns} columns"] = line
    assert wrong == {}


def test_the_row_of_a_retried_task_shows_the_attempt() -> None:
    assert "attempt 2" in task_row(TreeRow("", a_task(attempt=2)), 80, 5000, PALETTE).plain


def test_a_task_with_a_question_has_its_own_sign() -> None:
    assert "? " in task_row(TreeRow("", a_task()), 80, 5000, PALETTE, asking=True).plain


def test_a_session_fits_its_row() -> None:
    wrong: dict[str, str] = {}
    for status, columns in itertools.product(SessionStatus, (30, 60, 120)):
        line = session_row(a_session(status=status), EVIL * 9, columns, 5000, PALETTE).plain
        if not harmless(line) or width(line) > max(columns, 40):
            wrong[f"{status} in {columns} columns"] = line
    assert wrong == {}


def test_the_row_of_a_session_says_what_it_waits_for() -> None:
    assert "asks" in session_row(a_session(), "", 60, 5000, PALETTE, asking=True).plain
    assert "paused" in session_row(a_session(live=Up(paused=True)), "", 60, 5000, PALETTE).plain
    assert "paused" in session_row(a_session(), "", 60, 5000, PALETTE, held=True).plain
    ended = a_session(status=SessionStatus.FAILED)
    assert "failed" in session_row(ended, "", 60, 5000, PALETTE, held=True).plain


def test_the_agents_own_report_comes_before_its_output() -> None:
    turn = RunningTurn(doing="reads the code")
    assert "reads the code" in session_row(a_session(live=Up(turn=turn)), '{"json": 1}', 90, 5000, PALETTE).plain


def test_a_waiting_plan_is_shown() -> None:
    run = {"id": "run_r", "projectId": "p", "rootTaskId": "tsk_a", "status": "awaiting_approval", "agent": "shell"}
    asked = {"id": "att_p", "sessionId": "", "kind": "approval", "message": "?", "runId": "run_r", "planId": "pln_p"}
    fleet = Fleet({"run": [run], "task": [{"id": "tsk_a", "projectId": "p", "title": "t"}], "attention": [asked]})
    assert "1 open question" in head(fleet, None, 40, PALETTE, away=False).plain
    assert "press y to see it" in task_detail(fleet, a_task(), 5000, PALETTE).plain


def test_a_failed_tree_names_the_task_that_failed_and_why() -> None:
    child = {"id": "tsk_b", "projectId": "p", "title": "Build it", "parentId": "tsk_a", "status": "failed"}
    fleet = Fleet({"task": [{"id": "tsk_a", "projectId": "p", "title": "t"}, child | {"result": {"error": "exit 2"}}]})
    text = task_detail(fleet, a_task(status=TaskStatus.FAILED), 5000, PALETTE).plain
    assert "✘ Build it\n  exit 2\n" in text
    assert "press t to retry" in text


def test_a_question_shows_its_options() -> None:
    question = Attention("att_a", "ses_a", AttentionKind.PERMISSION, EVIL, options=("yes", "no"), opened_at=1000)
    line = question_row(question, EVIL, 120, 61_000, PALETTE).plain
    assert harmless(line)
    assert "permission" in line and "[yes / no]" in line and "1m00s" in line


def test_the_header_shows_the_daemon_or_its_absence() -> None:
    fleet = Fleet({"task": [{"id": "tsk_a", "projectId": "p", "title": "t", "status": "failed"}]})
    status = SystemStatus(
        version="1", instance="i", pid=1, started_at=0, seq=0, slots=8, frozen=True, problems=("disk",)
    )
    line = head(fleet, status, 200, PALETTE, away=False).plain
    assert all(
        text in line for text in ("frozen", "0/8 slots", "! disk", "0/1 tasks completed", "✘ 1 failed", "0 sessions")
    )
    assert "waiting for the daemon" in head(fleet, status, 200, PALETTE, away=True).plain
    assert width(head(fleet, status, 30, PALETTE, away=False).plain) <= 30


def test_the_detail_of_a_task_is_shown() -> None:
    fleet = Fleet({"task": [{"id": "tsk_b", "projectId": "p", "title": "first"}]})
    reason = Reason(Source.REPORT, "task.failed", "exit code 3")
    task = a_task(
        dependencies=("tsk_b",),
        commands=("make",),
        checks=("make check",),
        status_reason=reason,
        result=TaskResult(error="boom"),
        description="what to do",
    )
    text = task_detail(fleet, task, 5000, PALETTE).plain
    assert harmless(text)
    assert all(word in text for word in ("exit code 3", "boom", "first", "make check", "what to do", "attempt 1 of 1"))


def test_the_detail_of_a_session_is_shown() -> None:
    session = a_session(usage=Usage(input=5, output=6, cost=0.5), status_reason=Reason(Source.HOOK, "x", "waits"))
    text = session_detail(session, "last line", PALETTE).plain
    assert all(word in text for word in ("working", "5 tokens in, 6 out, $0.50", "waits", "last line"))


def test_a_progress_bar_is_one_line() -> None:
    assert output("10%\r50%\r100%\r\ndone\n").plain == "100%\ndone"
    assert Tree().rows(Fleet({})) == []
