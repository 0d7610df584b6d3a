"""Users of the agents with their files and variables; the scripted model is their vendor."""

import dataclasses
import json

from tests.agents.real.conftest import Place, agent_command


def codex(place: Place) -> tuple[Place, dict[str, str]]:
    """A user of Codex with a provider of their own, and what is in their environment."""
    (place.home / ".codex").mkdir(exist_ok=True)
    (place.home / ".codex/config.toml").write_text(
        f"""model = "fake"
model_provider = "fake"
[model_providers.fake]
name = "fake"
base_url = "{place.model.url}/v1"
wire_api = "responses"
env_key = "FAKE_KEY"
request_max_retries = 0
stream_max_retries = 0
"""
    )
    return _with(place, "codex"), {"FAKE_KEY": "dummy"}


def gemini(place: Place) -> tuple[Place, dict[str, str]]:
    """A user of Gemini CLI who has chosen a model: its own choice asks another model first."""
    (place.home / ".gemini").mkdir(exist_ok=True)
    (place.home / ".gemini/settings.json").write_text(json.dumps({"model": {"name": "gemini-2.5-flash"}}))
    return _with(place, "gemini"), {"GEMINI_API_KEY": "dummy", "GOOGLE_GEMINI_BASE_URL": place.model.url}


def opencode(place: Place) -> tuple[Place, dict[str, str]]:
    """A user of OpenCode with a provider of their own, who lets it ask nobody for packages and lists of models."""
    (place.home / ".npmrc").write_text("offline=true\n")
    provider = {
        "npm": "@ai-sdk/openai-compatible",
        "options": {"baseURL": f"{place.model.url}/v1", "apiKey": "dummy"},
        "models": {"fake": {"cost": {"input": 3, "output": 15}}},
    }
    settings = {"provider": {"fake": provider}, "model": "fake/fake", "small_model": "fake/fake"}
    folder = place.home / ".config/opencode"
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "opencode.json").write_text(json.dumps(settings))
    return _with(place, "opencode"), {"OPENCODE_DISABLE_MODELS_FETCH": "1"}


#: The agents that tests of all of them run with.
USERS = {"codex": codex, "gemini": gemini, "opencode": opencode}


def _with(place: Place, agent: str) -> Place:
    return dataclasses.replace(place, programs=(agent_command(agent),))
