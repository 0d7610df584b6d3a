"""Real Claude Code, headless, started by the adapter: every way a run ends, prompts, permissions, plans, resuming, limits."""

import dataclasses
import json
import signal
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from maestrod.agents.claude.adapter import ClaudeAdapter
from maestrod.agents.claude.hooks import read_hook
from maestrod.api.permission import Permission
from maestrod.api.session import Role
from maestrod.api.turn import Outcome
from maestrod.core.prompts.manifest import ManifestPersona, ManifestSkill
from maestrod.core.values.facts import Judgement
from maestrod.core.values.signs import (
    BackgroundChanged,
    LimitReached,
    PermissionAsked,
    PlanOffered,
    Started,
    ToolEnded,
    ToolStarted,
    TurnEnded,
    TurnStarted,
    UsageSeen,
)
from tests.agents.real.conftest import Place, agent_command
from tests.agents.real.held import Held, request, wait_for

CLAUDE = ClaudeAdapter()
KEY = {"ANTHROPIC_API_KEY": "dummy"}
PLAN = {"groups": [{"key": "g", "title": "G", "subtasks": [{"key": "a", "title": "A"}]}]}
#: A tool that is still at work when somebody stops it; Claude refuses a bare ``sleep``.
SLOW = {"shell": "touch begun; python3 -c 'import time; time.sleep(30)'"}

pytestmark = pytest.mark.slow


@pytest.fixture
def claude(place: Place) -> Place:
    """A place with the pinned Claude."""
    return dataclasses.replace(place, programs=(agent_command("claude"),))


def environ(place: Place, **more: str) -> dict[str, str]:
    quiet = {"CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC": "1", "CLAUDE_CODE_MAX_RETRIES": "0", "IS_SANDBOX": "1"}
    return {**quiet, "ANTHROPIC_BASE_URL": place.model.url, **(more or KEY)}


def start(place: Place, *more: str, env: dict[str, str] | None = None, **members: Any) -> Held:
    return Held(CLAUDE, CLAUDE.launch(request(place, "claude", env or environ(place), **members)), *more)


def spooled(place: Place) -> list[tuple[str, Any]]:
    """What its hooks left for the next daemon: there is none."""
    files = sorted((place.home / "m").glob("**/spool/*.json"))
    events = [json.loads(path.read_text()) for path in files]
    return [(event["event"], event["payload"]) for event in events]


def user_hook(place: Place, event: str, command: str) -> None:
    """A hook of the user's own, in the project."""
    folder = place.project / ".claude"
    folder.mkdir()
    hooks = {event: [{"hooks": [{"type": "command", "command": command}]}]}
    (folder / "settings.json").write_text(json.dumps({"hooks": hooks}))


def error(status: int, **more: Any) -> list[dict[str, Any]]:
    return [{"status": status, **more}]


