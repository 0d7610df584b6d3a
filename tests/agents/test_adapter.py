"""Values that adapters exchange do not reveal secrets."""

from maestrod.agents.adapter import LaunchPlan
from maestrod.agents.shell.adapter import ShellAdapter
from tests.agents.launches import request


def test_neither_requests_nor_plans_show_secrets() -> None:
    asked = request({"ANTHROPIC_API_KEY": "sk-1"}, passed=("ANTHROPIC_API_KEY",))
    plan: LaunchPlan = ShellAdapter().launch(asked)
    assert plan.env["ANTHROPIC_API_KEY"] == "sk-1"
    assert "secret" not in repr(asked) + repr(plan) and "sk-1" not in repr(asked) + repr(plan)
