"""Real OpenCode, headless, started by the adapter: resuming, failures, limits it waits for, and its gate."""

import json
from collections.abc import Callable
from typing import Any

import pytest

from maestrod.agents.opencode.adapter import OpenCodeAdapter
from maestrod.api.project import PermissionPolicy, Permissions
from maestrod.api.turn import Outcome
from maestrod.core.values.facts import Judgement
from maestrod.core.values.signs import LimitReached, Started, ToolEnded, TurnEnded, UsageSeen
from tests.agents.real import users
from tests.agents.real.conftest import Place
from tests.agents.real.held import Held, request

OPENCODE = OpenCodeAdapter()
ALLOWED = Permissions(policy=PermissionPolicy.ALLOW)
Start = Callable[..., Held]

pytestmark = pytest.mark.slow


@pytest.fixture
def start(place: Place) -> Start:
    """Starts a turn."""
    place, environ = users.opencode(place)

    def started(prompt: str = "go", **members: Any) -> Held:
        asked = request(place, "opencode", environ, prompt=prompt, **{"permissions": ALLOWED, **members})
        return Held(OPENCODE, OPENCODE.launch(asked))

    return started


def spooled(place: Place) -> list[tuple[str, Any]]:
    """What its plugin left for the next daemon: there is none."""
    files = sorted((place.home / "m").glob("**/spool/*.json"))
    events = [json.loads(path.read_text()) for path in files]
    return [(event["event"], event["payload"]) for event in events]


def test_the_installed_agent_is_found(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    place, _ = users.opencode(place)
    monkeypatch.setenv("PATH", place.environ["PATH"])
    assert OPENCODE.detect().missing is None


def test_the_next_turn_continues_in_the_session(place: Place, start: Start) -> None:
    place.model.script = {"prompts": [{"match": "second", "steps": [{"text": "two"}]}], "default": [{"text": "one"}]}
    with start('first\nand "more"') as held:
        known = held.until(Started).agent_session_id
        seen = held.until(UsageSeen)
        assert (seen.input, seen.output) == (1000, 50) and seen.cost == pytest.approx(0.00375)
        assert held.until(TurnEnded).outcome is Outcome.COMPLETED and held.finish().code == 0
    with start("the second", agent_session_id=known, attempt=2) as held:
        assert held.until(Started).agent_session_id == known
        held.finish()
    assert place.model.prompts == ['first\nand "more"', "the second"]
    readings = [OPENCODE.read_hook(event, payload) for event, payload in spooled(place)]
    assert {reading.agent_session_id for reading in readings if reading.signs} >= {known}


def test_a_limit_that_opencode_waits_for_is_reported_by_its_plugin(place: Place, start: Start) -> None:
    place.model.script = [{"status": 429, "times": 1, "headers": {"retry-after": "1"}, "text": "done"}]
    with start() as held:
        assert held.until(TurnEnded).outcome is Outcome.COMPLETED
        held.finish()
    signs = [sign for event, payload in spooled(place) for sign in OPENCODE.read_hook(event, payload).signs]
    limits = [sign for sign in signs if isinstance(sign, LimitReached)]
    assert limits and limits[0].retrying and limits[0].resets_at is not None


def test_a_vendor_error_is_a_failed_turn(place: Place, start: Start) -> None:
    place.model.script = [{"status": 401, "message": "bad key"}]
    with start() as held:
        ended = held.until(TurnEnded)
        exit_ = held.finish()
        assert (ended.outcome, ended.detail, exit_.code) == (Outcome.FAILED, "bad key", 1)
        assert OPENCODE.judge(exit_, outcome=ended.outcome, stop_requested=False) is Judgement.FAILED


def test_without_a_daemon_the_gate_refuses(place: Place, start: Start) -> None:
    place.model.script = [{"shell": "touch made"}, {"text": "then not"}]
    with start(permissions=Permissions()) as held:
        refused = held.until(ToolEnded)
        assert refused.ok is False and "not available to decide" in refused.detail
        assert held.until(TurnEnded).outcome is Outcome.COMPLETED
        held.finish()
    assert not (place.project / "made").exists()