Prepare = Callable[[Place], None]
_DEFER = """echo '{"hookSpecificOutput":{"hookEventName":"PreToolUse","permissionDecision":"defer"}}'"""
#: Scenario: script, arguments, what is prepared, then exit code, outcome, its code, judgement.
ROWS: dict[str, tuple[Any, tuple[str, ...], Prepare | None, int, Outcome, str, Judgement]] = {
    "normal": ([{"text": "done"}], (), None, 0, Outcome.COMPLETED, "", Judgement.COMPLETED),
    "tool exits non-zero": (
        [{"shell": "maestroctl nonsense"}, {"text": "done"}],
        *((), None, 0, Outcome.COMPLETED, "", Judgement.COMPLETED),
    ),
    "429": (error(429), (), None, 1, Outcome.LIMIT, "rate", Judgement.FAILED),
    "401": (error(401), (), None, 1, Outcome.FAILED, "api_error", Judgement.FAILED),
    "400 no credit": (
        error(400, message="Your credit balance is too low to access the Anthropic API."),
        *((), None, 1, Outcome.LIMIT, "billing", Judgement.FAILED),
    ),
    "529": (error(529), (), None, 1, Outcome.LIMIT, "overloaded", Judgement.FAILED),
    "500": (error(500), (), None, 1, Outcome.FAILED, "api_error", Judgement.FAILED),
    "prompt too long": (
        error(400, message="prompt is too long: 300000 tokens > 200000 maximum"),
        *((), None, 1, Outcome.FAILED, "prompt_too_long", Judgement.FAILED),
    ),
    "--max-turns": (
        [{"shell": "maestroctl --version"}] * 3,
        *(("--max-turns", "1"), None, 1, Outcome.FAILED, "max_turns", Judgement.FAILED),
    ),
    "--max-budget-usd": (
        [{"shell": "maestroctl --version", "usage": {"output": 100_000}}, {"text": "done"}],
        *(("--max-budget-usd", "0.01"), None, 1, Outcome.FAILED, "budget_exhausted", Judgement.FAILED),
    ),
    "--resume of an unknown id": (
        [{"text": "done"}],
        *(("--resume", "99999999-2222-4333-8444-555555555555"), None, 1),
        *(Outcome.FAILED, "conversation_lost", Judgement.FAILED),
    ),
    "prompt blocked by a hook": (
        [{"text": "done"}],
        *((), lambda place: user_hook(place, "UserPromptSubmit", "echo no >&2; exit 2"), 0),
        *(Outcome.FAILED, "prompt_blocked", Judgement.FAILED),
    ),
    "a hook defers a tool": (
        [{"shell": "ls"}, {"text": "done"}],
        *((), lambda place: user_hook(place, "PreToolUse", _DEFER), 0),
        *(Outcome.INTERRUPTED, "tool_deferred", Judgement.STOPPED),
    ),
}


@pytest.mark.parametrize("row", ROWS)
def test_each_way_a_run_can_end_is_shown(claude: Place, row: str) -> None:
    script, arguments, prepare, code, outcome, described, judgement = ROWS[row]
    claude.model.script = script
    if prepare is not None:
        prepare(claude)
    plan = CLAUDE.launch(request(claude, "claude", environ(claude)))
    if "--resume" in arguments:
        at = plan.argv.index("--session-id")
        plan = dataclasses.replace(plan, argv=(*plan.argv[:at], *plan.argv[at + 2 :]))
    with Held(CLAUDE, plan, *arguments) as held:
        held.prompt("go")
        ended = held.until(TurnEnded)
        exit_ = held.finish()
        assert (ended.outcome, ended.code, exit_.code) == (outcome, described, code), held.stderr
        assert CLAUDE.judge(exit_, outcome=ended.outcome, stop_requested=False) is judgement


@pytest.mark.parametrize(
    "number, code, outcome",
    [
        (signal.SIGINT, 0, Outcome.INTERRUPTED),
        (signal.SIGTERM, 143, None),
        (signal.SIGHUP, 129, None),
        (signal.SIGKILL, None, None),
    ],
)
def test_signals_during_a_tool_are_handled(
    claude: Place, number: signal.Signals, code: int | None, outcome: Outcome | None
) -> None:
    claude.model.script = [SLOW, {"text": "done"}]
    with start(claude, "--allowedTools=Bash") as held:
        held.prompt("go")
        held.until(ToolStarted)
        wait_for((claude.project / "begun").exists, "the tool")
        held.signal(number)
        exit_ = held.finish()
        ends = [sign.outcome for sign in held.signs if isinstance(sign, TurnEnded)]
        assert (exit_.code, ends) == (code, [outcome] if outcome else [])
        judgement = CLAUDE.judge(exit_, outcome=outcome, stop_requested=True)
        assert judgement is Judgement.STOPPED


def test_a_bad_flag_exits_with_a_message_on_stderr(claude: Place) -> None:
    with start(claude, "--of-the-future") as held:
        exit_ = held.finish()
        assert exit_.code == 1 and "--of-the-future" in held.stderr
        assert CLAUDE.judge(exit_, outcome=None, stop_requested=False) is Judgement.FAILED


def test_two_prompts_make_two_turns_with_the_figures_of_both(claude: Place) -> None:
    claude.model.script = {"prompts": [{"match": "second", "steps": [{"text": "two"}]}], "default": [{"text": "one"}]}
    with start(claude) as held:
        for prompt, reply, tokens in (("first", "one", 1000), ("the second", "two", 2000)):
            held.prompt(prompt)
            held.until(TurnStarted, lambda sign: not sign.machine)
            assert held.until(UsageSeen).input == tokens
            assert held.until(TurnEnded).text == reply
        assert held.finish().code == 0
    assert claude.model.prompts == ["first", "the second"]


