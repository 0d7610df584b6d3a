"""How Claude is started: flags, files and environment for this run only."""

import dataclasses
import json
import uuid
from pathlib import Path
from typing import Any

import pytest

from maestrod.agents.adapter import LaunchPlan, LaunchRequest
from maestrod.agents.claude.launch import launch
from maestrod.api.errors import Unavailable
from maestrod.api.local.package_data import package_data
from maestrod.api.project import PermissionPolicy, Permissions
from maestrod.api.session import Role, Terminal
from maestrod.core.prompts.manifest import ManifestPersona, ManifestSkill
from tests.agents.launches import request as any_request


@pytest.fixture
def home(tmp_path: Path) -> Path:
    (tmp_path / "bin").mkdir()
    program = tmp_path / "bin" / "claude"
    program.write_text("#!/bin/sh\n")
    program.chmod(0o755)
    (tmp_path / ".claude.json").write_text('{"hasCompletedOnboarding": true}')
    return tmp_path


def request(home: Path, environ: dict[str, str] | None = None, **members: Any) -> LaunchRequest:
    known = {"HOME": str(home), "PATH": str(home / "bin")}
    members.setdefault("terminal", Terminal.PIPE)
    made = any_request({**known, **(environ or {})}, agent="claude", **members)
    return dataclasses.replace(made, hooks=package_data("hooks"))


def planned(made: LaunchRequest, **manifest: Any) -> LaunchPlan:
    session = manifest.pop("role", made.manifest.session.role)
    changed = dataclasses.replace(
        made,
        manifest=_changed(_changed(made.manifest, **manifest), session=_changed(made.manifest.session, role=session)),
    )
    return launch(changed)


def _changed(struct: Any, **members: Any) -> Any:
    import msgspec

    return msgspec.structs.replace(struct, **members)


def option(plan: LaunchPlan, name: str) -> str:
    return plan.argv[plan.argv.index(name) + 1]


def test_a_headless_claude_speaks_json_both_ways(home: Path) -> None:
    plan = launch(request(home))
    assert plan.argv[0] == str(home / "bin" / "claude") and "-p" in plan.argv
    assert option(plan, "--input-format") == option(plan, "--output-format") == "stream-json"
    assert option(plan, "--permission-prompt-tool") == "stdio"
    assert plan.stream and plan.stdin is None and plan.terminal is Terminal.PIPE


def test_a_session_has_its_own_settings(home: Path) -> None:
    plan = launch(request(home))
    path = Path(option(plan, "--settings"))
    assert path.parent.parent == Path("/data/sessions/ses_1")
    assert list(json.loads(plan.files["claude/settings.json"])) == ["hooks"]
    assert {"manifest.json", "manifest.md"} <= plan.files.keys()


def test_reporting_needs_no_permission(home: Path) -> None:
    assert "--allowedTools=Bash(maestroctl:*)" in launch(request(home)).argv


def test_the_first_process_begins_a_conversation_with_a_known_id(home: Path) -> None:
    first = option(launch(request(home, attempt=1)), "--session-id")
    assert str(uuid.UUID(first)) == first
    assert option(launch(request(home, attempt=1)), "--session-id") == first
    assert option(launch(request(home, attempt=2)), "--session-id") != first


def test_the_next_process_resumes_the_stored_conversation(home: Path) -> None:
    again = request(home, attempt=2, agent_session_id="abc")
    lost = launch(again)
    assert "--resume" not in lost.argv and "/data/sessions/ses_1/manifest.md" in option(lost, "--append-system-prompt")
    (home / ".claude" / "projects" / "-p").mkdir(parents=True)
    (home / ".claude" / "projects" / "-p" / "abc.jsonl").touch()
    assert option(launch(again), "--resume") == "abc"
    assert not {"--session-id", "--append-system-prompt"} & set(launch(again).argv)


def test_a_planner_must_follow_the_schema_of_a_plan(home: Path) -> None:
    plan = planned(request(home), role=Role.ORCHESTRATOR)
    assert "groups" in json.loads(option(plan, "--json-schema"))["properties"]
    assert option(plan, "--permission-mode") == "manual"
    assert "--json-schema" not in launch(request(home)).argv


def test_a_worker_may_edit_unless_the_project_denies_it(home: Path) -> None:
    assert option(launch(request(home)), "--permission-mode") == "acceptEdits"
    for permissions in (Permissions(policy=PermissionPolicy.DENY), Permissions(deny=("Edit",))):
        strict = dataclasses.replace(request(home), permissions=permissions)
        assert option(launch(strict), "--permission-mode") == "manual"


