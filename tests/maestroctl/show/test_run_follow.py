"""Following a run: a line per change, the summary at the end, and the exit code of the outcome."""

import json
import os
from collections.abc import Callable
from typing import Any

import pytest

from maestroctl.client.caller import Caller
from maestroctl.show.run_follow import RunFollower, follow, stream_json
from maestrod.api.errors import ResyncRequired
from tests.kit.clients.entities import QUESTION, RUN, SESSION, TASK, session, task
from tests.kit.clients.fake_daemon import FakeDaemon, Reply

LEAF = "tsk_0000000000000000000000000c"


def run(status: str = "running", **members: Any) -> dict[str, Any]:
    return {
        "id": RUN,
        "projectId": "p",
        "rootTaskId": TASK,
        "status": status,
        "agent": "shell",
        "createdAt": 1000,
        "updatedAt": 2000,
        **members,
    }


def event(seq: int, type_: str, identity: str, **data: Any) -> tuple[str, dict[str, Any]]:
    found = {"seq": seq, "at": seq, "type": type_, "id": identity, "rootId": TASK, "data": data}
    return "event", {"subscription": 1, "event": found}


def serve(daemon: FakeDaemon, *events: tuple[str, dict[str, Any]], end: str = "completed", **view: Any) -> None:
    """A run that goes through the events and ends; reading it before gives the beginning, afterwards the end."""
    leaf = task(id=LEAF, parentId=TASK, title="lint")
    root = task(leaves={"total": 1, "completed": 1})
    views = iter(
        [
            {"seq": 1, "run": run(), "tasks": [task(), leaf], **view},
            *[{"seq": 9, "run": run(end, completedAt=3000), "tasks": [root, {**leaf, "status": "completed"}]}] * 3,
        ]
    )
    daemon.on("run.get", lambda params: next(views))
    daemon.on("event.subscribe", Reply({"subscription": 1, "seq": 1}, events))
    daemon.on("session.tails", {"lines": {}})


def following(**options: Any) -> int:
    caller = Caller(os.environ)
    with caller.client(start=False) as client:
        return follow(caller, client, RUN, **{"as_json": False, "stop_on_question": False, **options})


ENDS = [
    event(2, "task.status", LEAF, status="in_progress"),
    event(3, "task.status", LEAF, status="in_progress", progress=0.5),
    event(4, "task.status", LEAF, status="completed"),
    event(5, "run.status", RUN, status="completed"),
]


def test_each_change_prints_a_line_and_the_end_a_summary(
    daemon: FakeDaemon, capsys: pytest.CaptureFixture[str]
) -> None:
    serve(daemon, *ENDS)
    assert following() == 0
    assert capsys.readouterr().out.splitlines() == [
        "▶ in progress  lint",
        "✔ completed  lint",
        "run completed",
        "Write the parser: completed in 2.0s (1 of 1 task completed)",
    ]
    assert daemon.called("event.subscribe") == [{"since": 1, "rootId": TASK}]


def test_a_run_that_ended_before_it_was_followed_says_so(
    daemon: FakeDaemon, capsys: pytest.CaptureFixture[str]
) -> None:
    done = {"seq": 9, "run": run("completed", completedAt=3000), "tasks": [task(leaves={"total": 1, "completed": 1})]}
    daemon.on("run.get", done)
    daemon.on("event.subscribe", Reply({"subscription": 1, "seq": 9}, []))
    assert following() == 0
    assert capsys.readouterr().out.splitlines()[0] == "run completed"


def test_work_that_began_before_the_follow_is_printed_once(
    daemon: FakeDaemon, capsys: pytest.CaptureFixture[str]
) -> None:
    leaf = task(id=LEAF, title="lint", parentId=TASK, status="in_progress")
    daemon.on("run.get", {"seq": 3, "run": run("running"), "tasks": [task(status="pending"), leaf]})
    daemon.on("event.subscribe", Reply({"subscription": 1, "seq": 3}, ENDS[1:]))
    following()
    assert capsys.readouterr().out.splitlines()[:2] == ["▶ in progress  lint", "✔ completed  lint"]


def test_json_prints_only_the_end(daemon: FakeDaemon, capsys: pytest.CaptureFixture[str]) -> None:
    serve(daemon, *ENDS, end="failed")
    assert following(as_json=True) == 1
    assert json.loads(capsys.readouterr().out)["run"]["status"] == "failed"


