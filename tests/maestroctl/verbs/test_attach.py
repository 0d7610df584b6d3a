"""``maestroctl attach``: what it refuses. With real terminals: tests/system/test_attach.py and test_cli.py."""

from tests.kit.clients.entities import SESSION
from tests.maestroctl.conftest import CommandLine


def test_attaching_needs_a_terminal(cli: CommandLine) -> None:
    outcome = cli("attach", SESSION)
    assert outcome.code == 2
    assert "maestroctl logs -f" in outcome.err
