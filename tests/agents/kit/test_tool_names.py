"""The same tool has the same name for every agent."""

from maestrod.agents.kit.tool_names import common_name


def test_the_same_tool_has_one_name() -> None:
    assert {common_name(name) for name in ("run_shell_command", "bash", "Bash")} == {"Bash"}
    assert common_name("replace") == common_name("edit") == "Edit"


def test_any_other_tool_keeps_its_own_name() -> None:
    assert common_name("mcp_maestro_report") == "mcp_maestro_report" and common_name("") == ""