def test_reporting_needs_no_permission_and_everything_else_is_asked(claude: Place) -> None:
    claude.model.script = [{"shell": "maestroctl --version"}, {"shell": "python3 -c 'print(6*7)'"}, {"text": "done"}]
    with start(claude) as held:
        held.prompt("go")
        asked = held.until(PermissionAsked)
        assert asked.tool == "Bash" and "6*7" in asked.summary and asked.waits
        held.write(CLAUDE.answer(asked.key, Permission.ALLOW))
        assert held.until(ToolEnded).ok is True
        assert held.until(TurnEnded).outcome is Outcome.COMPLETED
        assert held.finish().code == 0


def test_a_refusal_reaches_the_model_and_ends_nothing(claude: Place) -> None:
    claude.model.script = [{"shell": "python3 -c 'print(6*7)'"}, {"text": "then not"}]
    with start(claude) as held:
        held.prompt("go")
        held.write(CLAUDE.answer(held.until(PermissionAsked).key, Permission.DENY, message="not today"))
        assert held.until(ToolEnded).ok is False
        ended = held.until(TurnEnded)
        exit_ = held.finish()
        assert (ended.outcome, ended.text, exit_.code) == (Outcome.COMPLETED, "then not", 0)
    assert "not today" in json.dumps(claude.model.requests[-1]["body"])


def test_a_worker_may_edit_its_project(claude: Place) -> None:
    path = claude.project / "a.txt"
    claude.model.script = [{"tool": "Write", "input": {"file_path": str(path), "content": "x\n"}}, {"text": "done"}]
    with start(claude) as held:
        held.prompt("go")
        held.until(TurnEnded)
        held.finish()
    assert path.read_text() == "x\n"


def test_a_retried_limit_is_not_a_failure(claude: Place) -> None:
    claude.model.script = [{"status": 429, "times": 1, "text": "fine"}]
    with start(claude, env=environ(claude) | {"CLAUDE_CODE_MAX_RETRIES": "2"}) as held:
        held.prompt("go")
        assert held.until(LimitReached).retrying
        assert held.until(TurnEnded).text == "fine"
        assert held.finish().code == 0


def test_an_exhausted_subscription_says_when_it_is_renewed(claude: Place) -> None:
    reset = 1_795_170_000
    unified = {
        "status": "rejected",
        "reset": reset,
        "representative-claim": "five_hour",
        "5h-reset": reset,
        "5h-status": "rejected",
    }
    headers = {f"anthropic-ratelimit-unified-{name}": value for name, value in unified.items()}
    claude.model.script = error(429, headers=headers)
    with start(claude, env=environ(claude, CLAUDE_CODE_OAUTH_TOKEN="dummy")) as held:
        held.prompt("go")
        limit = held.until(LimitReached)
        assert (limit.kind, limit.resets_at) == ("usage", reset * 1000)
        assert held.until(TurnEnded).outcome is Outcome.LIMIT


def planner(place: Place, *more: str) -> Held:
    return start(place, *more, described={"role": Role.ORCHESTRATOR})


def test_a_planner_submits_a_plan_each_time_it_is_asked(claude: Place) -> None:
    better = {"groups": [{**PLAN["groups"][0], "title": "Better"}]}
    again = {"match": "repair", "steps": [{"json": better}]}
    claude.model.script = {"prompts": [again], "default": [{"json": PLAN}]}
    with planner(claude) as held:
        for prompt, plan in (("plan it", PLAN), ("repair it", better)):
            held.prompt(prompt)
            assert json.loads(held.until(PlanOffered).document) == plan
            assert held.until(TurnEnded).outcome is Outcome.COMPLETED
        assert held.finish().code == 0


def test_a_plan_that_violates_the_schema_five_times_fails_the_turn(claude: Place) -> None:
    claude.model.script = [{"json": {"groups": "none"}}]
    with planner(claude) as held:
        held.prompt("plan it")
        ended = held.until(TurnEnded)
        assert (ended.outcome, ended.code) == (Outcome.FAILED, "structured_output_retry_exhausted")
        assert held.finish().code == 1
    assert not [sign for sign in held.signs if isinstance(sign, PlanOffered)]