def test_json_lines_print_every_event(daemon: FakeDaemon, capsys: pytest.CaptureFixture[str]) -> None:
    serve(daemon, *ENDS)
    with Caller(os.environ).client(start=False) as client:
        assert stream_json(client, RUN) == 0
    assert [json.loads(line)["seq"] for line in capsys.readouterr().out.splitlines()] == [2, 3, 4, 5]


QUESTION_ = {"id": QUESTION, "sessionId": SESSION, "kind": "input", "message": "deploy?"}


def test_a_question_that_blocks_everything_ends_the_following_on_request(
    daemon: FakeDaemon, capsys: pytest.CaptureFixture[str]
) -> None:
    asked = event(2, "attention.created", QUESTION, **QUESTION_)
    asked[1]["event"]["sessionId"] = SESSION
    serve(daemon, asked, end="running", sessions=[session(runId=RUN)])
    assert following(stop_on_question=True) == 75
    captured = capsys.readouterr()
    assert f"? deploy?  (maestroctl answer {QUESTION} VALUE)" in captured.out
    assert f"maestroctl watch {RUN}" in captured.err


def test_ctrl_c_leaves_the_run_alone(
    daemon: FakeDaemon, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    serve(daemon)

    def interrupt(follower: RunFollower, timeout: float) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(RunFollower, "poll", interrupt)
    assert following() == 130
    assert f"maestroctl watch {RUN}" in capsys.readouterr().err
    assert daemon.called("run.cancel") == []


def test_missing_events_are_compensated_by_reading_again(daemon: FakeDaemon) -> None:
    serve(daemon)
    first: list[Callable[[], Any]] = [
        lambda: Reply({"subscription": 1, "seq": 1}, hang_up=True),
        lambda: ResyncRequired("r", "gone"),
    ]
    pending = iter(first)

    def subscribe(params: dict[str, Any]) -> Any:
        made = next(pending, None)
        return made() if made else Reply({"subscription": 2, "seq": 9})

    daemon.on("event.subscribe", subscribe)
    with Caller(os.environ).client(start=False) as client:
        follower = RunFollower(client, RUN)
        while not follower.model.ended:
            follower.poll(0.01)
        follower.close()
    assert follower.model.seq == 9
    assert len(daemon.called("run.get")) == 2


def test_last_lines_are_read_only_for_sessions_at_work(daemon: FakeDaemon) -> None:
    serve(daemon, sessions=[session(runId=RUN), session(id="ses_x", status="completed")])
    daemon.on("session.tails", {"lines": {SESSION: "step 3"}})
    with Caller(os.environ).client(start=False) as client:
        follower = RunFollower(client, RUN)
        assert follower.tails() == {SESSION: "step 3"}
        follower.close()
    assert daemon.called("session.tails") == [{"sessionIds": [SESSION]}]


def test_a_plan_is_shown_although_its_question_ends_the_command(
    daemon: FakeDaemon, capsys: pytest.CaptureFixture[str]
) -> None:
    plan = {"id": "pln_1", "waves": [["a"]], "groups": [{"key": "a", "title": "Lint", "subtasks": [{"title": "ruff"}]}]}
    asked = {"id": QUESTION, "sessionId": "", "runId": RUN, "kind": "approval", "message": "Approve?", "number": 7}
    waiting = {"seq": 1, "run": run("awaiting_approval", planId="pln_1"), "tasks": [task()], "attention": [asked]}
    daemon.on("plan.get", plan)
    serve(daemon)
    daemon.on("run.get", waiting)
    assert following(stop_on_question=True) == 75
    assert capsys.readouterr().out.count("    - ruff\n") == 1


def test_a_plan_that_waits_for_approval_is_shown_once_with_its_waves(
    daemon: FakeDaemon, capsys: pytest.CaptureFixture[str]
) -> None:
    subtask = {"title": "Run ruff", "commands": ["ruff check"]}
    plan = {"id": "pln_1", "waves": [["a"]], "groups": [{"key": "a", "title": "Lint", "subtasks": [subtask]}]}
    daemon.on("plan.get", plan)
    serve(daemon, event(4, "run.status", RUN, status="cancelled"), run=run("awaiting_approval", planId="pln_1"))
    following()
    assert capsys.readouterr().out.splitlines()[:6] == [
        "  wave 1  Lint (a)  1 task",
        "    - Run ruff",
        "        $ ruff check",
        "  yes: maestroctl plan approve pln_1",
        "  no:  maestroctl plan reject pln_1",
        "run cancelled",
    ]
