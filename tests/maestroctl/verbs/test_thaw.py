"""``maestroctl thaw``: everything goes on."""

from tests.kit.fake_daemon import FakeDaemon
from tests.maestroctl.conftest import CommandLine


def test_it_goes_on(daemon: FakeDaemon, cli: CommandLine) -> None:
    daemon.on("system.thaw", {"id": "system"})
    assert cli("thaw").out == "Thawed: everything goes on.\n"
    assert daemon.called("system.thaw") == [{}]
