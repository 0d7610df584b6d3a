"""The client: typed results, the contract's errors, and calls that survive the daemon."""

import os
import socket
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from maestroctl.client.channel import Channel
from maestroctl.client.client import LONGEST, Client, connect
from maestrod.api.errors import (
    Bug,
    Busy,
    IllegalTransition,
    Malformed,
    NoDaemon,
    NotAllowed,
    NotFound,
    Unavailable,
    VersionMismatch,
)
from maestrod.api.local.address import paths_of
from maestrod.api.protocol.wire import LARGE_REQUEST_LIMIT
from maestrod.api.task import TASK_GET, TASK_START, TaskRef, TaskStatus, TaskView
from maestrod.host.instance import single_instance
from tests.kit.clients.entities import TASK, task
from tests.kit.clients.fake_daemon import HANG_UP, FakeDaemon


def client(**options: Any) -> Client:
    return Client(paths_of(os.environ), **options)


def test_a_call_is_typed_on_both_sides(daemon: FakeDaemon) -> None:
    daemon.on("task.get", task(status="in_progress", subtaskIds=["x"]))
    with client() as it:
        found = it.call(TASK_GET, TaskRef(task_id=TASK))
    assert isinstance(found, TaskView)
    assert found.status is TaskStatus.IN_PROGRESS
    assert daemon.called("task.get") == [{"taskId": TASK}]


def test_a_session_shows_its_token(daemon: FakeDaemon) -> None:
    daemon.on("task.get", task())
    with client(token="secret") as it:
        it.call(TASK_GET, TaskRef(task_id=TASK))
        it.raw("task.get", {"taskId": TASK, "sessionToken": "other"})
    assert [call["sessionToken"] for call in daemon.called("task.get")] == ["secret", "other"]


@pytest.mark.parametrize("error", [NotFound, NotAllowed, Busy, Unavailable])
def test_errors_are_the_contract_s(daemon: FakeDaemon, error: type[NotFound]) -> None:
    def refuse(params: dict[str, Any]) -> None:
        raise error("some.reason", "some words", {"path": "$.x"})

    daemon.on("task.get", refuse)
    with client() as it, pytest.raises(error, match="some words") as refused:
        it.call(TASK_GET, TaskRef(task_id=TASK))
    assert (refused.value.reason, refused.value.details) == ("some.reason", {"path": "$.x"})


def test_after_a_lost_connection_the_same_call_is_repeated(daemon: FakeDaemon) -> None:
    answers = iter([HANG_UP, HANG_UP, task()])
    daemon.on("task.start", lambda params: next(answers))
    with client() as it:
        it.call(TASK_START, TaskRef(task_id=TASK))
    ids = [params["requestId"] for _, params in daemon.calls]
    assert len(ids) == 3
    assert len(set(ids)) == 1


def test_a_call_that_is_too_long_is_refused_at_once_and_not_repeated(daemon: FakeDaemon) -> None:
    with client() as it, pytest.raises(Malformed, match="5 MiB of parameters; the daemon accepts 4 MiB"):
        it.raw("plan.check", {"markdown": "x" * (5 << 20)})
    assert daemon.calls == []
    assert LONGEST == LARGE_REQUEST_LIMIT


def test_the_client_waits_for_a_daemon_that_is_stopping(daemon: FakeDaemon) -> None:
    answers = iter([Unavailable("daemon.stopping", "ask the next one"), task()])
    daemon.on("task.start", lambda params: next(answers))
    with client() as it:
        assert it.call(TASK_START, TaskRef(task_id=TASK)).id == TASK


def test_a_daemon_that_does_not_return_is_given_up(daemon: FakeDaemon) -> None:
    daemon.on("task.start", lambda params: HANG_UP)
    with client(patience=0.0) as it, pytest.raises(NoDaemon, match="did not come back"):
        it.call(TASK_START, TaskRef(task_id=TASK))


def test_a_missing_daemon_is_started_if_possible() -> None:
    path = paths_of(os.environ).socket
    fake = FakeDaemon(path)
    fake.on("task.get", task())
    try:
        with client(start=fake.__enter__) as it:
            assert it.call(TASK_GET, TaskRef(task_id=TASK)).id == TASK
    finally:
        fake.__exit__()


def test_a_daemon_killed_between_two_calls_is_started_again(daemon: FakeDaemon) -> None:
    daemon.on("task.get", task())

    def start() -> None:
        daemon.path.unlink()
        daemon.__enter__()

    with client(start=start) as it:
        it.call(TASK_GET, TaskRef(task_id=TASK))
        daemon.kill()
        assert it.call(TASK_GET, TaskRef(task_id=TASK)).id == TASK


