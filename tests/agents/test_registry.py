"""Every adapter is registered by its own name and can say whether its agent is installed."""

import pytest

from maestrod.agents.registry import ADAPTERS, adapters, strangers, traits
from maestrod.agents.settings import AgentSettings
from maestrod.api.errors import BadConfiguration
from maestrod.api.session import Terminal


def test_adapters_are_registered_by_their_names() -> None:
    assert {name: adapter.name for name, adapter in ADAPTERS.items()} == {name: name for name in ADAPTERS}
    assert "shell" in ADAPTERS


def test_every_adapter_says_whether_it_is_installed() -> None:
    for name, adapter in ADAPTERS.items():
        info = adapter.detect()
        assert info.name == name and info.description and info.available is (info.missing is None)


def test_a_setting_for_an_unknown_agent_is_reported_with_the_nearest_name() -> None:
    named = {"defaultAgent": "codx", "agentLimits.shell": "shell"}
    assert strangers(named, ["shell", "codex"]) == (
        "defaultAgent: there is no agent 'codx'; known agents: codex, shell; did you mean `codex`?",
    )


def test_users_add_agents_and_choose_how_they_are_held() -> None:
    settings = {
        "aider": AgentSettings(command=("aider", "--message", "{prompt}"), terminal="pipe"),
        "shell": AgentSettings(env=("CI",)),
    }
    every = adapters(settings)
    assert set(every) == {*ADAPTERS, "aider"}
    known = traits(every, settings)
    assert known["aider"].terminal is Terminal.PIPE
    assert {name: known[name] for name in ADAPTERS} == {name: adapter.traits for name, adapter in ADAPTERS.items()}


@pytest.mark.parametrize(
    "name, settings, message",
    [
        ("shell", AgentSettings(command=("sh",)), "is built in"),
        ("aider", AgentSettings(env=("A",)), "need a command"),
        ("My Agent", AgentSettings(command=("sh",)), "lower-case letters"),
    ],
)
def test_a_table_that_describes_no_agent_is_refused_with_its_name(
    name: str, settings: AgentSettings, message: str
) -> None:
    with pytest.raises(BadConfiguration, match=message) as refused:
        adapters({name: settings})
    assert f"[agents.{name}]" in refused.value.message
