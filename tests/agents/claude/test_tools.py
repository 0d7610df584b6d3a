"""A call of a tool is summed up in one line and has the same key wherever it is reported."""

from hypothesis import given

from maestrod.agents.claude import tools
from maestrod.agents.kit.json_lines import Members
from maestrod.core.values.signs import LINE, TodoChanged, ToolStarted
from tests.agents.kit.test_json_lines import JSON


def test_the_most_informative_member_is_shown() -> None:
    assert tools.summary(Members({"description": "lists", "command": "ls\n-l"})) == "ls -l"
    assert tools.summary(Members({"content": "x", "file_path": "/a/b"})) == "/a/b"
    assert tools.summary(Members({"of the future": 1})) == ""
    assert len(tools.summary(Members({"command": "x" * 5000}))) == LINE


def test_calls_are_classified_by_what_they_do() -> None:
    first = {"tool_name": "Bash", "tool_input": {"a": 1, "b": 2}, "tool_use_id": "one"}
    again = {"tool_input": {"b": 2, "a": 1}, "tool_name": "Bash"}
    other = {"tool_name": "Bash", "tool_input": {"a": 1, "b": 3}}
    assert tools.call_key(Members(first)) == tools.call_key(Members(again)) != tools.call_key(Members(other))


def test_an_empty_list_is_a_list() -> None:
    assert tools.started(Members({"name": "TodoWrite", "input": {"todos": []}})) == TodoChanged(0, 0)
    assert tools.started(Members({})) == ToolStarted("a tool")


@given(JSON)
def test_no_input_does_harm(value: object) -> None:
    call = Members({"tool_name": value, "tool_input": value, "name": value, "input": value})
    tools.call_key(call)
    tools.permission_request(call, "k")
    tools.started(call)