def test_without_a_daemon_and_a_way_to_start_one_the_next_step_is_named() -> None:
    with client() as it, pytest.raises(NoDaemon, match="maestroctl daemon start"):
        it.call(TASK_GET, TaskRef(task_id=TASK))


def test_a_socket_in_an_open_folder_receives_nothing(daemon: FakeDaemon) -> None:
    daemon.path.parent.chmod(0o777)
    with pytest.raises(NotAllowed, match="nothing was sent"):
        connect(daemon.path)
    assert daemon.calls == []


def test_a_socket_that_refuses_connections_is_not_a_daemon(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(NoDaemon):
        connect(tmp_path / "file")
    with pytest.raises(NoDaemon):
        connect(tmp_path / "file" / "below")


def test_an_answer_of_another_version_is_reported(daemon: FakeDaemon) -> None:
    daemon.on("task.get", task(status=7))
    with client() as it, pytest.raises(VersionMismatch, match="daemon restart"):
        it.call(TASK_GET, TaskRef(task_id=TASK))


def test_replies_find_their_calls_and_unrelated_ones_are_ignored(daemon: FakeDaemon) -> None:
    daemon.on("task.get", lambda params: task(id=params["taskId"]))
    with client() as it:
        assert [it.raw("task.get", {"taskId": str(number)})["id"] for number in range(3)] == ["0", "1", "2"]


def test_an_illegal_move_is_a_conflict_but_a_bug_stays_a_bug(daemon: FakeDaemon) -> None:
    daemon.on("task.start", IllegalTransition("task.illegal", "no"))
    daemon.on("task.get", Bug("internal", "broken", {"incident": "inc_1"}))
    with client() as it:
        with pytest.raises(IllegalTransition.__mro__[1], match="no"):
            it.call(TASK_START, TaskRef(task_id=TASK))
        with pytest.raises(Bug, match="broken"):
            it.call(TASK_GET, TaskRef(task_id=TASK))


@pytest.fixture
def frozen(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Something listens where the daemon should, and never answers."""
    monkeypatch.setattr(Channel, "_quiet", 0.01)
    monkeypatch.setattr("maestroctl.client.channel.SILENT_AFTER", 0.02)
    monkeypatch.setattr("maestroctl.client.client._LOOK", 0.02)
    path = paths_of(os.environ).socket
    path.parent.mkdir(parents=True, mode=0o700)
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(str(path))
        listener.listen()
        yield


@pytest.mark.usefixtures("frozen")
def test_a_person_learns_at_once_that_the_daemon_does_not_answer() -> None:
    with client() as it, pytest.raises(NoDaemon, match=f"process {os.getpid()} on .* does not answer") as refused:
        it.raw("task.get", {"taskId": TASK})
    assert refused.value.exit_code == 69


@pytest.mark.usefixtures("frozen")
def test_the_agent_waits_for_the_limit_and_says_so_once(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("maestroctl.client.client.PATIENCE", 0.0)
    with client(patience=0.2) as it, pytest.raises(NoDaemon, match="did not come back"):
        it.raw("task.get", {"taskId": TASK})
    assert capsys.readouterr().err.count("does not answer") == 1


def test_a_daemon_under_another_runtime_folder_is_found_by_its_lock(short_folder: Path) -> None:
    data, elsewhere = paths_of(os.environ).data, short_folder / "elsewhere" / "s"
    data.mkdir(parents=True, mode=0o700)
    with single_instance(data, elsewhere, "1"), FakeDaemon(elsewhere) as fake:
        fake.on("task.get", task())
        with client() as it:
            assert it.raw("task.get", {"taskId": TASK})["id"] == TASK


def test_the_lock_never_leads_to_a_socket_in_an_open_folder(short_folder: Path) -> None:
    data, elsewhere = paths_of(os.environ).data, short_folder / "elsewhere" / "s"
    data.mkdir(parents=True, mode=0o700)
    with single_instance(data, elsewhere, "1"), FakeDaemon(elsewhere) as fake:
        elsewhere.parent.chmod(0o777)
        with client() as it, pytest.raises(NotAllowed, match="nothing was sent"):
            it.raw("task.get", {"taskId": TASK})
    assert fake.calls == []


def test_a_socket_named_by_the_user_is_used(short_folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    data, elsewhere = paths_of(os.environ).data, short_folder / "elsewhere" / "s"
    data.mkdir(parents=True, mode=0o700)
    monkeypatch.setenv("MAESTRO_SOCKET", str(short_folder / "named" / "s"))
    with single_instance(data, elsewhere, "1"), FakeDaemon(elsewhere), pytest.raises(NoDaemon, match="named"):
        client().raw("task.get", {"taskId": TASK})
