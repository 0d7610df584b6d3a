"""Replies of older and newer daemons are read: missing members are filled in, unknown values are shown by name."""

import json
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.console import Console

from maestroctl.client.reading import filled, read, row_of
from maestroctl.screen.fleet import Fleet, TreeRow
from maestroctl.screen.rows import Palette, question_row, session_detail, session_row, task_detail, task_row
from maestroctl.show import questions, tree
from maestroctl.show.render import render
from maestroctl.show.run_model import RunModel
from maestroctl.show.run_summary import exit_code, summary
from maestroctl.show.run_view import draw
from maestrod.api.attention import Attention
from maestrod.api.model.look import UNKNOWN
from maestrod.api.protocol.registry import METHODS
from maestrod.api.session import Session
from maestrod.api.task import Task
from tests.kit.clients.entities import PROJECT, QUESTION, RUN, SESSION, TASK, session, task
from tests.kit.clients.fake_daemon import FakeDaemon
from tests.kit.completeness import lacking
from tests.maestroctl.conftest import CommandLine

LATER = "sublimated"
PALETTE = Palette()
ASKED = {"id": QUESTION, "sessionId": SESSION, "kind": LATER, "message": "m", "openedAt": 1, "number": 1}
STARTED = {"id": RUN, "projectId": PROJECT, "rootTaskId": TASK, "status": LATER, "agent": "shell", "createdAt": 1}


def model() -> RunModel:
    reason = {"source": LATER, "code": "c", "at": 1}
    found = {
        "tasks": [task(status=LATER, priority=LATER, statusReason=reason)],
        "sessions": [session(status=LATER, role=LATER, terminal=LATER)],
        "attention": [ASKED],
    }
    return RunModel({"seq": 1, "run": STARTED, **found})


def test_a_run_with_unknown_values_is_drawn_and_summed_up() -> None:
    console = Console(width=80, color_system=None)
    with console.capture() as captured:
        console.print(draw(model(), {}, 5000, columns=80, rows=24))
    assert LATER in captured.get()
    assert LATER in summary(model())[0] and exit_code(model()) != 0


def test_lines_of_the_full_screen_view_show_unknown_values() -> None:
    known = model()
    done, held, asked = known.tasks.get(TASK), known.sessions.get(SESSION), known.attention.get(QUESTION)
    fleet = Fleet({"task": [task(status=LATER)], "session": [session(status=LATER)], "attention": [ASKED]})
    assert LATER in task_row(TreeRow("", done), 80, 5000, PALETTE).plain
    assert LATER in session_row(held, "", 80, 5000, PALETTE).plain
    assert LATER in question_row(asked, "", 80, 5000, PALETTE).plain
    assert LATER in task_detail(fleet, done, 5000, PALETTE).plain
    assert LATER in session_detail(held, "", PALETTE).plain
    assert f"{UNKNOWN.sign} " in tree.task_line(done) and LATER in tree.task_line(done)


def test_a_question_of_an_unknown_kind_is_shown_in_full() -> None:
    assert LATER in next(questions.lines(ASKED, session(), 60_000))


@pytest.mark.parametrize("arguments", [("task", "get", TASK), ("why", TASK), ("task", "get", TASK, "--json")])
def test_commands_show_unknown_values(daemon: FakeDaemon, cli: CommandLine, arguments: tuple[str, ...]) -> None:
    daemon.on("task.get", task(status=LATER))
    outcome = cli(*arguments)
    assert outcome.code == 0 and LATER in outcome.out, outcome.err


@pytest.mark.parametrize("arguments", [("session", "list"), ("status",), ("inbox",), ("attention", "list")])
def test_lists_show_unknown_values(daemon: FakeDaemon, cli: CommandLine, arguments: tuple[str, ...]) -> None:
    daemon.on("session.list", {"items": [session(status=LATER)]})
    daemon.on("run.list", {"items": [STARTED]})
    daemon.on("attention.list", {"items": [ASKED]})
    daemon.on("system.status", {"version": "9", "instance": "i", "pid": 1, "startedAt": 1, "seq": 1, "mode": LATER})
    outcome = cli(*arguments)
    assert outcome.code == 0 and LATER in outcome.out, outcome.err


def test_a_timeline_entry_of_an_unknown_type_is_reported(daemon: FakeDaemon, cli: CommandLine) -> None:
    entry = {"id": "evt_1", "type": LATER, "timestamp": 1, "source": LATER}
    daemon.on("session.timeline", {"items": [entry]})
    outcome = cli("session", "timeline", SESSION)
    assert outcome.code == 0 and LATER in outcome.out, outcome.err


def test_members_missing_from_an_older_daemon_are_filled_in(daemon: FakeDaemon, cli: CommandLine) -> None:
    daemon.on("task.list", {"items": [task()]})
    daemon.on("rpc.discover", {"openrpc": "1"})
    page = json.loads(cli("rpc", "task.list").out)
    assert lacking(page, METHODS["task.list"].result) == [] and page["items"][0]["status"] == "pending"
    assert json.loads(cli("rpc", "discover").out) == {"openrpc": "1"}


def test_members_of_a_newer_daemon_are_kept_and_other_shapes_ignored() -> None:
    assert filled({**task(), "later": [1], "result": {"mood": "fine"}}, Task)["result"]["mood"] == "fine"
    assert filled({**task(), "later": [1]}, Task)["later"] == [1]
    assert filled([1], Task) == [1] and filled({"id": 7}, Task) == {"id": 7}


def test_methods_are_found_by_their_names() -> None:
    assert {name for name in METHODS if row_of(name) is not METHODS[name]} == {"rpc.discover"}
    assert row_of("task.lst") is None and row_of("nothing.at_all") is None and row_of("") is None


@given(st.dictionaries(st.sampled_from(["status", "priority", "agent", "later"]), st.text(min_size=1), max_size=4))
def test_filling_in_defaults_changes_nothing_that_was_given(members: dict[str, str]) -> None:
    said: dict[str, Any] = task(**members)
    assert filled(said, Task).items() >= said.items()
    assert read(msgspec.json.encode(said), Task).title == said["title"]


def test_replies_with_unknown_values_are_rendered() -> None:
    for document, type_ in ((task(status=LATER), Task), (session(status=LATER), Session), (ASKED, Attention)):
        assert any(LATER in line for line in render(read(json.dumps(document).encode(), type_)))
