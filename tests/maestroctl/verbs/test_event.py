"""``maestroctl event`` on the long way, and ``event subscribe``."""

import json
import os

import pytest

from maestrod.api.errors import ResyncRequired
from maestrod.api.local.address import paths_of
from tests.kit.clients.entities import SESSION, TASK
from tests.kit.clients.fake_daemon import FakeDaemon, Reply
from tests.maestroctl.conftest import CommandLine


@pytest.mark.parametrize(
    "arguments", [["event"], ["event", "report"], ["event", "report", "--event", "X", "--no-wait"]]
)
def test_any_input_gives_exit_code_0_and_an_empty_stdout(cli: CommandLine, arguments: list[str]) -> None:
    outcome = cli(*arguments)
    assert (outcome.code, outcome.out) == (0, "")


def test_the_fallback_reports_too(daemon: FakeDaemon, cli: CommandLine) -> None:
    daemon.on("event.report", {"ok": True})
    cli("event", "report", "--event", "Stop", "--agent", "claude", "--session", SESSION)
    [params] = daemon.called("event.report")
    assert (params["event"], params["agent"], params["sessionId"]) == ("Stop", "claude", SESSION)


def test_events_are_printed_until_it_ends(daemon: FakeDaemon, cli: CommandLine) -> None:
    daemon.on("system.status", {})
    events = [
        ("event", {"subscription": 1, "event": {"seq": seq, "at": 1, "type": "task.status", "id": TASK}})
        for seq in (2, 3)
    ]
    pending = iter([Reply({"subscription": 1, "seq": 1}, events, hang_up=True)] * 2)
    daemon.on("event.subscribe", lambda params: next(pending, ResyncRequired("event.resync", "gone")))
    outcome = cli("event", "subscribe", "--jsonl", "--topics", "task,run", "--since", "1", "--session-ids", SESSION)
    assert [json.loads(line)["seq"] for line in outcome.out.splitlines()] == [2, 3]
    assert (outcome.code, daemon.called("event.subscribe")[0]) == (
        1,
        {"topics": ["task", "run"], "since": 1, "sessionIds": [SESSION]},
    )


def test_without_a_daemon_it_waits_in_the_spool(cli: CommandLine) -> None:
    assert cli("event", "report", "--event", "X").err == ""
    assert len(list((paths_of(os.environ).data / "spool").iterdir())) == 1
