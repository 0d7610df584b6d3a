"""The feed: everything once, every event after it, across daemons."""

import base64
import os
import queue
import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from maestroctl.client.caller import Caller
from maestroctl.screen.feed import Feed, News, tail
from maestrod.api.errors import ResyncRequired
from maestrod.api.local.address import paths_of
from tests.kit.clients.fake_daemon import FakeDaemon, Reply
from tests.kit.patience import PATIENCE
from tests.maestroctl.screen.test_fleet import session, task

EVENT = {"seq": 6, "at": 0, "type": "task.status", "id": "tsk_a", "data": {"status": "failed"}}
STATUS = {"version": "1", "instance": "i", "pid": 1, "startedAt": 0, "seq": 0}


def answer(daemon: FakeDaemon) -> FakeDaemon:
    pages = {None: {"items": [task("a")], "nextCursor": "n"}, "n": {"items": [task("b", "a")]}}
    daemon.on("task.list", lambda params: pages[params.get("cursor")])
    daemon.on("session.list", {"items": [session("x")]})
    daemon.on("run.list", {})
    daemon.on("attention.list", {})
    daemon.on("system.status", STATUS)
    daemon.on("session.get", session("x"))
    daemon.on("session.tails", {"lines": {"ses_x": "last"}})
    page = {"start": 0, "end": 3, "data": base64.b64encode(b"\x1b[2Jall").decode()}
    daemon.on("session.output", page)
    note = ("event", {"subscription": 1, "event": EVENT})
    daemon.on("event.subscribe", lambda params: Reply({"subscription": 1, "seq": 5}, [note]))
    return daemon


@pytest.fixture
def heard(monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[Callable[[News], Any]], News]]:
    """Waits for news of a kind."""
    monkeypatch.setenv("MAESTRO_NO_AUTOSTART", "1")
    news: queue.Queue[News] = queue.Queue()
    feed = Feed(Caller.of_this_process(), news.put)
    feed.look_at = "ses_x"
    feed.live(["ses_x"])

    def wait(is_it: Callable[[News], Any]) -> News:
        if not feed._thread.is_alive():
            feed.start()
        deadline = time.monotonic() + PATIENCE
        while not is_it(found := news.get(timeout=PATIENCE)):
            assert time.monotonic() < deadline, "other news came, but not these"
        return found

    yield wait
    feed.close()


def test_everything_is_read_then_every_event_and_then_what_no_event_covers(
    daemon: FakeDaemon, heard: Callable[[Callable[[News], Any]], News]
) -> None:
    answer(daemon)
    fleet = heard(lambda news: news.fleet).fleet
    assert fleet is not None and [each.id for each in fleet.tasks] == ["tsk_a", "tsk_b"]
    assert [event.seq for event in heard(lambda news: news.events).events] == [6]
    look = heard(lambda news: news.tails)
    assert (look.tails, look.output) == ({"ses_x": "last"}, ("ses_x", "all"))
    status = heard(lambda news: news.status).status
    assert status is not None and status.version == "1"


def test_when_a_daemon_ends_the_next_is_asked_from_the_same_offset(
    heard: Callable[[Callable[[News], Any]], News],
) -> None:
    with answer(FakeDaemon(paths_of(os.environ).socket)) as first:
        heard(lambda news: news.events)
        assert "since" not in first.called("event.subscribe")[0]
    heard(lambda news: news.away)
    second = answer(FakeDaemon(paths_of(os.environ).socket))
    second.sent.update(first.sent)
    with second:
        heard(lambda news: news.away is False)
        assert second.called("event.subscribe")[0]["since"] == 6


def test_missing_events_are_replaced_by_reading_the_state(heard: Callable[[Callable[[News], Any]], News]) -> None:
    with answer(FakeDaemon(paths_of(os.environ).socket)):
        heard(lambda news: news.events)
    heard(lambda news: news.away)
    second = answer(FakeDaemon(paths_of(os.environ).socket))
    refused = ResyncRequired("event.resync_required", "gone")
    second.on("event.subscribe", lambda params: refused if "since" in params else {"subscription": 1, "seq": 9})
    with second:  # only now it can be found
        assert heard(lambda news: news.fleet).fleet is not None


def test_a_daemon_with_another_history_is_read_again(heard: Callable[[Callable[[News], Any]], News]) -> None:
    with answer(FakeDaemon(paths_of(os.environ).socket)):
        heard(lambda news: news.events)
    heard(lambda news: news.away)
    with answer(FakeDaemon(paths_of(os.environ).socket)) as restored:  # it has not sent event 6
        assert heard(lambda news: news.fleet).fleet is not None
        assert "since" not in restored.called("event.subscribe")[0]


def test_a_missing_daemon_is_waited_for(heard: Callable[[Callable[[News], Any]], News]) -> None:
    assert heard(lambda news: news.away).away


def test_a_refused_connection_is_shown(daemon: FakeDaemon, heard: Callable[[Callable[[News], Any]], News]) -> None:
    assert heard(lambda news: news.failure).failure is not None


def test_json_output_of_an_agent_is_shown_as_text(daemon: FakeDaemon) -> None:
    daemon.on("session.get", session("x") | {"readTo": 9})
    entry = {"id": "evt_1", "type": "milestone", "timestamp": 0, "message": "read the code"}
    daemon.on("session.timeline", {"items": [entry]})
    with Caller.of_this_process().client() as client:
        assert "· read the code" in tail(client, "ses_x")