def test_a_planner_that_ignores_the_schema_offers_no_plan(claude: Place) -> None:
    claude.model.script = [{"text": "I would rather not"}]
    with planner(claude) as held:
        held.prompt("plan it")
        assert held.until(TurnEnded).outcome is Outcome.COMPLETED
        assert held.finish().code == 0
        assert not [sign for sign in held.signs if isinstance(sign, PlanOffered)]


def test_persona_and_skills_reach_the_model(claude: Place) -> None:
    claude.model.script = [{"text": "done"}]
    skills = (ManifestSkill(name="maestro-worker", description="How a worker reports.", instructions="Report."),)
    persona = ManifestPersona(name="hunter", description="", prompt="Find the cause first.")
    with start(claude, described={"skills": skills, "persona": persona}) as held:
        held.prompt("go")
        held.until(TurnEnded)
        held.finish()
    sent = json.dumps([body["body"] for body in claude.model.requests if body.get("tools")])
    assert "Find the cause first." in sent
    assert "maestro:maestro-worker" in sent and "How a worker reports." in sent


def test_questions_are_asked_through_maestroctl(claude: Place) -> None:
    claude.model.script = [{"text": "done"}]
    with start(claude) as held:
        held.prompt("go")
        held.until(TurnEnded)
        held.finish()
    [tools] = [request["tools"] for request in claude.model.requests if request.get("tools")]
    assert "Bash" in tools and "AskUserQuestion" not in tools


def test_the_next_process_continues_the_conversation(claude: Place) -> None:
    claude.model.script = [{"text": "remembered"}]
    with start(claude) as held:
        conversation = held.adapter.launch(request(claude, "claude", environ(claude))).argv
        held.prompt("the first prompt")
        started = held.until(Started)
        held.until(TurnEnded)
        held.finish()
    assert started.agent_session_id in conversation
    with start(claude, attempt=2, agent_session_id=started.agent_session_id) as held:
        held.prompt("go on")
        assert held.until(UsageSeen).input == 2000, "figures count over the whole conversation"
        held.until(TurnEnded)
        held.finish()
    assert "the first prompt" in json.dumps(claude.model.requests[-1]["body"])


def test_background_work_is_reported_until_the_turn_it_begins(claude: Place) -> None:
    work = {"command": "while [ ! -e enough ]; do sleep 0.05; done", "run_in_background": True, "description": "x"}
    claude.model.script = {
        "prompts": [{"match": "^go", "steps": [{"tool": "Bash", "input": work}, {"text": "one"}]}],
        "default": [{"text": "two"}],
    }
    with start(claude, "--allowedTools=Bash") as held:
        held.prompt("go")
        assert held.until(BackgroundChanged).count == 1
        held.until(TurnEnded)
        (claude.project / "enough").touch()
        assert held.until(BackgroundChanged).count == 0
        assert held.until(TurnStarted).machine
        held.until(TurnEnded)
        assert held.finish().code == 0


def test_hooks_without_a_daemon_are_kept_for_the_next_one(claude: Place) -> None:
    claude.model.script = [{"text": "done"}]
    with start(claude) as held:
        wait_for(lambda: spooled(claude), "the hook of its start")
        [(event, payload)] = spooled(claude)
        [started] = read_hook(event, payload).signs
        held.prompt("go")
        assert started == held.until(Started), "the first sign of life comes before any prompt"
        held.until(TurnEnded)
        held.finish()
    assert [event for event, _ in spooled(claude)] == ["SessionStart", "SessionEnd"]


def test_no_file_of_the_user_or_project_is_written(claude: Place) -> None:
    claude.model.script = [{"text": "done"}]
    with start(claude) as held:
        held.prompt("go")
        held.until(TurnEnded)
        held.finish()
    assert claude.git("status", "--porcelain") == ""
    assert not (Path(claude.home) / ".claude" / "settings.json").exists()


def test_the_pinned_version_is_supported(claude: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", claude.environ["PATH"])
    found = CLAUDE.detect()
    assert found.available and found.version == "2.1.328"
