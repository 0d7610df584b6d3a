"""Streams: no gap, no repetition, over lost connections, slow readers and restarts."""

import base64
import os
import threading
from collections.abc import Sequence
from typing import Any

import pytest

from maestroctl.client.channel import Channel
from maestroctl.client.client import Client
from maestroctl.client.stream import EventStream, OutputStream
from maestrod.api.errors import NoDaemon, ResyncRequired
from maestrod.api.event import Event, EventSubscribe
from maestrod.api.local.address import paths_of
from maestrod.api.terminal import SessionAttach
from tests.kit.clients.entities import SESSION, TASK
from tests.kit.clients.fake_daemon import FakeDaemon, Reply


def client(patience: float = 5.0) -> Client:
    return Client(paths_of(os.environ), patience=patience)


def events(*seqs: int) -> list[tuple[str, dict[str, Any]]]:
    return [
        ("event", {"subscription": 1, "event": {"seq": seq, "at": seq, "type": "task.status", "id": TASK}})
        for seq in seqs
    ]


def subscribed(*batches: tuple[Sequence[int], bool]) -> Any:
    """A handler that sends a batch of events per subscription, then hangs up or not."""
    pending = iter(batches)

    def handler(params: dict[str, Any]) -> Reply:
        seqs, hang_up = next(pending)
        fresh = [seq for seq in seqs if seq > params.get("since", 0)]
        return Reply({"subscription": 1, "seq": params.get("since", 0)}, events(*fresh), hang_up=hang_up)

    return handler


def test_events_arrive_in_order(daemon: FakeDaemon) -> None:
    daemon.on("event.subscribe", subscribed(((1, 2, 3), False)))
    stream = EventStream(client(), EventSubscribe(since=0, topics=("task",)))
    stream.open()
    found: list[Event] = []
    while len(found) < 3:
        found += stream.poll(None)
    assert [event.seq for event in found] == [1, 2, 3]
    assert stream.poll(0.0) == []
    assert daemon.called("event.subscribe") == [{"since": 0, "topics": ["task"]}]
    stream.close()


def test_a_lost_stream_continues_where_it_stopped(daemon: FakeDaemon) -> None:
    daemon.on("event.subscribe", subscribed(((1, 2), True), ((1, 2, 3), True), ((3, 4), False)))
    stream = EventStream(client(), EventSubscribe(since=0))
    stream.open()
    found: list[int] = []
    while len(found) < 4:
        found += [event.seq for event in stream.poll(None)]
    assert found == [1, 2, 3, 4]
    assert [call["since"] for call in daemon.called("event.subscribe")] == [0, 2, 3]
    stream.close()


def test_a_stream_cut_off_for_being_slow_begins_again(daemon: FakeDaemon) -> None:
    answers = iter(
        [
            Reply({"subscription": 1, "seq": 0}, [*events(1), ("event.overflow", {"subscription": 1, "lastSeq": 1})]),
            Reply({"subscription": 1, "seq": 1}, events(2)),
        ]
    )
    daemon.on("event.subscribe", lambda params: next(answers))
    stream = EventStream(client(), EventSubscribe())
    stream.open()
    found: list[int] = []
    while len(found) < 2:
        found += [event.seq for event in stream.poll(None)]
    assert found == [1, 2]
    stream.close()


def test_a_seq_that_is_too_old_is_reported(daemon: FakeDaemon) -> None:
    daemon.on("event.subscribe", ResyncRequired("event.resync", "gone"))
    with pytest.raises(ResyncRequired):
        EventStream(client(), EventSubscribe(since=1)).open()


def test_a_daemon_that_does_not_return_is_given_up(daemon: FakeDaemon) -> None:
    daemon.on("event.subscribe", subscribed(((1,), True)))
    stream = EventStream(client(patience=0.0), EventSubscribe(since=0))
    stream.open()
    assert [event.seq for event in stream.poll(None)] == [1]
    daemon.path.unlink()
    with pytest.raises(NoDaemon, match="did not come back"):
        for _ in range(1000):
            stream.poll(0.01)
    daemon.path.touch()


