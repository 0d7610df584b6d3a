"""Stopping a session, or all sessions of a run or task; the command is in verbs/test_stop.py."""

import os
from collections.abc import Iterator
from typing import Any

import pytest

from maestroctl.client.client import Client
from maestroctl.client.stop import stop
from maestrod.api.errors import Conflict
from maestrod.api.local.address import paths_of
from tests.kit.clients.entities import RUN, SESSION, session
from tests.kit.clients.fake_daemon import FakeDaemon


@pytest.fixture
def client(daemon: FakeDaemon) -> Iterator[Client]:
    with Client(paths_of(os.environ)) as client:
        yield client


def test_a_session_that_ended_meanwhile_does_not_keep_the_others_running(daemon: FakeDaemon, client: Client) -> None:
    def one(params: dict[str, Any]) -> dict[str, Any]:
        if params["sessionId"] == SESSION:
            raise Conflict("session.ended", "it is completed", {"status": "completed"})
        return {"sessionId": params["sessionId"], "left": 0}

    other = SESSION.replace("1", "2")
    daemon.on("session.list", {"items": [session(), session(id=other)]})
    daemon.on("run.cancel", {})
    daemon.on("session.stop", one)
    stopped = stop(client, RUN, "enough")
    assert [(each["sessionId"], each["left"]) for each in stopped] == [(SESSION, 0), (other, 0)]
    assert daemon.called("run.cancel") == [{"runId": RUN, "reason": "enough"}]
