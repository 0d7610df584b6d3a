"""Typing: in order, one call at a time, never twice; refused input is kept."""

import os
import select
from typing import Any

import pytest

from maestroctl.attach.typist import LONGEST, Typist
from maestroctl.client.client import Client
from maestrod.api.errors import IllegalTransition, NotAllowed, Unavailable
from maestrod.api.local.address import paths_of
from tests.kit.clients.entities import SESSION
from tests.kit.clients.fake_daemon import HANG_UP, FakeDaemon


@pytest.fixture
def typist() -> Any:
    typist = Typist(Client(paths_of(os.environ)), SESSION)
    yield typist
    typist.close()


def until_done(typist: Typist) -> None:
    """Step until everything was taken: each answer is waited for at the connection."""
    while typist.busy:
        typist.step(retry=True)
        if typist.fileno() >= 0 and typist._under_way is not None:
            select.select([typist], [], [], 5.0)


def typed(daemon: FakeDaemon) -> list[str]:
    return [call["text"] for call in daemon.called("session.send")]


def test_input_during_a_call_is_sent_with_the_next(daemon: FakeDaemon, typist: Typist) -> None:
    daemon.on("session.send", {})
    for key in "abc":
        typist.type(key)
        typist.step(retry=False)
    until_done(typist)
    assert "".join(typed(daemon)) == "abc"
    assert len(typed(daemon)) <= 3
    assert daemon.called("session.send")[0] == {"sessionId": SESSION, "text": typed(daemon)[0], "enter": False}


def test_only_the_last_size_counts_and_a_redraw_resizes_twice(daemon: FakeDaemon, typist: Typist) -> None:
    daemon.on("session.resize", {})
    typist.resize(10, 10)
    typist.resize(5000, 0, redraw=True)
    until_done(typist)
    assert [(call["columns"], call["rows"]) for call in daemon.called("session.resize")] == [(1000, 1), (1000, 1)]


def test_input_refused_by_a_full_session_is_kept_until_the_retry(daemon: FakeDaemon, typist: Typist) -> None:
    refusals = [Unavailable("session.input_full", "full")]

    def send(params: dict[str, Any]) -> dict[str, Any]:
        if refusals:
            raise refusals.pop()
        return {}

    daemon.on("session.send", send)
    typist.type("abc")
    until_done(typist)
    assert typed(daemon) == ["abc", "abc"]


def test_a_key_whose_answer_was_lost_is_not_typed_twice(daemon: FakeDaemon, typist: Typist) -> None:
    daemon.on("session.send", lambda params: HANG_UP)
    typist.type("y")
    until_done(typist)
    assert typed(daemon) == ["y"]


def test_input_refused_by_a_stopping_daemon_goes_to_the_next(daemon: FakeDaemon, typist: Typist) -> None:
    answers: list[Any] = [Unavailable("daemon.stopping", "stopping")]
    daemon.on("session.send", lambda params: answers.pop() if answers else {})
    typist.type("y")
    until_done(typist)
    assert typed(daemon) == ["y", "y"]


def test_without_a_daemon_the_event_is_kept(typist: Typist) -> None:
    typist.type("y")
    typist.step(retry=True)
    assert typist.busy
    assert typist.fileno() == -1


def test_the_pending_input_is_bounded(typist: Typist) -> None:
    assert typist.type("x" * LONGEST)
    assert not typist.type("x")


def test_a_session_on_pipes_has_no_size(daemon: FakeDaemon, typist: Typist) -> None:
    daemon.on("session.resize", lambda params: IllegalTransition("session.no_terminal", "pipes"))
    typist.resize(10, 10)
    until_done(typist)


def test_a_refusal_is_reported(daemon: FakeDaemon, typist: Typist) -> None:
    daemon.on("session.send", lambda params: NotAllowed("session.not_yours", "no"))
    typist.type("y")
    with pytest.raises(NotAllowed):
        until_done(typist)
