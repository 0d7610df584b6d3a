"""``maestroctl status``: its page."""

import json
import time
from typing import Any

import pytest

import maestrod
from maestroctl.verbs.status import page
from tests.kit.clients.entities import QUESTION, RUN, SESSION, TASK, session
from tests.kit.clients.fake_daemon import FakeDaemon
from tests.maestroctl.conftest import CommandLine

SYSTEM: dict[str, Any] = {
    "version": maestrod.__version__,
    "instance": "i",
    "pid": 42,
    "startedAt": 0,
    "seq": 7,
    "tasks": {"completed": 2, "in_progress": 1, "failed": 0},
    "sessions": {"working": 1},
    "slots": 8,
    "slotsUsed": 1,
}
OVERVIEW: dict[str, Any] = {
    "system": SYSTEM,
    "runs": [
        {
            "id": RUN,
            "status": "running",
            "agent": "shell",
            "createdAt": 3_000_000,
            "rootTaskId": TASK,
            "number": 12,
            "title": "Ship it",
        }
    ],
    "sessions": [session(createdAt=3_540_000), session(live={"phase": "up", "paused": True}, name="x\x1b[2J")],
    "attention": [
        {
            "id": QUESTION,
            "number": 3,
            "sessionId": SESSION,
            "kind": "input",
            "message": "deploy?",
            "options": ["yes", "no"],
        }
    ],
}


def test_the_page_is_served() -> None:
    assert page(OVERVIEW, 3_600_000) == [
        f"maestrod {maestrod.__version__}, process 42, up 1h, ok",
        "slots 1 of 8 used; tasks 2 completed, 1 in progress; sessions 1 working",
        "",
        "RUNS",
        "RUN  ID                              STATUS   AGENT  AGE  TITLE",
        f"#12  {RUN}  running  shell  10m  Ship it",
        "",
        "SESSIONS",
        "ID                              STATUS   AGENT  AGE  NAME",
        f"{SESSION}  working  shell  1m   parser",
        f"{SESSION}  paused   shell  0s   x\\x1b[2J",
        "",
        "OPEN QUESTIONS (maestroctl answer NUMBER VALUE)",
        "NUMBER  KIND   OPTIONS  QUESTION",
        "3       input  yes/no   deploy?",
    ]


def test_a_session_held_by_its_run_or_by_a_freeze_is_paused() -> None:
    run = {**OVERVIEW["runs"][0], "paused": True}
    overview = {**OVERVIEW, "runs": [run], "sessions": [session(runId=RUN), session()]}
    shown = [line.removeprefix("#12  ") for line in page(overview, 0)]
    assert [line.split()[1] for line in shown if line.startswith(("run_", "ses_"))] == [
        "paused",
        "paused",
        "working",
    ]
    frozen = {**OVERVIEW, "system": {**SYSTEM, "frozen": True}, "sessions": [session()]}
    assert [line.split()[1] for line in page(frozen, 0) if line.startswith("ses_")] == ["paused"]


def test_status_shows_waiting_sessions_and_held_back_agents(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TZ", "UTC")
    time.tzset()
    waits = session(agent="claude", live={"phase": "up", "wait": {"kind": "usage", "until": 7_500_000, "since": 1}})
    due = session(agent="claude", live={"phase": "up", "wait": {"kind": "usage", "until": 1, "since": 1, "due": True}})
    system = {**SYSTEM, "agentWaits": {"claude": 7_500_000}}
    lines = page({"system": system, "runs": [], "sessions": [waits, due], "attention": []}, 3_600_000)
    assert "! claude has reached its usage limit: no session with it starts before 02:05" in lines
    assert lines[-2].endswith("parser: waits for claude's limit until 02:05") and "limited" in lines[-2]
    assert lines[-1].endswith("parser: claude's limit has ended, waits for a slot")


def test_an_idle_daemon_shows_its_problems() -> None:
    system = {
        **SYSTEM,
        "tasks": {},
        "sessions": {},
        "frozen": True,
        "problems": ["disk is full"],
        "startedAt": 3_599_000,
    }
    lines = page({"system": system, "runs": [], "sessions": [], "attention": []}, 3_600_000)
    assert lines == [
        f"maestrod {maestrod.__version__}, process 42, up 1s, frozen",
        "slots 1 of 8 used; tasks none; sessions none",
        "! disk is full",
    ]


def serve(daemon: FakeDaemon, version: str) -> None:
    daemon.on("system.status", {**SYSTEM, "version": version})
    for noun, key in (("run", "runs"), ("session", "sessions"), ("attention", "attention")):
        daemon.on(f"{noun}.list", {"items": OVERVIEW[key]})


def test_the_command_is_run(daemon: FakeDaemon, cli: CommandLine) -> None:
    serve(daemon, maestrod.__version__)
    assert cli("status").err == ""
    assert json.loads(cli("status", "--json").out).keys() == OVERVIEW.keys()


def test_a_version_difference_is_reported_on_stderr(daemon: FakeDaemon, cli: CommandLine) -> None:
    serve(daemon, "9.9")
    assert "maestroctl daemon restart" in cli("status").err
