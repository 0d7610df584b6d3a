"""A plan as its waves."""

from maestroctl.show.plan_view import waves


def test_an_empty_plan_has_no_lines() -> None:
    assert waves({}) == []


def test_groups_of_one_wave_stand_under_its_number_and_control_characters_are_shown() -> None:
    group = {"title": "x\x1b[2J", "subtasks": [{}]}
    lines = waves({"waves": [["a", "b"]], "groups": [{"key": "a", **group}, {"key": "b", **group}]})
    assert lines == ["  wave 1  x\\x1b[2J (a)  1 task", "          x\\x1b[2J (b)  1 task"]


def test_unknown_groups_are_left_out_of_the_waves() -> None:
    assert waves({"waves": [["gone"]], "groups": []}) == []
