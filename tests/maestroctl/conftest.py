"""Shared by tests of the command line: a daemon with scripted answers, and the command line itself."""

import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import pytest

from maestroctl import __main__ as entry
from maestrod.api.local.address import paths_of
from tests.kit.clients.entities import SESSION, TASK
from tests.kit.clients.fake_daemon import FakeDaemon


@dataclass(frozen=True)
class Outcome:
    """What a command line came to."""

    code: int
    out: str
    err: str


CommandLine = Callable[..., Outcome]


@pytest.fixture
def daemon() -> Iterator[FakeDaemon]:
    """A daemon at the place where clients look for it."""
    with FakeDaemon(paths_of(os.environ).socket) as fake:
        yield fake


@pytest.fixture
def cli(capsys: pytest.CaptureFixture[str]) -> CommandLine:
    """Runs a command line in this process, without starting daemons."""

    def run(*arguments: str) -> Outcome:
        capsys.readouterr()
        code = entry.run(["--no-autostart", *arguments] if not _is_fast(arguments) else list(arguments))
        captured = capsys.readouterr()
        return Outcome(code, captured.out, captured.err)

    return run


@pytest.fixture
def in_session(monkeypatch: pytest.MonkeyPatch) -> None:
    """The environment of a worker."""
    monkeypatch.setenv("MAESTRO_SESSION_ID", SESSION)
    monkeypatch.setenv("MAESTRO_TASK_ID", TASK)
    monkeypatch.setenv("MAESTRO_SESSION_TOKEN", "token")
    monkeypatch.setenv("MAESTRO_SOCKET", str(paths_of(os.environ).socket))


def _is_fast(arguments: tuple[str, ...]) -> bool:
    return "MAESTRO_SESSION_ID" in os.environ or arguments[:1] == ("event",)
