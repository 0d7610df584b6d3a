"""``maestroctl pause`` asks for what it names; how it acts is in test_hold.py."""

from tests.maestroctl.conftest import CommandLine


def test_it_takes_a_session_or_a_run_and_nothing_else(cli: CommandLine) -> None:
    outcome = cli("pause", "tsk_1234")
    assert outcome.code == 2
    assert "is the id of a task" in outcome.err
