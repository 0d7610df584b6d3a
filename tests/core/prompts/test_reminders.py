"""The messages that agents get between turns."""

from maestrod.api.plan import Diagnostic, Severity
from maestrod.api.task import Strategy, Task
from maestrod.core.prompts import reminders

TASKS = [Task(id=f"tsk_{number}", project_id="prj_1", title=f"task {number}") for number in range(40)]


def test_a_reminder_names_what_is_open_and_how_it_is_reported() -> None:
    text = reminders.nudge(TASKS[:1], Strategy.SIMPLE)
    assert "- task 0 (`tsk_0`, pending)" in text and "maestroctl task complete" in text
    assert "maestroctl queue complete" in reminders.nudge(TASKS[:1], Strategy.QUEUE)


def test_a_reminder_stays_short() -> None:
    assert "and 10 more" in reminders.nudge(TASKS, Strategy.SIMPLE)
    findings = [Diagnostic(path=f"groups[{number}]", code="x", message="wrong") for number in range(40)]
    assert "and 10 more" in reminders.repair(findings)


def test_warnings_need_no_repair_where_there_are_errors() -> None:
    warning = Diagnostic(path="groups[0]", code="overlap", message="both touch a", severity=Severity.WARNING)
    error = Diagnostic(path="groups[1].key", code="missing", message="A group needs `key`")
    text = reminders.repair([warning, error])
    assert "groups[1].key: A group needs `key` (missing)" in text and "overlap" not in text


def test_the_others_are_one_line_each() -> None:
    assert "maestroctl plan submit" in reminders.missing_plan()
    assert "limit" in reminders.wake()
