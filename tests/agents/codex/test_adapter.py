"""How Codex is started, spoken to and judged."""

import dataclasses
import json
from pathlib import Path
from typing import Any

import pytest

from maestrod.agents.adapter import Decision, Keys, LaunchPlan, Verdict
from maestrod.agents.codex.adapter import STOP_LADDER, CodexAdapter
from maestrod.api.errors import Unavailable
from maestrod.api.project import PermissionPolicy, Permissions
from maestrod.api.session import Exit, Role, Terminal
from maestrod.core.prompts.opening import ARGUMENT_BYTES
from maestrod.core.values.signs import NOTHING, LimitReached, Outcome, Reading, ScreenShown
from tests.agents.codex.test_program import package
from tests.agents.launches import HOOKS, request
from tests.core.prompts.manifests import context

CODEX = CodexAdapter(now=lambda: 0.0)


@pytest.fixture
def environ(tmp_path: Path) -> dict[str, str]:
    """A user with Codex installed."""
    return {"HOME": str(tmp_path), "PATH": str(package(tmp_path).parent)}


def launch(environ: dict[str, str], policy: str = "ask", prompt: str | None = "Do it.", **members: Any) -> LaunchPlan:
    told: dict[str, Any] = {"terminal": Terminal.PIPE, "working_dir": environ["HOME"]} | members
    asked = request(environ, **told)
    permissions = Permissions(policy=PermissionPolicy(policy))
    return CODEX.launch(dataclasses.replace(asked, hooks=HOOKS, prompt=prompt, permissions=permissions))


def test_headless_a_turn_is_a_process_with_the_prompt_on_its_standard_input(environ: dict[str, str]) -> None:
    plan = launch(environ)
    assert plan.stdin == "prompt.md" and plan.files["prompt.md"] == "Do it." and plan.stream
    assert "exec" in plan.argv and "--json" in plan.argv and plan.argv[-1] == "-"
    assert plan.cwd == environ["HOME"] and plan.terminal is Terminal.PIPE
    assert not any("Do it." in argument for argument in plan.argv)


def test_the_next_turn_resumes_the_thread(environ: dict[str, str]) -> None:
    assert launch(environ, agent_session_id="t1").argv[-3:] == ("resume", "t1", "-")
    plan = launch(environ, agent_session_id="t1", terminal=Terminal.PTY)
    assert plan.argv[-4:] == ("resume", "t1", "--", "Do it.")


def test_on_a_terminal_it_is_its_own_interface_without_a_background_server(environ: dict[str, str]) -> None:
    plan = launch(environ, terminal=Terminal.PTY)
    assert "--no-daemon" in plan.argv and plan.argv[-2:] == ("--", "Do it.") and "exec" not in plan.argv
    assert plan.stdin is None and not plan.stream
    assert any(argument.startswith("projects={") and environ["HOME"] in argument for argument in plan.argv)


def test_on_a_terminal_a_prompt_too_long_for_an_argument_is_a_file(environ: dict[str, str]) -> None:
    plan = launch(environ, terminal=Terminal.PTY, prompt="x" * (ARGUMENT_BYTES + 1))
    assert plan.argv[-1].startswith("Read the file /data/sessions/ses_1/prompt.md")
    assert len(plan.files["prompt.md"]) == ARGUMENT_BYTES + 1


def test_without_a_prompt_it_waits_at_its_composer(environ: dict[str, str]) -> None:
    assert launch(environ, terminal=Terminal.PTY, prompt=None).argv[-2:] == ("-a", "on-request")


@pytest.mark.parametrize(
    "policy, sandbox, approval",
    [
        ("ask", "workspace-write", "on-request"),
        ("deny", "workspace-write", "never"),
        ("allow", "danger-full-access", "never"),
    ],
)
def test_permissions_are_its_sandbox(environ: dict[str, str], policy: str, sandbox: str, approval: str) -> None:
    headless = launch(environ, policy).argv
    typed_at = launch(environ, policy, terminal=Terminal.PTY).argv
    assert [argv[argv.index("-s") + 1] for argv in (headless, typed_at)] == [sandbox, sandbox]
    assert typed_at[typed_at.index("-a") + 1] == approval and "-a" not in headless


def test_a_planner_is_held_to_the_schema_of_plans(environ: dict[str, str]) -> None:
    plan = launch(environ, role=Role.ORCHESTRATOR, context=context())
    assert plan.argv[plan.argv.index("--output-schema") + 1] == "/data/sessions/ses_1/plan-schema.json"
    assert json.loads(plan.files["plan-schema.json"])["additionalProperties"] is False
    assert "task-context.json" in plan.files and "--output-schema" not in launch(environ).argv


