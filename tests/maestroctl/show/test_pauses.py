"""What is paused besides single sessions. As users see it: ``session list`` in tests/maestroctl/generated/test_command.py."""

import os

import msgspec
import pytest

from maestroctl.client.client import Client
from maestroctl.show.pauses import Pauses, marked
from maestrod.api.local.address import paths_of
from maestrod.api.session import SessionPage
from tests.kit.clients.entities import RUN, session
from tests.kit.clients.fake_daemon import FakeDaemon


@pytest.mark.parametrize(
    "frozen, runs, expected",
    [(False, [], False), (True, [], True), (False, [{"id": RUN, "paused": True}], True), (False, [{"id": RUN}], False)],
)
def test_a_session_is_paused_with_its_run_or_with_everything(
    frozen: bool, runs: list[dict[str, object]], expected: bool
) -> None:
    assert Pauses.of({"frozen": frozen}, runs).has(RUN) is expected


def test_nothing_is_asked_for_sessions_that_have_ended(daemon: FakeDaemon) -> None:
    page = msgspec.convert({"items": [session(status="failed")]}, SessionPage)
    with Client(paths_of(os.environ)) as client:
        assert marked(client, page) is page
    assert daemon.calls == []
