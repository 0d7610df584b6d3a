"""How OpenCode is started."""

import dataclasses
import json
from pathlib import Path
from typing import Any

import pytest

from maestrod.agents.adapter import LaunchPlan
from maestrod.agents.opencode.adapter import OpenCodeAdapter
from maestrod.api.errors import Unavailable
from maestrod.api.project import PermissionPolicy, Permissions
from maestrod.api.session import Terminal
from tests.agents.launches import HOOKS, request

OPENCODE = OpenCodeAdapter()


def launch(
    environ: dict[str, str], policy: str = "ask", deny: tuple[str, ...] = (), prompt: str | None = "Go.", **members: Any
) -> LaunchPlan:
    session: dict[str, Any] = {"terminal": Terminal.PIPE, "working_dir": environ["HOME"]} | members
    permissions = Permissions(policy=PermissionPolicy(policy), deny=deny)
    asked = dataclasses.replace(request(environ, **session), hooks=HOOKS, prompt=prompt, permissions=permissions)
    return OPENCODE.launch(asked)


def test_a_headless_turn_is_a_process_with_the_prompt_on_its_standard_input(environ: dict[str, str]) -> None:
    plan = launch(environ)
    assert plan.argv == (environ["PATH"] + "/opencode", "run", "--format", "json", "--auto")
    assert plan.stdin == "prompt.md" and plan.files["prompt.md"] == "Go." and plan.stream
    assert plan.cwd == environ["HOME"]


def test_the_next_turn_continues_the_session(environ: dict[str, str]) -> None:
    assert launch(environ, agent_session_id="s1").argv[-2:] == ("--session", "s1")
    assert launch(environ, agent_session_id="s1", terminal=Terminal.PTY).argv[-2:] == ("--session", "s1")


def test_on_a_terminal_the_prompt_is_an_argument(environ: dict[str, str]) -> None:
    plan = launch(environ, terminal=Terminal.PTY)
    assert plan.argv[1:] == ("--prompt=Go.",) and plan.stdin is None and not plan.stream
    assert launch(environ, terminal=Terminal.PTY, prompt=None).argv[1:] == ()


@pytest.mark.parametrize(
    "policy, deny, gate", [("ask", (), True), ("deny", (), True), ("allow", (), False), ("allow", ("Bash",), True)]
)
def test_tools_wait_for_a_decision_unless_all_are_allowed(
    environ: dict[str, str], policy: str, deny: tuple[str, ...], gate: bool
) -> None:
    assert f'"gate": {json.dumps(gate)}' in launch(environ, policy, deny).files["opencode/plugin.js"]


def test_the_configuration_is_passed_in_the_environment(environ: dict[str, str]) -> None:
    env = launch(environ | {"OPENAI_API_KEY": "k", "OPENCODE_SESSION": "outer", "OPENCODE_PID": "1"}).env
    assert env["OPENAI_API_KEY"] == "k" and not {"OPENCODE_SESSION", "OPENCODE_PID"} & set(env)
    assert json.loads(env["OPENCODE_CONFIG_CONTENT"])["plugin"] == ["file:///data/sessions/ses_1/opencode/plugin.js"]
    assert env["npm_config_fetch_retries"] == "0" and env["OPENCODE_DISABLE_AUTOUPDATE"] == "1"


def test_a_missing_or_unsupported_program_is_named_with_its_installation(tmp_path: Path) -> None:
    with pytest.raises(Unavailable, match="opencode: `opencode` is not on the PATH; get it with `npm install"):
        launch({"HOME": str(tmp_path), "PATH": str(tmp_path)})
