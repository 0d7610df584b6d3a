"""``maestroctl rpc``: any method by its name."""

import json

from tests.kit.clients.fake_daemon import FakeDaemon
from tests.maestroctl.conftest import CommandLine


def test_values_are_json_where_they_can_be(daemon: FakeDaemon, cli: CommandLine) -> None:
    daemon.on("task.list", {"items": []})
    assert json.loads(cli("rpc", "task.list", "limit=3", "roots=true", "status=failed", "x=a=b").out) == {
        "items": [],
        "nextCursor": None,
    }
    assert daemon.called("task.list") == [{"limit": 3, "roots": True, "status": "failed", "x": "a=b"}]


def test_discover_needs_no_noun(daemon: FakeDaemon, cli: CommandLine) -> None:
    daemon.on("rpc.discover", {"openrpc": "1.3.2"})
    assert cli("rpc", "discover").code == 0


def test_an_invalid_pair_is_refused(cli: CommandLine) -> None:
    assert cli("rpc", "task.list", "limit").code == 2
    assert cli("rpc", "task.list", "=3").code == 2


def test_a_repeated_value_is_not_lost(cli: CommandLine) -> None:
    outcome = cli("rpc", "task.list", "limit=3", "limit=4")
    assert outcome.code == 2 and "limit appears twice" in outcome.err
    outcome = cli("rpc", "plan.check", 'plan={"groups": [{"key": "a", "key": "b"}]}')
    assert outcome.code == 2 and "groups[0].key" in outcome.err


def test_text_that_begins_like_json_is_text(daemon: FakeDaemon, cli: CommandLine) -> None:
    daemon.on("task.create", {})
    assert cli("rpc", "task.create", "title=[WIP] Fix it", "description={").code == 0
    assert daemon.called("task.create") == [{"title": "[WIP] Fix it", "description": "{"}]