def test_a_stream_says_when_it_waits(daemon: FakeDaemon) -> None:
    daemon.on("event.subscribe", subscribed(((1,), True)))
    stream = EventStream(client(), EventSubscribe(since=0))
    stream.open()
    assert len(stream.poll(None)) == 1
    daemon.path.rename(daemon.path.with_suffix(".away"))
    assert stream.poll(0.01) == []
    assert (stream.away, stream.fileno()) == (True, -1)
    daemon.path.with_suffix(".away").rename(daemon.path)
    daemon.on("event.subscribe", subscribed(((2,), False)))
    assert [event.seq for event in stream.poll(None)] == [2]
    assert (stream.away, stream.fileno() >= 0) == (False, True)
    stream.close()


def test_a_stream_starts_a_killed_daemon_and_continues(daemon: FakeDaemon) -> None:
    daemon.on("event.subscribe", subscribed(((1,), False), ((2,), False)))

    def start() -> None:
        daemon.path.unlink()
        daemon.__enter__()

    stream = EventStream(Client(paths_of(os.environ), start=start), EventSubscribe(since=0))
    stream.open()
    assert len(stream.poll(None)) == 1
    daemon.kill()
    assert [event.seq for event in stream.poll(None)] == [2]
    stream.close()


def test_a_stream_does_not_start_a_daemon_that_was_stopped(daemon: FakeDaemon) -> None:
    daemon.on("event.subscribe", subscribed(((1,), True)))
    stream = EventStream(
        Client(paths_of(os.environ), start=lambda: pytest.fail("started"), patience=0.2), EventSubscribe()
    )
    stream.open()
    assert len(stream.poll(None)) == 1
    daemon.path.unlink()
    with pytest.raises(NoDaemon, match=r"did not come back: no daemon answers on .*daemon start`$"):
        stream.poll(None)
    daemon.path.touch()


def note(offset: int, data: bytes = b"", **members: Any) -> tuple[str, dict[str, Any]]:
    return "output", {"attachment": 1, "offset": offset, "data": base64.b64encode(data).decode(), **members}


def test_output_reaches_its_end(daemon: FakeDaemon) -> None:
    daemon.on(
        "session.attach",
        Reply({"attachment": 1, "offset": 0}, [note(0, b"one "), note(4, b"two"), note(7, ended=True)]),
    )
    stream = OutputStream(client(), SessionAttach(session_id=SESSION, offset=0))
    stream.open()
    assert b"".join(stream) == b"one two"
    assert stream.offset == 7
    stream.close()


def test_lost_output_resumes_at_its_byte_and_counts_what_was_rotated_away(daemon: FakeDaemon) -> None:
    answers = iter(
        [
            Reply({"attachment": 1, "offset": 0}, [note(0, b"one")], hang_up=True),
            Reply({"attachment": 1, "offset": 3}, [note(10, b"two"), note(13, ended=True)]),
        ]
    )
    daemon.on("session.attach", lambda params: next(answers))
    stream = OutputStream(client(), SessionAttach(session_id=SESSION, offset=0))
    stream.open()
    assert b"".join(stream) == b"onetwo"
    assert stream.dropped == 7
    assert [call["offset"] for call in daemon.called("session.attach")] == [0, 3]
    stream.close()


