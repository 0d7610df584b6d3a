"""Abbreviated ids: an unambiguous part of an id is enough; a short or ambiguous one is an error."""

import os
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

import maestroctl
from maestroctl.client.client import Client
from maestroctl.client.resolve import _NAMES, _WAYS, resolve, resolve_members
from maestrod.api.errors import Malformed, NotFound
from maestrod.api.local.address import paths_of
from maestrod.api.model.ids import make_id
from maestrod.api.protocol.registry import METHODS
from tests.kit.clients.fake_daemon import FakeDaemon

PACKAGE = Path(maestroctl.__file__).parent
TASKS = [make_id("tsk", 1_700_000_000_000 + number, number << 40 | number) for number in range(3)]
SESSION = make_id("ses", 1_700_000_000_000, 12345)
PROJECT = make_id("prj", 1_700_000_000_000, 99)


@pytest.fixture
def client(daemon: FakeDaemon) -> Iterator[Client]:
    def tasks(params: dict[str, Any]) -> dict[str, Any]:
        start = int(params.get("cursor", 0))
        page: dict[str, Any] = {"items": [{"id": TASKS[start], "title": "x"}]}
        return page | ({"nextCursor": str(start + 1)} if start + 1 < len(TASKS) else {})

    daemon.on("task.list", tasks)
    daemon.on("session.list", {"items": [{"id": SESSION}]})
    daemon.on("project.list", {"items": [{"id": PROJECT, "name": "shop"}]})
    with Client(paths_of(os.environ)) as made:
        yield made


@pytest.mark.parametrize("text", [SESSION, SESSION[:-3]])
def test_the_id_of_another_kind_is_named_with_the_command_that_takes_it(client: Client, text: str) -> None:
    with pytest.raises(Malformed, match=f"{text} is the id of a session, .* a task or run; .*maestroctl attach {text}"):
        resolve(client, text, "tsk", "run")


@pytest.mark.parametrize("kind", _NAMES)
def test_every_kind_has_commands_that_take_it(kind: str) -> None:
    for command in re.findall("`maestroctl ([^`]*)`", _WAYS[kind]):
        noun, verb, *_ = command.split()
        assert f"{noun}.{verb}" in METHODS or (PACKAGE / "verbs" / f"{noun}.py").exists()


@pytest.mark.parametrize(
    "text", [TASKS[2], TASKS[2][-4:], TASKS[2][-10:], TASKS[2][:-1], TASKS[2][4:-1], TASKS[2][8:-2]]
)
def test_an_unambiguous_part_of_an_id_is_enough(client: Client, text: str) -> None:
    assert resolve(client, text, "tsk") == TASKS[2]


def test_a_complete_id_needs_no_lookup(client: Client, daemon: FakeDaemon) -> None:
    unknown = make_id("tsk", 5, 5)
    assert resolve(client, unknown, "ses", "tsk") == unknown
    assert daemon.calls == []


def test_an_ambiguous_part_of_an_id_is_refused_with_its_matches(client: Client) -> None:
    with pytest.raises(Malformed, match="is ambiguous: it matches 3") as refused:
        resolve(client, TASKS[0][:8], "tsk")
    assert f"{TASKS[1]}  x" in refused.value.message


def test_a_part_of_an_id_without_a_match_is_refused(client: Client) -> None:
    with pytest.raises(NotFound, match="there is no task zzzz"):
        resolve(client, "zzzz", "tsk")


def test_a_part_of_an_id_that_is_too_short_is_refused(client: Client) -> None:
    with pytest.raises(NotFound, match="at least 4 characters"):
        resolve(client, SESSION[-3:], "ses", "tsk")


def test_a_prefix_says_the_kind(client: Client, daemon: FakeDaemon) -> None:
    assert resolve(client, SESSION[:-2], "ses", "tsk") == SESSION
    assert daemon.called("task.list") == []
    with pytest.raises(Malformed, match="is the id of a task"):
        resolve(client, "tsk_0123", "ses")


def test_a_project_can_be_named(client: Client) -> None:
    assert resolve(client, "shop", "prj") == PROJECT


def test_members_are_resolved_by_what_they_name(client: Client) -> None:
    members = {
        "taskId": TASKS[1][-6:],
        "sessionIds": [SESSION[-6:]],
        "projectId": "shop",
        "title": "tsk_",
        "runId": None,
    }
    resolve_members(client, members)
    assert members == {
        "taskId": TASKS[1],
        "sessionIds": [SESSION],
        "projectId": PROJECT,
        "title": "tsk_",
        "runId": None,
    }


def test_an_unknown_id_names_the_commands_that_list_ids(client: Client, daemon: FakeDaemon) -> None:
    daemon.on("run.list", {"items": []})
    with pytest.raises(NotFound) as caught:
        resolve(client, "zzzzzz", "ses", "run", "tsk")
    assert caught.value.message == (
        "there is no session, run or task zzzzzz; "
        "list them with `maestroctl session list`, `maestroctl run list` or `maestroctl task list`"
    )
