"""How Gemini CLI is started, spoken to and judged."""

import dataclasses
import json
from pathlib import Path
from typing import Any

import pytest

from maestrod.agents.adapter import Decision, Keys, LaunchPlan, Verdict
from maestrod.agents.gemini.adapter import GeminiAdapter
from maestrod.api.errors import Unavailable
from maestrod.api.project import PermissionPolicy, Permissions
from maestrod.api.session import Exit, Role, Terminal
from maestrod.core.values.signs import NOTHING, Outcome, Reading, ScreenShown
from tests.agents.launches import HOOKS, request
from tests.core.prompts.manifests import context

GEMINI = GeminiAdapter(now=lambda: 0.0)


def install(folder: Path, version: str = "0.61.0") -> Path:
    """A command as npm makes it."""
    script = folder / "lib/bundle/gemini.js"
    script.parent.mkdir(parents=True)
    script.write_text("#!/usr/bin/env node\n")
    script.chmod(0o755)
    (folder / "lib/package.json").write_text(f'{{"name": "@google/gemini-cli", "version": "{version}"}}')
    (folder / "bin").mkdir()
    (folder / "bin/gemini").symlink_to(script)
    return folder / "bin/gemini"


@pytest.fixture
def environ(tmp_path: Path) -> dict[str, str]:
    """A user with Gemini CLI installed."""
    return {"HOME": str(tmp_path), "PATH": str(install(tmp_path).parent), "GEMINI_API_KEY": "k"}


def launch(
    environ: dict[str, str], policy: str = "ask", deny: tuple[str, ...] = (), prompt: str | None = "Go.", **members: Any
) -> LaunchPlan:
    told: dict[str, Any] = {"terminal": Terminal.PIPE, "working_dir": environ["HOME"]} | members
    permissions = Permissions(policy=PermissionPolicy(policy), deny=deny)
    asked = dataclasses.replace(request(environ, **told), hooks=HOOKS, prompt=prompt, permissions=permissions)
    return GEMINI.launch(asked)


def hooks_of(plan: LaunchPlan) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(plan.files["gemini-home/.gemini/settings.json"])["hooks"]
    return found


def test_headless_a_turn_is_a_process_with_the_prompt_on_its_standard_input(environ: dict[str, str]) -> None:
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


def test_it_has_a_home_of_its_own_and_asks_nothing_at_its_start(environ: dict[str, str]) -> None:
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
def test_who_asks(
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


def test_hooks_tell_what_the_stream_does_not(environ: dict[str, str]) -> None:
    assert set(hooks_of(launch(environ, "allow"))) == {"AfterAgent"}
    planner = launch(environ, "allow", role=Role.ORCHESTRATOR, context=context())
    assert set(hooks_of(planner)) == {"AfterAgent"} and "task-context.json" in planner.files
    assert len(hooks_of(launch(environ, terminal=Terminal.PTY))) == 7


def test_what_is_missing_is_said_in_words(tmp_path: Path) -> None:
    with pytest.raises(Unavailable, match=r"gemini: `gemini` is not on the PATH; get it with `npm install"):
        launch({"HOME": str(tmp_path), "PATH": str(tmp_path)})


@pytest.mark.parametrize(
    "title, reading",
    [
        ("✦  Working… (proj)   ", Reading((ScreenShown(busy=True),))),
        ("◇  Ready (proj)", Reading((ScreenShown(busy=False),))),
        ("✋  Action Required (proj)", NOTHING),
        ("", NOTHING),
    ],
)
def test_titles(title: str, reading: Reading) -> None:
    assert GEMINI.read_title(title) == reading


def test_lines_and_hooks_are_read() -> None:
    assert GEMINI.read_line(b'{"type": "init", "session_id": "s"}').agent_session_id == "s"
    assert GEMINI.read_hook("SessionStart", {"session_id": "s"}).agent_session_id == "s"


def test_prompts_are_typed_on_a_terminal_only() -> None:
    assert GEMINI.say("a", interactive=False) == () and GEMINI.say("a", interactive=True)[-1] == Keys(b"\r")


def test_the_gate_refuses_what_nobody_decided() -> None:
    assert json.loads(GEMINI.hook_answer("ToolPermission", Decision.ALLOW)) == {"decision": "allow"}
    assert json.loads(GEMINI.hook_answer("ToolPermission", Decision.DENY, message="no"))["reason"] == "no"
    assert json.loads(GEMINI.hook_answer("ToolPermission", None))["decision"] == "deny"
    assert GEMINI.hook_answer("AfterAgent", Decision.DENY) == "" and GEMINI.answer("k", Decision.ALLOW) == b""


def test_an_exit_code_of_zero_is_no_success_of_a_failed_turn() -> None:
    assert GEMINI.judge(Exit(code=0), outcome=Outcome.FAILED, told_to_stop=False) is Verdict.FAILED
    assert GEMINI.judge(Exit(code=0), outcome=None, told_to_stop=True) is Verdict.STOPPED
    assert GEMINI.judge(Exit(code=144), outcome=None, told_to_stop=False) is Verdict.FAILED


def test_whether_it_is_there(monkeypatch: pytest.MonkeyPatch, environ: dict[str, str]) -> None:
    monkeypatch.setenv("PATH", environ["PATH"])
    assert GEMINI.detect().version == "0.61.0"
