"""``maestroctl freeze``: everything stands still, and the way back is told."""

import json

from tests.kit.fake_daemon import FakeDaemon
from tests.maestroctl.conftest import CommandLine


def test_it_gives_the_reason_and_tells_the_way_back(daemon: FakeDaemon, cli: CommandLine) -> None:
    daemon.on("system.freeze", {"id": "system", "frozen": True})
    assert "maestroctl thaw" in cli("freeze", "disk is hot").out
    assert json.loads(cli("freeze", "--json").out)["frozen"] is True
    assert daemon.called("system.freeze") == [{"reason": "disk is hot"}, {"reason": ""}]
