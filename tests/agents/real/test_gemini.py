"""Real Gemini CLI, headless, started by the adapter: resuming, failures, signals, its home and its gate."""

import signal
from collections.abc import Callable
from typing import Any

import pytest

from maestrod.agents.gemini.adapter import GeminiAdapter
from maestrod.api.project import PermissionPolicy, Permissions
from maestrod.api.turn import Outcome
from maestrod.core.values.facts import Judgement
from maestrod.core.values.signs import Started, ToolEnded, ToolStarted, TurnEnded, UsageSeen
from tests.agents.real import users
from tests.agents.real.conftest import Place
from tests.agents.real.held import Held, request

GEMINI = GeminiAdapter()
ALLOWED = Permissions(policy=PermissionPolicy.ALLOW)
Start = Callable[..., Held]

pytestmark = pytest.mark.slow


@pytest.fixture
def start(place: Place) -> Start:
    """Starts a turn."""
    place, environ = users.gemini(place)

    def started(prompt: str = "go", **members: Any) -> Held:
        asked = request(place, "gemini", environ, prompt=prompt, **{"permissions": ALLOWED, **members})
        return Held(GEMINI, GEMINI.launch(asked))

    return started


def test_the_installed_agent_is_found(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    place, _ = users.gemini(place)
    monkeypatch.setenv("PATH", place.environ["PATH"])
    assert GEMINI.detect().missing is None


def test_the_next_turn_continues_the_session_with_its_own_figures(place: Place, start: Start) -> None:
    place.model.script = {"prompts": [{"match": "second", "steps": [{"text": "two"}]}], "default": [{"text": "one"}]}
    with start("first") as held:
        known = held.until(Started).agent_session_id
        assert held.until(UsageSeen).input == 1000 and held.until(TurnEnded).outcome is Outcome.COMPLETED
        assert held.finish().code == 0
    with start("the second", agent_session_id=known, attempt=2) as held:
        assert held.until(Started).agent_session_id == known
        seen = held.until(UsageSeen)
        assert (seen.input, seen.cumulative) == (1000, False)
        held.finish()
    contents = [row["body"]["contents"] for row in place.model.requests if row.get("prompt") == "the second"]
    assert "one" in str(contents[-1]), "it remembers what it said"


def test_a_vendor_error_is_a_failed_turn_whatever_the_exit_code(place: Place, start: Start) -> None:
    place.model.script = [{"status": 400, "message": "API key not valid"}]
    with start() as held:
        ended = held.until(TurnEnded)
        exit_ = held.finish()
        assert ended.outcome is Outcome.FAILED and "API key not valid" in ended.detail and exit_.code == 144
        assert GEMINI.judge(exit_, outcome=ended.outcome, stop_requested=False) is Judgement.FAILED


def test_a_missing_agent_session_ends_the_process_at_once(start: Start) -> None:
    with start(agent_session_id="11111111-2222-4333-8444-999999999999", attempt=2) as held:
        ended = held.finish()
        assert ended.code == 42 and "Error resuming session" in held.stderr


def test_without_a_daemon_the_gate_refuses(place: Place, start: Start) -> None:
    place.model.script = [{"shell": "touch made"}, {"text": "then not"}]
    with start(permissions=Permissions()) as held:
        refused = held.until(ToolEnded)
        assert refused.ok is False and "not available to decide" in refused.detail
        assert held.until(TurnEnded).outcome is Outcome.COMPLETED
        held.finish()
    assert not (place.project / "made").exists()


def test_the_users_own_files_stay_as_they_are(place: Place, start: Start) -> None:
    settings = place.home / ".gemini/settings.json"
    before = settings.read_bytes()
    place.model.script = [{"text": "done"}]
    with start() as held:
        held.finish()
    assert settings.read_bytes() == before
    assert (place.home / "session/gemini-home/.gemini/settings.json").exists()


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_exit_code_0_after_a_signal_is_not_a_success(place: Place, start: Start, number: signal.Signals) -> None:
    place.model.script = [{"shell": "sleep 5"}, {"text": "done"}]
    with start() as held:
        held.until(ToolStarted)
        held.signal(number)
        ended = held.finish()
        assert ended.code == 0 and not any(isinstance(sign, TurnEnded) for sign in held.signs)
        assert GEMINI.judge(ended, outcome=None, stop_requested=True) is Judgement.STOPPED
