"""``maestroctl run``: the calls it makes to the daemon."""

import io
import json
import os
from pathlib import Path

import pytest

from maestroctl.verbs.run import absolute_program, plan_document
from maestrod.api.errors import Malformed
from tests.kit.clients.entities import RUN, TASK, task
from tests.kit.clients.fake_daemon import FakeDaemon, Reply
from tests.maestroctl.conftest import CommandLine

PLAN = {"groups": [{"key": "a", "title": "A", "subtasks": [{"key": "x", "title": "X"}]}]}


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture
def running(daemon: FakeDaemon) -> FakeDaemon:
    daemon.on("run.start", {"id": RUN, "status": "planning"})
    return daemon


def test_a_request_runs_in_the_current_folder(running: FakeDaemon, cli: CommandLine, folder: Path) -> None:
    outcome = cli("run", "check this", "--detach", "--agent", "shell", "--approve", "--max-sessions", "2")
    assert (outcome.code, outcome.out) == (0, f"{RUN}\n")
    assert f"maestroctl watch {RUN}" in outcome.err
    assert running.called("run.start") == [
        {"text": "check this", "workingDir": str(folder), "agent": "shell", "approve": True, "maxSessions": 2}
    ]


def test_a_planner_is_named_in_full(running: FakeDaemon, cli: CommandLine, folder: Path) -> None:
    (folder / "plan").touch()
    assert cli("run", "x", "--detach", "--planner", "plan --fast 'a b'", "--json").code == 0
    assert running.called("run.start")[0]["planner"] == [str(folder / "plan"), "--fast", "a b"]


def test_a_plan_file_is_sent_unchanged(running: FakeDaemon, cli: CommandLine, folder: Path) -> None:
    (folder / "p.json").write_text(json.dumps(PLAN))
    (folder / "p.md").write_text("# Plan")
    assert cli("run", "--plan", "p.json", "--detach").code == 0
    assert cli("run", "--plan", "p.md", "--detach").code == 0
    json_call, markdown_call = running.called("run.start")
    assert json_call["plan"] == PLAN
    assert markdown_call["markdown"] == "# Plan"


def test_an_existing_task_is_found(running: FakeDaemon, cli: CommandLine) -> None:
    running.on("task.list", {"items": [task()]})
    assert cli("run", "--task", TASK[-6:], "--detach").code == 0
    assert running.called("run.start") == [{"taskId": TASK}]


def test_a_run_is_watched_to_its_end(running: FakeDaemon, cli: CommandLine) -> None:
    run = {"id": RUN, "projectId": "p", "rootTaskId": TASK, "status": "failed", "agent": "shell", "createdAt": 1}
    running.on("run.get", {"seq": 1, "run": run, "tasks": [task(status="failed")]})
    running.on("event.subscribe", Reply({"subscription": 1, "seq": 1}))
    outcome = cli("run", "x")
    assert outcome.code == 1
    assert "failed" in outcome.out


@pytest.mark.parametrize("arguments", [[], ["text", "--task", TASK], ["text", "--plan", "-"]])
def test_run_takes_exactly_one_thing(cli: CommandLine, arguments: list[str]) -> None:
    outcome = cli("run", *arguments)
    assert outcome.code == 2
    assert "exactly one of" in outcome.err


@pytest.mark.parametrize(
    "name, content, words",
    [
        ("a.json", "{", "not JSON"),
        ("b.json", "[1]", "is not a plan"),
        ("deep.json", "[" * 100_000, "not JSON"),
        ("nan.json", '{"groups": NaN}', "expected a value"),
        (
            "twice.json",
            '{"title": "T",\n "groups": [],\n "groups": [1]}',
            "line 3, column 2: the member `groups` appears",
        ),
        ("inner.json", '{"groups": [{"key": "a", "key": "b"}]}', r"at groups\[0\].key"),
        ("words.json", "just words", "not JSON"),
        ("two.json", '{"groups": []}\n{"groups": []}\n', "line 2, column 1: there are 2 plans here; submit only one"),
        (
            "fences.json",
            'A:\n```json\n{"groups": []}\n```\nB:\n```\n{"groups": [1]}\n```\n',
            "line 7, column 1: there are 2",
        ),
        ("none.json", None, "cannot read"),
    ],
)
def test_an_invalid_plan_is_refused(folder: Path, name: str, content: str | None, words: str) -> None:
    if content is not None:
        (folder / name).write_text(content)
    with pytest.raises(Malformed, match=words):
        plan_document(name)


@pytest.mark.parametrize(
    "content",
    ['{"groups": []}', '\ufeff{"groups": [],}', '```json\n{"groups": []}\n```\n', '{"plan": {"groups": []}}\n\nDone.'],
)
def test_a_plan_is_read_in_the_usual_wrappings(folder: Path, content: str) -> None:
    (folder / "plan.json").write_text(content)
    assert plan_document("plan.json") == {"plan": {"groups": []}}


@pytest.mark.parametrize("content, member", [('{"groups": []}', "plan"), ("- [ ] a\n", "markdown")])
def test_standard_input_is_classified(content: str, member: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(content.encode())))
    assert list(plan_document("-")) == [member]


@pytest.mark.parametrize(
    "command, words", [("no-such-program", "not found"), ("", "the command is empty"), ("'", "--planner")]
)
def test_an_invalid_program_is_refused(folder: Path, command: str, words: str) -> None:
    with pytest.raises(Malformed, match=words):
        absolute_program(folder, command)


def test_a_program_on_the_path_is_found(folder: Path) -> None:
    assert Path(absolute_program(folder, "sh -c x")[0]).is_absolute()


@pytest.mark.parametrize("plan", ["fifo", "/dev/zero", "holes"])
def test_a_plan_that_is_not_a_regular_file_of_a_plans_size_is_refused_at_once(
    cli: CommandLine, tmp_path: Path, plan: str
) -> None:
    os.mkfifo(tmp_path / "fifo")
    with (tmp_path / "holes").open("wb") as file:
        file.truncate(1 << 40)
    outcome = cli("run", "--plan", str(tmp_path / plan))
    assert outcome.code == 2


def test_the_current_folder_names_no_project_of_a_remote_daemon(
    monkeypatch: pytest.MonkeyPatch, cli: CommandLine
) -> None:
    monkeypatch.setenv("MAESTRO_URL", "https://far")
    outcome = cli("run", "do it", "--agent", "shell")
    assert outcome.code == 2
    assert "--project" in outcome.err
