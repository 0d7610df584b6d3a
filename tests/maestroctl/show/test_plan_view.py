"""A plan as its waves, with what its subtasks run."""

from typing import Any

from maestroctl.show.plan_view import waves


def test_an_empty_plan_has_no_lines() -> None:
    assert waves({}) == []


def test_groups_of_one_wave_stand_under_its_number_and_control_characters_are_shown() -> None:
    group = {"title": "x\x1b[2J", "subtasks": [{"title": "y"}]}
    lines = waves({"waves": [["a", "b"]], "groups": [{"key": "a", **group}, {"key": "b", **group}]})
    assert lines == [
        "  wave 1  x\\x1b[2J (a)  1 task",
        "    - y",
        "          x\\x1b[2J (b)  1 task",
        "    - y",
    ]


def test_unknown_groups_are_left_out_of_the_waves() -> None:
    assert waves({"waves": [["gone"]], "groups": []}) == []


def plan_of(*subtasks: dict[str, Any]) -> dict[str, Any]:
    return {"id": "pln_1", "waves": [["a"]], "groups": [{"key": "a", "title": "Clean up", "subtasks": list(subtasks)}]}


def test_the_commands_and_checks_of_a_subtask_are_shown_under_its_title() -> None:
    subtask = {"title": "Remove\nthe build", "commands": ["rm -rf build"], "checks": ["test ! -e build"]}
    assert waves(plan_of(subtask)) == [
        "  wave 1  Clean up (a)  1 task",
        "    - Remove\\nthe build",
        "        $ rm -rf build",
        "        check: test ! -e build",
    ]


def test_a_command_shows_all_of_its_lines_and_cannot_control_the_terminal() -> None:
    lines = waves(plan_of({"title": "x", "commands": ["echo ok\x1b[1A\x1b[2K\r\n    - y\n"]}))
    assert lines[2:] == ["        $ echo ok\\x1b[1A\\x1b[2K\\r", "              - y"]


def test_a_plan_that_is_too_long_names_the_command_that_shows_it() -> None:
    lines = waves(plan_of(*({"title": f"Step {number}"} for number in range(1, 121))))
    assert len(lines) == 100
    assert lines[-2:] == ["    - Step 98", "  … 22 more lines: maestroctl plan get pln_1"]


def test_a_command_that_is_cut_is_never_cut_silently() -> None:
    lines = waves(plan_of({"title": "x", "commands": [f"true{' ' * 1000}; rm -rf ~"]}))
    assert lines[2].endswith("…") and lines[3] == "  … lines were cut: maestroctl plan get pln_1"
