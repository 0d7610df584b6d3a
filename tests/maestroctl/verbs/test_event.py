"""``maestroctl event`` outside the fast path, ``event list`` and ``event subscribe``."""

import json
import os
from typing import Any

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


def history(daemon: FakeDaemon, first: int, last: int) -> None:
    """A journal that begins at ``first``."""

    def page(params: dict[str, Any]) -> Any:
        since, limit = params.get("since", 0), params["limit"]
        if since < first - 1:
            raise ResyncRequired("event.resync_required", "gone")
        topics = {"task": "task.status", "run": "run.status"}[params.get("topics", ["task"])[0]]
        found = range(since + 1, min(last, since + limit) + 1)
        events = [{"seq": seq, "at": 1, "type": topics, "id": TASK} for seq in found]
        return {"items": events if topics == "task.status" else events[::700], "seq": min(last, since + limit)}

    daemon.on("system.status", {"seq": last})
    daemon.on("event.list", page)


def listed(cli: CommandLine, *arguments: str) -> list[int]:
    return [event["seq"] for event in json.loads(cli("event", "list", "--json", *arguments).out)["items"]]


def test_the_newest_events_are_listed_the_last_one_at_the_end(daemon: FakeDaemon, cli: CommandLine) -> None:
    history(daemon, 1, 2500)
    assert listed(cli, "-n", "3") == [2498, 2499, 2500]
    assert listed(cli) == list(range(2401, 2501))
    assert cli("event", "list", "-n", "1").out.splitlines()[-1].startswith("2500  ")


def test_events_that_match_are_looked_for_further_back(daemon: FakeDaemon, cli: CommandLine) -> None:
    history(daemon, 1, 2500)
    assert listed(cli, "--topics", "run", "-n", "4") == [501, 1201, 1501, 2201]


def test_a_journal_that_begins_later_is_listed_as_far_as_it_goes(daemon: FakeDaemon, cli: CommandLine) -> None:
    history(daemon, 1777, 2500)
    assert listed(cli, "-n", "1000") == list(range(1777, 2501))


def test_events_after_a_number_are_listed_from_there(daemon: FakeDaemon, cli: CommandLine) -> None:
    history(daemon, 1, 2500)
    assert listed(cli, "--since", "10", "-n", "2") == [11, 12]
    assert listed(cli, "--since", "0", "-n", "2") == [1, 2]