def test_its_keys_pass_and_an_outer_agents_variables_do_not(environ: dict[str, str]) -> None:
    (Path(environ["HOME"]) / ".codex").mkdir()
    (Path(environ["HOME"]) / ".codex/config.toml").write_text('[model_providers.own]\nenv_key = "OWN_KEY"\n')
    outer = {"CODEX_THREAD_ID": "outer", "CODEX_SANDBOX": "seatbelt", "CLAUDECODE": "1"}
    env = launch(environ | {"OPENAI_API_KEY": "k", "OWN_KEY": "o", **outer}).env
    assert (env["OPENAI_API_KEY"], env["OWN_KEY"]) == ("k", "o") and not set(env) & set(outer)


def test_no_secret_is_an_argument(environ: dict[str, str]) -> None:
    for terminal in (Terminal.PIPE, Terminal.PTY):
        plan = launch(environ | {"OPENAI_API_KEY": "sk-canary"}, terminal=terminal)
        assert not any("canary" in argument for argument in plan.argv)


def test_a_folder_the_user_distrusts_is_not_opened_on_a_terminal(environ: dict[str, str]) -> None:
    home = Path(environ["HOME"])
    (home / ".codex").mkdir()
    (home / ".codex/config.toml").write_text(f'[projects."{home}"]\ntrust_level = "untrusted"\n')
    with pytest.raises(Unavailable, match="not to be trusted"):
        launch(environ, terminal=Terminal.PTY)
    assert launch(environ).argv[-1] == "-"


def test_it_is_interrupted_first() -> None:
    assert [name for name, _ in STOP_LADDER] == ["INT", "TERM", "KILL"] and STOP_LADDER[0][1] > 2


@pytest.mark.parametrize(
    "title, reading",
    [
        ("⠋ proj", Reading((ScreenShown(busy=True),))),
        ("proj", Reading((ScreenShown(busy=False),))),
        ("[ ! ] Action Required | proj", NOTHING),
        ("", NOTHING),
    ],
)
def test_titles(title: str, reading: Reading) -> None:
    assert CODEX.read_title(title) == reading


def test_lines_and_hooks_are_read() -> None:
    assert CODEX.read_line(b'{"type": "thread.started", "thread_id": "t"}').agent_session_id == "t"
    assert CODEX.read_hook("SessionStart", {"session_id": "t"}).agent_session_id == "t"
    failed = b'{"type": "turn.failed", "error": {"message": "hit your usage limit. Try again at 1:00 AM."}}'
    limit = CODEX.read_line(failed).signs[0]
    assert isinstance(limit, LimitReached) and limit.resets_at is not None and limit.resets_at < 90_000_000


def test_prompts_are_typed_on_a_terminal_only() -> None:
    assert CODEX.say("a\nb", interactive=False) == ()
    assert CODEX.say("a\nb", interactive=True)[-1] == Keys(b"\r")


def test_answers_to_its_hook() -> None:
    allow = json.loads(CODEX.hook_answer("PermissionRequest", Decision.ALLOW, message="sure"))
    assert allow["hookSpecificOutput"]["decision"] == {"behavior": "allow"}
    deny = json.loads(CODEX.hook_answer("PermissionRequest", Decision.DENY, message="no"))
    assert deny["hookSpecificOutput"]["decision"] == {"behavior": "deny", "message": "no"}
    assert CODEX.hook_answer("PermissionRequest", None) == CODEX.hook_answer("Stop", Decision.DENY) == ""
    assert CODEX.answer("k", Decision.ALLOW) == b""


@pytest.mark.parametrize(
    "ended, outcome, told, verdict",
    [
        (Exit(code=0), Outcome.COMPLETED, False, Verdict.COMPLETED),
        (Exit(code=1), Outcome.FAILED, False, Verdict.FAILED),
        (Exit(code=1), Outcome.LIMIT, False, Verdict.FAILED),
        (Exit(code=1), None, True, Verdict.STOPPED),
        (Exit(code=0), Outcome.COMPLETED, True, Verdict.COMPLETED),
        (Exit(code=0), None, False, Verdict.COMPLETED),
        (Exit(signal=9), None, False, Verdict.FAILED),
        (Exit(signal=15), None, True, Verdict.STOPPED),
    ],
)
def test_verdicts(ended: Exit, outcome: Outcome | None, told: bool, verdict: Verdict) -> None:
    assert CODEX.judge(ended, outcome=outcome, told_to_stop=told) is verdict


def test_whether_it_is_there(monkeypatch: pytest.MonkeyPatch, environ: dict[str, str], tmp_path: Path) -> None:
    monkeypatch.setenv("PATH", environ["PATH"])
    found = CODEX.detect()
    assert found.available and found.version == "0.169.0"
    monkeypatch.setenv("PATH", str(tmp_path / "nowhere"))
    missing = CODEX.detect()
    assert not missing.available and "npm install" in (missing.missing or "")
