"""How Gemini CLI is started."""

import dataclasses
import json
from pathlib import Path
from typing import Any

import pytest

from maestrod.agents.adapter import LaunchPlan
from maestrod.agents.gemini.adapter import GeminiAdapter
from maestrod.api.errors import Unavailable
from maestrod.api.project import PermissionPolicy, Permissions
from maestrod.api.session import Role, Terminal
from tests.agents.launches import HOOKS, request
from tests.core.prompts.manifests import context

GEMINI = GeminiAdapter(now=lambda: 0.0)


def launch(
    environ: dict[str, str], policy: str = "ask", deny: tuple[str, ...] = (), prompt: str | None = "Go.", **members: Any
) -> LaunchPlan:
    session: dict[str, Any] = {"terminal": Terminal.PIPE, "working_dir": environ["HOME"]} | members
    permissions = Permissions(policy=PermissionPolicy(policy), deny=deny)
    asked = dataclasses.replace(request(environ, **session), hooks=HOOKS, prompt=prompt, permissions=permissions)
    return GEMINI.launch(asked)


def hooks_of(plan: LaunchPlan) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(plan.files["gemini-home/.gemini/settings.json"])["hooks"]
    return found


def test_a_headless_turn_is_a_process_with_the_prompt_on_its_standard_input(environ: dict[str, str]) -> None:
    plan = launch(environ)
    assert plan.stdin == "prompt.md" and plan.files["prompt.md"] == "Go." and plan.stream
    assert plan.argv[0] == environ["PATH"] + "/gemini" and "stream-json" in plan.argv
    assert plan.cwd == environ["HOME"] and not any("Go." in argument for argument in plan.argv)


def test_the_next_turn_resumes_the_session(environ: dict[str, str]) -> None:
    argv = launch(environ, agent_session_id="s1").argv
    assert argv[argv.index("--resume") + 1] == "s1" and "--resume" not in launch(environ).argv


def test_on_a_terminal_the_prompt_is_an_argument(environ: dict[str, str]) -> None:
    plan = launch(environ, terminal=Terminal.PTY)
    assert plan.argv[-1] == "--prompt-interactive=Go." and plan.stdin is None and not plan.stream
    assert not any("prompt-interactive" in word for word in launch(environ, terminal=Terminal.PTY, prompt=None).argv)


def test_gemini_has_its_own_home_and_asks_nothing_at_its_start(environ: dict[str, str]) -> None:
    env = launch(environ).env
    assert env["GEMINI_CLI_HOME"] == "/data/sessions/ses_1/gemini-home" and env["HOME"] == environ["HOME"]
    assert env["GEMINI_CLI_TRUST_WORKSPACE"] == env["GEMINI_CLI_NO_RELAUNCH"] == "true"
    assert env["GEMINI_API_KEY"] == "k"


def test_variables_of_an_outer_agent_do_not_pass(environ: dict[str, str]) -> None:
    outer = {"GEMINI_SESSION_ID": "o", "GEMINI_CLI": "1", "GEMINI_SANDBOX": "docker", "CLAUDECODE": "1"}
    assert not set(launch(environ | outer).env) & set(outer)


@pytest.mark.parametrize(
    "terminal, policy, deny, approval, gate",
    [
        (Terminal.PIPE, "ask", (), "yolo", True),
        (Terminal.PIPE, "deny", (), "yolo", True),
        (Terminal.PIPE, "allow", (), "yolo", False),
        (Terminal.PIPE, "allow", ("Bash(rm *)",), "yolo", True),
        (Terminal.PTY, "ask", (), "default", False),
        (Terminal.PTY, "deny", (), "yolo", True),
        (Terminal.PTY, "allow", (), "yolo", False),
    ],
)
def test_the_policy_chooses_the_approval_mode_and_the_gate(
    environ: dict[str, str], terminal: Terminal, policy: str, deny: tuple[str, ...], approval: str, gate: bool
) -> None:
    plan = launch(environ, policy, deny, terminal=terminal)
    assert plan.argv[plan.argv.index("--approval-mode") + 1] == approval
    gates = [group for group in hooks_of(plan).get("BeforeTool", []) if "gate.py" in str(group)]
    assert bool(gates) is gate and all("run_shell_command" in group["matcher"] for group in gates)


def test_reports_are_allowed_by_a_policy_of_this_run(environ: dict[str, str]) -> None:
    plan = launch(environ)
    assert plan.argv[plan.argv.index("--policy") + 1] == "/data/sessions/ses_1/gemini-policy.toml"
    assert 'commandPrefix = "maestroctl"' in plan.files["gemini-policy.toml"]


def test_hooks_report_what_the_stream_does_not(environ: dict[str, str]) -> None:
    assert set(hooks_of(launch(environ, "allow"))) == {"AfterAgent"}
    planner = launch(environ, "allow", role=Role.ORCHESTRATOR, context=context())
    assert set(hooks_of(planner)) == {"AfterAgent"} and "task-context.json" in planner.files
    assert len(hooks_of(launch(environ, terminal=Terminal.PTY))) == 7


def test_a_missing_or_unsupported_program_is_named_with_its_installation(tmp_path: Path) -> None:
    with pytest.raises(Unavailable, match=r"gemini: `gemini` is not on the PATH; get it with `npm install"):
        launch({"HOME": str(tmp_path), "PATH": str(tmp_path)})
