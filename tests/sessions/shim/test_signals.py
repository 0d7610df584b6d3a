"""Signals by name."""

import signal

import pytest

from maestrod.sessions.shim.signals import ASKABLE, rungs, signal_name, signal_number


@pytest.mark.parametrize("name", ASKABLE)
def test_a_name_and_its_number_belong_together(name: str) -> None:
    assert signal_number(name) == signal.Signals[f"SIG{name}"]
    assert signal_name(signal_number(name)) == name


@pytest.mark.parametrize("name", ["SEGV", "SIGTERM", "term", "", "DFL"])
def test_forbidden_signals_are_refused(name: str) -> None:
    with pytest.raises(ValueError, match="is not one of"):
        signal_number(name)


def test_a_signal_without_a_name_is_shown_by_number() -> None:
    assert signal_name(40) == "40"
    assert signal_name(6) == "ABRT"


def test_a_ladder_becomes_numbers() -> None:
    assert rungs([("INT", 1), ("KILL", 0.5)]) == [(2, 1.0), (9, 0.5)]
    with pytest.raises(ValueError):
        rungs([("NONE", 1)])