def test_a_stream_of_an_unresponsive_daemon_keeps_its_connection_reports_once_and_continues(
    daemon: FakeDaemon, monkeypatch: pytest.MonkeyPatch
) -> None:
    release = threading.Event()
    daemon.on("event.subscribe", subscribed(((1,), False)))
    daemon.on("system.hello", lambda params: release.wait(10) and {})
    monkeypatch.setattr(Channel, "_quiet", 0.01)
    monkeypatch.setattr("maestroctl.client.channel.SILENT_AFTER", 0.02)
    stream, notices = EventStream(client(), EventSubscribe(since=0)), list[str]()
    stream.notify = notices.append
    stream.open()
    assert [event.seq for event in stream.poll(None)] == [1]
    while not notices:
        assert stream.poll(0.05) == []
    assert stream.away
    assert f"process {os.getpid()}" in notices[0]
    release.set()
    while stream.trouble:
        stream.poll(0.05)
    assert len(notices) == 1
    assert len(daemon.called("event.subscribe")) == 1
    stream.close()


def test_a_stream_gives_up_on_an_unresponsive_daemon_after_its_patience(
    daemon: FakeDaemon, monkeypatch: pytest.MonkeyPatch
) -> None:
    release = threading.Event()
    daemon.on("event.subscribe", subscribed(((), False)))
    daemon.on("system.hello", lambda params: release.wait(10) and {})
    monkeypatch.setattr(Channel, "_quiet", 0.01)
    monkeypatch.setattr("maestroctl.client.channel.SILENT_AFTER", 0.02)
    stream = EventStream(client(patience=0.05), EventSubscribe(since=0))
    stream.open()
    with pytest.raises(NoDaemon, match="does not answer"):
        stream.poll(None)
    release.set()
    stream.close()


def restored(daemon: FakeDaemon, *seqs: int) -> None:
    """Put another history in the place of the daemon's: the same numbers, other events."""
    daemon.sent.update({seq: {"seq": seq, "at": 99, "type": "task.status", "id": TASK} for seq in seqs})


def drain(stream: EventStream) -> None:
    for _ in range(1000):
        stream.poll(0.01)


def test_a_stream_notices_a_history_that_was_replaced_while_it_was_disconnected(daemon: FakeDaemon) -> None:
    daemon.on("event.subscribe", subscribed(((1, 2), True), ((3,), False)))
    stream = EventStream(client(), EventSubscribe(since=0))
    stream.open()
    found: list[int] = []
    while len(found) < 2:  # the fake daemon notes what it sends in its own thread
        found += [event.seq for event in stream.poll(None)]
    restored(daemon, 2)
    with pytest.raises(ResyncRequired, match="history has changed at event 2"):
        drain(stream)


@pytest.mark.parametrize("since", [None, 7])
def test_a_stream_that_has_received_nothing_notices_it_too(daemon: FakeDaemon, since: int | None) -> None:
    answers = iter([Reply({"subscription": 1, "seq": 7}, hang_up=True), Reply({"subscription": 1, "seq": 7})])
    daemon.on("event.subscribe", lambda params: next(answers))
    stream = EventStream(client(), EventSubscribe(since=since))
    stream.open()
    restored(daemon, 7)
    with pytest.raises(ResyncRequired):
        drain(stream)
    stream.begin_again()
    assert stream.seq == 7
    stream.close()


def test_an_event_that_was_never_seen_does_not_count_as_the_same(daemon: FakeDaemon) -> None:
    daemon.on("event.list", {"items": [], "seq": 7})  # not on disk yet
    answers = iter([Reply({"subscription": 1, "seq": 7}, hang_up=True), Reply({"subscription": 1, "seq": 7})])
    daemon.on("event.subscribe", lambda params: next(answers))
    stream = EventStream(client(), EventSubscribe(since=7))
    stream.open()
    with pytest.raises(ResyncRequired):
        drain(stream)


def test_a_history_that_is_now_shorter_is_reported_as_replaced(daemon: FakeDaemon) -> None:
    daemon.on("event.subscribe", subscribed(((1, 2), True), ((), False)))
    stream = EventStream(client(), EventSubscribe(since=0))
    stream.open()
    daemon.on("event.list", ResyncRequired("event.resync_required", "event 1 does not exist"))
    with pytest.raises(ResyncRequired, match="history has changed at event 2"):
        drain(stream)
