"""Generated commands: from the command line to the call, for every row."""

import json
import os
from collections.abc import Iterator
from typing import Any

import pytest

from maestroctl.generated.command import NOT_GENERATED, collect, leaf, verbs_of
from maestroctl.generated.fields import Field, ValueKind, fields_of
from maestrod.api.errors import Malformed
from maestrod.api.protocol.registry import METHODS, AnyMethod
from tests.kit.clients.entities import OTHER_TASK, RUN, SESSION, TASK, session, task
from tests.kit.clients.fake_daemon import FakeDaemon
from tests.kit.offenders import offenders
from tests.maestroctl.conftest import CommandLine

GENERATED = sorted(set(METHODS) - NOT_GENERATED)

#: Methods whose command is made by hand, with other arguments.
HAND_MADE = {
    "run.start",
    "event.report",
    "event.list",
    "attention.ask",
    "plan.check",
    "plan.submit",
    "rpc.discover",
    "ui.open",
    "token.create",
}


def words(field: Field, value: Any) -> list[str]:
    """A JSON value as it is written on the command line."""
    if field.kind is ValueKind.FLAG:
        return [field.option if value else f"--no-{field.option[2:]}"]
    if field.kind in {ValueKind.LIST, ValueKind.WORDS}:
        return [word for part in value for word in (field.option, part)]
    return [field.option, json.dumps(value) if field.kind is ValueKind.JSON else str(value)]


def typed(row: AnyMethod) -> list[str]:
    """The example of a row as a command line."""
    fields = {field.wire: field for field in fields_of(row)}
    positional = [field for name in row.positional for field in fields.values() if field.name == name]
    line = [str(row.example[field.wire]) for field in positional if field.wire in row.example]
    for name, value in row.example.items():
        if fields[name] not in positional:
            line += words(fields[name], value)
    return [row.noun, row.verb, *line, "--json"]


def test_the_example_of_every_row_can_be_typed(daemon: FakeDaemon, cli: CommandLine) -> None:
    def faults(row: AnyMethod) -> Iterator[str]:
        daemon.on(row.name, {})
        outcome = cli(*(line := typed(row)))
        if (outcome.code, outcome.err) != (0, "") or json.loads(outcome.out) != {}:
            yield f"`maestroctl {' '.join(line)}` came to {outcome}"
        if (called := daemon.called(row.name)) != [row.example]:
            yield f"`maestroctl {' '.join(line)}` called with {called} instead of {row.example}"

    generated = {name: METHODS[name] for name in GENERATED if name not in HAND_MADE}
    assert offenders(generated, faults) == {}


def test_every_command_says_what_it_is_for() -> None:
    first_lines = {name: (leaf(METHODS[name]).__doc__ or "").partition("\n")[0] for name in GENERATED}
    assert first_lines == {name: f"{METHODS[name].summary}." for name in GENERATED}


def test_the_rows_of_a_noun_come_from_one_module() -> None:
    nouns = {row.noun for row in METHODS.values()} - {"rpc"}
    found = {row.name for noun in nouns for row in verbs_of(noun).values()}
    assert found == set(METHODS) - NOT_GENERATED - {"rpc.discover"}


def test_a_reply_is_rendered_for_people(daemon: FakeDaemon, cli: CommandLine) -> None:
    daemon.on("task.list", {"items": [task()]})
    daemon.on("task.cancel", task(status="cancelled"))
    assert cli("task", "list").out.splitlines()[1].split()[0] == TASK
    assert cli("task", "cancel", TASK).out == f"{TASK} cancelled Write the parser\n"


def test_abbreviated_ids_are_resolved(daemon: FakeDaemon, cli: CommandLine) -> None:
    daemon.on("task.list", {"items": [task(), task(id=OTHER_TASK)]})
    daemon.on("task.get", task())
    assert cli("task", "get", OTHER_TASK[-4:], "--json").code == 0
    assert daemon.called("task.get") == [{"taskId": OTHER_TASK}]


def test_a_missing_argument_is_named(cli: CommandLine) -> None:
    outcome = cli("task", "get")
    assert outcome.code == 2
    assert "TASK_ID is required" in outcome.err
    assert "maestroctl task get --help" in outcome.err


def test_invalid_json_is_refused(cli: CommandLine) -> None:
    outcome = cli("project", "update", "x", "--settings", "{")
    assert outcome.code == 2
    assert "--settings: not JSON" in outcome.err
    outcome = cli("project", "update", "x", "--settings", '{"permissions": {"deny": ["Bash"], "deny": []}}')
    assert outcome.code == 2
    assert "appears twice in one object at permissions.deny" in outcome.err


@pytest.mark.usefixtures("in_session")
def test_a_session_is_the_default_of_its_own_calls() -> None:
    for method in ("session.get", "session.why", "queue.get", "session.update", "queue.add"):
        row = METHODS[method]
        fields = {field.name: field for field in fields_of(row)}
        positional = [fields.pop(name) for name in row.positional]
        members = collect(row, positional, list(fields.values()), {"task_id": TASK})
        assert members["sessionId"] == SESSION
    row = METHODS["session.list"]
    assert collect(row, [], fields_of(row), {}) == {"sessionToken": "token"}


@pytest.mark.usefixtures("in_session")
def test_too_many_values_are_refused() -> None:
    row = METHODS["task.start"]
    with pytest.raises(Malformed, match="unexpected argument"):
        collect(row, fields_of(row)[:1] * 2, [], {"task_id": "x"})
    assert os.environ["MAESTRO_TASK_ID"] == TASK


@pytest.mark.parametrize(
    "members, run, frozen, status",
    [
        ({}, {}, False, "working"),
        ({"live": {"phase": "up", "paused": True}}, {}, False, "paused"),
        ({}, {"paused": True}, False, "paused"),
        ({}, {}, True, "paused"),
        ({"status": "failed"}, {"paused": True}, True, "failed"),
        ({"live": {"phase": "up", "wait": {"kind": "rate", "until": 1, "since": 0}}}, {}, False, "limited"),
    ],
)
def test_a_list_of_sessions_shows_what_is_paused(
    daemon: FakeDaemon, cli: CommandLine, members: Any, run: Any, frozen: bool, status: str
) -> None:
    daemon.on("session.list", {"items": [session(runId=RUN, **members)]})
    active = {"id": RUN, "projectId": "p", "rootTaskId": TASK, "status": "running", "agent": "shell", **run}
    daemon.on("run.list", {"items": [active]})
    system = {"version": "1", "instance": "i", "pid": 1, "startedAt": 1, "seq": 1}
    daemon.on("system.status", {**system, "frozen": frozen})
    assert cli("session", "list").out.splitlines()[1].split()[1] == status
    assert cli("run", "list").out.splitlines()[1].split()[1] == ("paused" if run else "running")
