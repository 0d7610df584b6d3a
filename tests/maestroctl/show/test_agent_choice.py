"""A request without an agent: the user is asked at a terminal, or else shown what to type; nothing is guessed."""

import os
from collections.abc import Iterator
from typing import Any

import pytest

from maestroctl.client.client import Client
from maestroctl.show import agent_choice
from maestrod.api.errors import BadConfiguration, Malformed
from maestrod.api.local.address import paths_of
from tests.kit.clients.entities import PROJECT, RUN
from tests.kit.clients.fake_daemon import FakeDaemon

AGENTS = [
    {"name": "claude", "plans": True, "available": True, "description": "Claude Code"},
    {"name": "codex", "plans": True, "available": True},
    {"name": "gemini", "plans": True, "available": False, "missing": "there is no program gemini on PATH"},
    {"name": "shell", "plans": False, "available": True},
]
REQUEST = {"text": "fix the tests; please", "workingDir": "/shop"}


def start(params: dict[str, Any]) -> dict[str, Any]:
    if "agent" not in params:
        raise Malformed("run.no_planner", "the shell agent plans nothing by itself", {"path": "planner"})
    return {"id": RUN, "projectId": PROJECT, "status": "planning"}


@pytest.fixture
def client(daemon: FakeDaemon) -> Iterator[Client]:
    daemon.on("run.start", start)
    daemon.on("agent.list", {"items": AGENTS})
    daemon.on("project.get", {"id": PROJECT, "name": "shop", "settings": {"maxSessions": 3}})
    daemon.on("project.update", {"id": PROJECT})
    with Client(paths_of(os.environ)) as made:
        yield made


def typed(*lines: str) -> Any:
    left = iter(lines)
    return lambda: next(left)


def test_without_a_terminal_the_commands_to_type_are_shown_and_nothing_starts(
    client: Client, daemon: FakeDaemon
) -> None:
    with pytest.raises(BadConfiguration) as refused:
        agent_choice.start(client, dict(REQUEST))
    assert refused.value.exit_code == 78
    assert "  maestroctl run 'fix the tests; please' --agent claude\n" in refused.value.message
    assert "--agent codex" in refused.value.message and "gemini" not in refused.value.message
    assert daemon.called("run.start") == [REQUEST]


@pytest.mark.parametrize("line", ["2\n", "codex\n"])
def test_at_a_terminal_the_choice_is_asked_and_remembered_with_the_project(
    client: Client, daemon: FakeDaemon, line: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert agent_choice.start(client, dict(REQUEST), typed("\n", "7\n", "shell\n", line))["id"] == RUN
    assert daemon.called("run.start")[-1] == {**REQUEST, "agent": "codex"}
    [update] = daemon.called("project.update")
    assert update == {"projectId": PROJECT, "settings": {"maxSessions": 3, "planningAgent": "codex"}}
    said = capsys.readouterr().err
    assert "1  claude  Claude Code" in said and "--agent NAME --remember" in said


def test_the_end_of_input_chooses_nothing(client: Client, daemon: FakeDaemon) -> None:
    with pytest.raises(BadConfiguration):
        agent_choice.start(client, dict(REQUEST), typed(""))
    assert daemon.called("run.start") == [REQUEST] and daemon.called("project.update") == []


def test_without_an_installed_agent_the_supported_ones_are_listed(client: Client, daemon: FakeDaemon) -> None:
    daemon.on("agent.list", {"items": [{**agent, "available": False, "missing": "absent"} for agent in AGENTS]})
    with pytest.raises(BadConfiguration) as refused:
        agent_choice.start(client, dict(REQUEST), typed("1\n"))
    assert "  claude: absent" in refused.value.message and "--plan FILE" in refused.value.message


@pytest.mark.parametrize("members", [{"text": "x", "agent": "shell"}, {"taskId": "tsk_1"}])
def test_another_refusal_is_passed_on(client: Client, daemon: FakeDaemon, members: dict[str, Any]) -> None:
    daemon.on("run.start", Malformed("run.no_planner", "plans nothing"))
    with pytest.raises(Malformed, match="plans nothing"):
        agent_choice.start(client, members, typed("1\n"))
    assert daemon.called("agent.list") == []


def test_a_named_agent_is_remembered_on_request(client: Client, daemon: FakeDaemon) -> None:
    agent_choice.start(client, {**REQUEST, "agent": "claude"})
    assert daemon.called("project.update") == []
    agent_choice.start(client, {**REQUEST, "agent": "claude"}, remembered=True)
    assert daemon.called("project.update")[0]["settings"]["planningAgent"] == "claude"
