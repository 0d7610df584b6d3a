"""Shared pytest configuration: Hypothesis profiles, and a private home for every test."""

import os
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

# Deterministic and short for every run; `HYPOTHESIS_PROFILE=thorough make test` looks further.
settings.register_profile("default", max_examples=40, derandomize=True, deadline=None)
settings.register_profile(
    "thorough", max_examples=2000, deadline=None, suppress_health_check=[HealthCheck.too_slow]
)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "default"))


@pytest.fixture(autouse=True)
def private_home(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Point every user folder into a temporary one, so that no test can touch the user's own."""
    for name in [name for name in os.environ if name.startswith("MAESTRO_")]:
        monkeypatch.delenv(name)
    home = tmp_path_factory.mktemp("home")
    monkeypatch.setenv("HOME", str(home))
    monkeypatch.setenv("MAESTRO_HOME", str(home / "m"))
    for name in ("XDG_DATA_HOME", "XDG_CONFIG_HOME", "XDG_STATE_HOME", "XDG_CACHE_HOME", "XDG_RUNTIME_DIR"):
        monkeypatch.delenv(name, raising=False)
    return home