def test_persona_and_skills_are_given_by_flags(home: Path) -> None:
    persona = ManifestPersona(name="hunter", description="", prompt="Find the cause first.")
    skills = (ManifestSkill(name="maestro-worker", description="d", instructions="i"),)
    plan = planned(request(home), persona=persona, skills=skills)
    assert option(plan, "--append-system-prompt") == "Find the cause first."
    assert Path(option(plan, "--plugin-dir")) == Path("/data/sessions/ses_1/claude/plugin")
    assert "--plugin-dir" not in planned(request(home), skills=()).argv


def test_on_a_terminal_the_opening_prompt_is_the_last_argument(home: Path) -> None:
    sat_at = dataclasses.replace(request(home, terminal=Terminal.PTY), prompt="--do this")
    plan = launch(sat_at)
    assert plan.argv[-2:] == ("--", "--do this") and "-p" not in plan.argv and not plan.stream
    assert "PermissionRequest" in json.loads(plan.files["claude/settings.json"])["hooks"]


def test_on_a_terminal_nothing_is_asked_first(home: Path) -> None:
    plan = launch(request(home, {"ANTHROPIC_API_KEY": "sk-secret"}, terminal=Terminal.PTY))
    settings = json.loads(plan.files["claude/settings.json"])
    assert plan.env["CLAUDE_CODE_SANDBOXED"] == "1"
    assert "ANTHROPIC_API_KEY" not in plan.env
    assert settings["apiKeyHelper"] == 'printf %s "$MAESTRO_ANTHROPIC_API_KEY"'
    assert plan.env["MAESTRO_ANTHROPIC_API_KEY"] == "sk-secret"
    assert "sk-secret" not in plan.files["claude/settings.json"] + "".join(plan.argv)
    assert "StatusLine" in settings["statusLine"]["command"]


def test_approved_keys_and_a_status_line_of_the_user_stay(home: Path) -> None:
    approved = {"hasCompletedOnboarding": True, "customApiKeyResponses": {"approved": ["sk-secret"]}}
    (home / ".claude.json").write_text(json.dumps(approved))
    (home / ".claude").mkdir()
    (home / ".claude" / "settings.json").write_text('{"statusLine": {"type": "command", "command": "date"}}')
    plan = launch(request(home, {"ANTHROPIC_API_KEY": "sk-secret"}, terminal=Terminal.PTY))
    assert plan.env["ANTHROPIC_API_KEY"] == "sk-secret"
    assert json.loads(plan.files["claude/settings.json"]).keys() == {"hooks"}


def test_a_claude_without_setup_says_so_instead_of_waiting(home: Path) -> None:
    (home / ".claude.json").unlink()
    with pytest.raises(Unavailable, match="run `claude` once"):
        launch(request(home, terminal=Terminal.PTY))
    assert launch(request(home)).argv, "headless it asks nothing"


def test_a_missing_claude_is_reported(home: Path) -> None:
    with pytest.raises(Unavailable, match="npm install -g @anthropic-ai/claude-code"):
        launch(request(home, {"PATH": str(home)}))


def test_the_users_sign_in_passes_and_another_agents_identity_does_not(home: Path) -> None:
    outer = {
        "CLAUDECODE": "1",
        "CLAUDE_CODE_SESSION_ID": "x",
        "CLAUDE_PID": "5",
        "AI_AGENT": "y",
        "CLAUDE_CODE_ENTRYPOINT": "cli",
    }
    own = {"ANTHROPIC_API_KEY": "k", "ANTHROPIC_BASE_URL": "http://127.0.0.1:1", "CLAUDE_CONFIG_DIR": str(home)}
    env = launch(request(home, {**outer, **own, "SOME_SECRET": "s"})).env
    assert not outer.keys() & env.keys() and "SOME_SECRET" not in env
    assert own.items() <= env.items()
    assert env["DISABLE_AUTOUPDATER"] == "1" and env["CLAUDE_CODE_EMIT_SESSION_STATE_EVENTS"] == "1"
    assert env["MAESTRO_SESSION_ID"] == "ses_1"


def test_claude_gives_up_on_a_limit_soon_unless_the_user_decides_otherwise(home: Path) -> None:
    assert launch(request(home)).env["CLAUDE_CODE_MAX_RETRIES"] == "3"
    assert launch(request(home, {"CLAUDE_CODE_MAX_RETRIES": "0"})).env["CLAUDE_CODE_MAX_RETRIES"] == "0"


def test_cloud_credentials_pass_only_where_the_cloud_was_chosen(home: Path) -> None:
    cloud = {"AWS_SECRET_ACCESS_KEY": "s", "AWS_REGION": "r", "GOOGLE_APPLICATION_CREDENTIALS": "f"}
    assert not cloud.keys() & launch(request(home, cloud)).env.keys()
    chosen = launch(request(home, {**cloud, "CLAUDE_CODE_USE_BEDROCK": "1"})).env
    assert chosen["AWS_SECRET_ACCESS_KEY"] == "s" and "GOOGLE_APPLICATION_CREDENTIALS" not in chosen
