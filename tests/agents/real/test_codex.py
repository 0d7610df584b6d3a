"""Real Codex, headless, started by the adapter: resuming, limits with their end, failures, signals, and its sandbox."""

import signal
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest

from maestrod.agents.codex.adapter import CodexAdapter
from maestrod.api.session import Role
from maestrod.api.turn import Outcome
from maestrod.core.values.facts import Judgement
from maestrod.core.values.signs import (
    LimitReached,
    PlanOffered,
    Started,
    ToolEnded,
    ToolStarted,
    TurnEnded,
    UsageSeen,
)
from tests.agents.real import users
from tests.agents.real.conftest import Place
from tests.agents.real.held import Held, request

CODEX = CodexAdapter()
Start = Callable[..., Held]

pytestmark = pytest.mark.slow


@pytest.fixture
def start(place: Place) -> Start:
    """Starts a turn."""
    place, environ = users.codex(place)

    def started(prompt: str = "go", **members: Any) -> Held:
        return Held(CODEX, CODEX.launch(request(place, "codex", environ, prompt=prompt, **members)))

    return started


def test_the_installed_agent_is_found(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    place, _ = users.codex(place)
    monkeypatch.setenv("PATH", place.environ["PATH"])
    assert CODEX.detect().missing is None


def test_the_next_turn_continues_the_thread_with_cumulative_figures(place: Place, start: Start) -> None:
    place.model.script = {"prompts": [{"match": "second", "steps": [{"text": "two"}]}], "default": [{"text": "one"}]}
    with start("first") as held:
        thread = held.until(Started).agent_session_id
        assert held.until(UsageSeen).input == 1000 and held.until(TurnEnded).outcome is Outcome.COMPLETED
        assert held.finish().code == 0
    with start("the second", agent_session_id=thread, attempt=2) as held:
        assert held.until(Started).agent_session_id == thread
        seen = held.until(UsageSeen)
        assert (seen.input, seen.cumulative) == (2000, True)
        held.finish()
    assert place.model.prompts == ["first", "the second"]


def test_maestroctl_is_on_the_path_of_a_resumed_thread_too(place: Place, start: Start) -> None:
    place.model.script = [{"shell": "maestroctl --version"}, {"text": "done"}]
    with start("first") as held:
        thread = held.until(Started).agent_session_id
        assert held.until(ToolEnded).ok is True
        held.finish()
    with start("the second", agent_session_id=thread, attempt=2) as held:
        assert held.until(ToolEnded).ok is True, held.stderr
        held.finish()


def test_a_usage_limit_says_until_when(place: Place, start: Start) -> None:
    until = int(datetime.now(UTC).timestamp()) + 7200  # noqa: TID251 - Codex compares it with its own clock
    error = {"type": "usage_limit_reached", "plan_type": "plus", "resets_at": until}
    place.model.script = [{"status": 429, "error": error}]
    with start() as held:
        limit = held.until(LimitReached)
        assert limit.kind == "usage" and limit.resets_at is not None
        assert until * 1000 < limit.resets_at <= (until + 60) * 1000
        outcome = held.until(TurnEnded).outcome
        ended = held.finish()
        assert (outcome, ended.code) == (Outcome.LIMIT, 1)
        assert CODEX.judge(ended, outcome=outcome, stop_requested=False) is Judgement.FAILED


@pytest.mark.parametrize("status, outcome", [(429, Outcome.LIMIT), (401, Outcome.FAILED), (500, Outcome.LIMIT)])
def test_errors_of_the_vendor_are_read(place: Place, start: Start, status: int, outcome: Outcome) -> None:
    """Of a server that fails it says "high demand", whatever the reason: that passes too."""
    place.model.script = [{"status": status}]
    with start() as held:
        assert held.until(TurnEnded).outcome is outcome
        assert held.finish().code == 1


def test_a_missing_thread_ends_it_at_once(start: Start) -> None:
    with start(agent_session_id="01a1f70b-0000-7000-8000-000000000000", attempt=2) as held:
        ended = held.finish()
        assert ended.code == 1 and not any(isinstance(sign, TurnEnded) for sign in held.signs), held.stderr
        assert CODEX.judge(ended, outcome=None, stop_requested=False) is Judgement.FAILED


def test_a_planner_must_follow_the_schema(place: Place, start: Start) -> None:
    place.model.script = [{"json": {"groups": []}}]
    with start(described={"role": Role.ORCHESTRATOR}) as held:
        assert held.until(PlanOffered).document == '{"groups": []}'
        held.finish()
    [asked] = [body for body in (row.get("body", {}) for row in place.model.requests) if "text" in body]
    assert asked["text"]["format"]["strict"] is True


def test_the_sandbox_keeps_codex_in_the_project_and_lets_reports_out(place: Place, start: Start) -> None:
    """The socket is nobody's here: that it cannot be reached and that it is refused are told apart."""
    outside = place.home / "outside"
    probe = "import os, socket; socket.socket(socket.AF_UNIX).connect(os.environ['MAESTRO_SOCKET'])"
    place.model.script = [
        {"shell": f"touch inside && touch {outside}"},
        {"shell": f'maestroctl --version && python3 -c "{probe}"'},
        {"text": "done"},
    ]
    with start() as held:
        ended = [held.until(ToolEnded), held.until(ToolEnded)]
        held.finish()
    assert (place.project / "inside").exists()
    assert not outside.exists() or str(outside).startswith("/tmp/"), "it may write to the temporary folder"
    assert "FileNotFoundError" in ended[1].detail, "the network is open to the daemon's socket"


@pytest.mark.parametrize("number, code", [(signal.SIGINT, 1), (signal.SIGTERM, None)])
def test_signals_during_a_tool_are_handled(
    place: Place, start: Start, number: signal.Signals, code: int | None
) -> None:
    place.model.script = [{"shell": "sleep 30"}, {"text": "done"}]
    with start() as held:
        held.until(ToolStarted)
        held.signal(number)
        ended = held.finish()
        assert ended.code == code and not any(isinstance(sign, TurnEnded) for sign in held.signs)
        assert CODEX.judge(ended, outcome=None, stop_requested=True) is Judgement.STOPPED
