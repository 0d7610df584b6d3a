"""How Codex is started."""

import dataclasses
import json
from pathlib import Path
from typing import Any

import pytest

from maestrod.agents.adapter import LaunchPlan
from maestrod.agents.codex.adapter import CodexAdapter
from maestrod.agents.codex.launch import STOP_LADDER
from maestrod.api.errors import Unavailable
from maestrod.api.project import PermissionPolicy, Permissions
from maestrod.api.session import Role, Terminal
from maestrod.core.prompts.opening import ARGUMENT_BYTES
from tests.agents.launches import HOOKS, request
from tests.core.prompts.manifests import context

CODEX = CodexAdapter(now=lambda: 0.0)


def launch(environ: dict[str, str], policy: str = "ask", prompt: str | None = "Do it.", **members: Any) -> LaunchPlan:
    session: dict[str, Any] = {"terminal": Terminal.PIPE, "working_dir": environ["HOME"]} | members
    asked = request(environ, **session)
    permissions = Permissions(policy=PermissionPolicy(policy))
    return CODEX.launch(dataclasses.replace(asked, hooks=HOOKS, prompt=prompt, permissions=permissions))


def test_a_headless_turn_is_a_process_with_the_prompt_on_its_standard_input(environ: dict[str, str]) -> None:
    plan = launch(environ)
    assert plan.stdin == "prompt.md" and plan.files["prompt.md"] == "Do it." and plan.stream
    assert "exec" in plan.argv and "--json" in plan.argv and plan.argv[-1] == "-"
    assert plan.cwd == environ["HOME"] and plan.terminal is Terminal.PIPE
    assert not any("Do it." in argument for argument in plan.argv)


def test_the_next_turn_resumes_the_thread(environ: dict[str, str]) -> None:
    assert launch(environ, agent_session_id="t1").argv[-3:] == ("resume", "t1", "-")
    plan = launch(environ, agent_session_id="t1", terminal=Terminal.PTY)
    assert plan.argv[-4:] == ("resume", "t1", "--", "Do it.")


def test_on_a_terminal_opencode_is_its_own_interface_without_a_background_server(environ: dict[str, str]) -> None:
    plan = launch(environ, terminal=Terminal.PTY)
    assert "--no-daemon" in plan.argv and plan.argv[-2:] == ("--", "Do it.") and "exec" not in plan.argv
    assert plan.stdin is None and not plan.stream
    assert any(argument.startswith("projects={") and environ["HOME"] in argument for argument in plan.argv)


def test_on_a_terminal_a_prompt_too_long_for_an_argument_is_a_file(environ: dict[str, str]) -> None:
    plan = launch(environ, terminal=Terminal.PTY, prompt="x" * (ARGUMENT_BYTES + 1))
    assert plan.argv[-1].startswith("Read the file /data/sessions/ses_1/prompt.md")
    assert len(plan.files["prompt.md"]) == ARGUMENT_BYTES + 1


def test_without_a_prompt_the_agent_waits_at_its_composer(environ: dict[str, str]) -> None:
    assert launch(environ, terminal=Terminal.PTY, prompt=None).argv[-2:] == ("-a", "on-request")


@pytest.mark.parametrize(
    "policy, sandbox, approval",
    [
        ("ask", "workspace-write", "on-request"),
        ("deny", "workspace-write", "never"),
        ("allow", "danger-full-access", "never"),
    ],
)
def test_permissions_become_the_sandbox(environ: dict[str, str], policy: str, sandbox: str, approval: str) -> None:
    headless = launch(environ, policy).argv
    typed_at = launch(environ, policy, terminal=Terminal.PTY).argv
    assert [argv[argv.index("-s") + 1] for argv in (headless, typed_at)] == [sandbox, sandbox]
    assert typed_at[typed_at.index("-a") + 1] == approval and "-a" not in headless


def test_a_planner_must_follow_the_schema_of_plans(environ: dict[str, str]) -> None:
    plan = launch(environ, role=Role.ORCHESTRATOR, context=context())
    assert plan.argv[plan.argv.index("--output-schema") + 1] == "/data/sessions/ses_1/plan-schema.json"
    assert json.loads(plan.files["plan-schema.json"])["additionalProperties"] is False
    assert "task-context.json" in plan.files and "--output-schema" not in launch(environ).argv


def test_codex_keys_pass_and_variables_of_an_outer_agent_do_not(environ: dict[str, str]) -> None:
    (Path(environ["HOME"]) / ".codex").mkdir()
    (Path(environ["HOME"]) / ".codex/config.toml").write_text('[model_providers.own]\nenv_key = "OWN_KEY"\n')
    outer = {"CODEX_THREAD_ID": "outer", "CODEX_SANDBOX": "seatbelt", "CLAUDECODE": "1"}
    env = launch(environ | {"OPENAI_API_KEY": "k", "OWN_KEY": "o", **outer}).env
    assert (env["OPENAI_API_KEY"], env["OWN_KEY"]) == ("k", "o") and not set(env) & set(outer)


def test_no_secret_is_an_argument(environ: dict[str, str]) -> None:
    for terminal in (Terminal.PIPE, Terminal.PTY):
        plan = launch(environ | {"OPENAI_API_KEY": "sk-canary"}, terminal=terminal)
        assert not any("canary" in argument for argument in plan.argv)


def test_a_distrusted_folder_is_not_opened_on_a_terminal(environ: dict[str, str]) -> None:
    home = Path(environ["HOME"])
    (home / ".codex").mkdir()
    (home / ".codex/config.toml").write_text(f'[projects."{home}"]\ntrust_level = "untrusted"\n')
    with pytest.raises(Unavailable, match="as untrusted"):
        launch(environ, terminal=Terminal.PTY)
    assert launch(environ).argv[-1] == "-"


def test_a_working_codex_is_interrupted_first() -> None:
    assert [name for name, _ in STOP_LADDER] == ["INT", "TERM", "KILL"] and STOP_LADDER[0][1] > 2
