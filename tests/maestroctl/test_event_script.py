"""The hook script: one message or one file, nothing on stdout, always exit code 0, always within a second."""

import json
import os
import socket
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from maestroctl import event_script
from maestrod.api.errors import NotFound, Unavailable
from maestrod.api.local.address import paths_of
from maestrod.api.local.package_data import package_data
from maestrod.api.model.ids import is_id, make_id
from tests.kit.clients.entities import SESSION
from tests.kit.clients.fake_daemon import HANG_UP, FakeDaemon
from tests.kit.patience import PATIENCE

SCRIPT = Path(event_script.script())
ENTRY = SCRIPT.with_name("event.py")

sys.path.insert(0, str(SCRIPT.parent))
import maestro_event  # type: ignore[import-not-found] # noqa: E402 - a script beside which there is no package

sys.path.remove(str(SCRIPT.parent))


def hook(*arguments: str, payload: bytes = b"{}", **environ: str) -> "subprocess.CompletedProcess[bytes]":
    """Run the script as an agent does."""
    command = [sys.executable, "-I", "-S", str(ENTRY), *arguments]
    return subprocess.run(command, input=payload, capture_output=True, check=False, env={**os.environ, **environ})


def spooled() -> list[dict[str, Any]]:
    folder = paths_of(os.environ).data / "spool"
    return [json.loads(path.read_bytes()) for path in sorted(folder.glob("*.json"))] if folder.is_dir() else []


def silent(done: "subprocess.CompletedProcess[bytes]") -> bool:
    return (done.returncode, done.stdout, done.stderr) == (0, b"", b"")


def test_an_event_arrives_with_its_payload(daemon: FakeDaemon) -> None:
    daemon.on("event.report", {"ok": True})
    payload = b'{"tool_name": "Bash",\n "text": "\xc3\xa4"}\n'
    done = hook("--agent", "claude", "--event=PostToolUse", payload=payload, MAESTRO_SESSION_ID=SESSION)
    assert silent(done)
    [params] = daemon.called("event.report")
    assert is_id(params.pop("eventId"))
    assert params.pop("at") > 1_700_000_000_000
    assert params == {
        "agent": "claude",
        "event": "PostToolUse",
        "sessionId": SESSION,
        "payload": {"tool_name": "Bash", "text": "ä"},
    }
    assert spooled() == []


def test_the_sessions_token_is_sent_and_a_named_session_wins(daemon: FakeDaemon) -> None:
    daemon.on("event.report", {"ok": True})
    hook("--event", "X", "--session", "other", MAESTRO_SESSION_ID=SESSION, MAESTRO_SESSION_TOKEN="t")
    [params] = daemon.called("event.report")
    assert (params["sessionId"], params["sessionToken"]) == ("other", "t")


def test_without_a_daemon_the_event_waits_in_a_file() -> None:
    for name in ("first", "second"):
        assert silent(hook("--event", name, payload=b'{"a":1}'))
    first, second = spooled()
    assert (first["event"], second["event"], first["payload"]) == ("first", "second", {"a": 1})
    assert first["eventId"] < second["eventId"]
    folder = paths_of(os.environ).data / "spool"
    assert sorted(path.name for path in folder.iterdir()) == [f"{event['eventId']}.json" for event in (first, second)]
    assert folder.stat().st_mode & 0o077 == 0


@pytest.mark.parametrize("answer", [HANG_UP, Unavailable("daemon.stopping", "later")])
def test_a_daemon_that_cannot_take_an_event_leaves_it_to_the_next(daemon: FakeDaemon, answer: Any) -> None:
    daemon.on("event.report", lambda params: answer)
    assert silent(hook("--event", "X"))
    [event] = spooled()
    assert event["eventId"] == daemon.called("event.report")[0]["eventId"]


def test_a_refusal_is_reported_and_is_not_a_failure(daemon: FakeDaemon) -> None:
    daemon.on("event.report", NotFound("session.not_found", "no such session"))
    done = hook("--event", "X")
    assert (done.returncode, done.stdout) == (0, b"")
    assert b"no such session" in done.stderr
    assert spooled() == []


def test_without_waiting_the_message_is_still_written(daemon: FakeDaemon) -> None:
    daemon.on("event.report", {"ok": True})
    assert silent(hook("--event", "X", "--no-wait"))
    deadline = time.monotonic() + PATIENCE
    while not daemon.called("event.report"):  # the script does not wait until it was read, so we look
        assert time.monotonic() < deadline


@pytest.mark.slow
def test_an_unresponsive_daemon_does_not_keep_the_agent() -> None:
    path = paths_of(os.environ).socket
    path.parent.mkdir(parents=True, mode=0o700)
    with socket.socket(socket.AF_UNIX) as mute:
        mute.bind(str(path))
        mute.listen()
        begun = time.monotonic()
        assert silent(hook("--event", "X", payload=b'"kept"'))
        assert time.monotonic() - begun < 10  # the machine may be busy
    assert maestro_event._SEND_TIME < 0.5
    assert [event["payload"] for event in spooled()] == ["kept"]


@pytest.mark.slow
def test_endless_input_does_not_keep_the_agent() -> None:
    reader, writer = os.pipe()
    os.write(writer, b'{"half":')
    begun = time.monotonic()
    command = [sys.executable, "-I", "-S", str(ENTRY), "--event", "X"]
    done = subprocess.run(command, stdin=reader, capture_output=True, check=False)
    assert time.monotonic() - begun < 10  # the machine may be busy
    os.close(reader)
    os.close(writer)
    assert silent(done)
    assert [event["payload"] for event in spooled()] == ['{"half":']


@pytest.mark.parametrize("arguments", [[], ["--event"], ["--nonsense", "--event="], ["x"]])
def test_a_wrong_command_line_is_reported_and_is_not_a_failure(arguments: list[str]) -> None:
    done = hook(*arguments)
    assert (done.returncode, done.stdout) == (0, b"")
    assert b"maestroctl event: " in done.stderr
    assert spooled() == []


def test_a_full_spool_keeps_no_more(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(maestro_event, "_SPOOL_LIMIT", 1)
    environ = {key.encode(): value.encode() for key, value in os.environ.items()}
    monkeypatch.setattr(maestro_event.posix, "environ", environ)
    maestro_event.spool(make_id("evt", 1, 1), b"{}")
    with pytest.raises(OSError, match="already wait for a daemon"):
        maestro_event.spool(make_id("evt", 2, 1), b"{}")


def test_a_socket_of_a_stranger_receives_nothing(daemon: FakeDaemon, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(maestro_event.posix, "getuid", lambda: 4711)
    environ = {key.encode(): value.encode() for key, value in os.environ.items()}
    monkeypatch.setattr(maestro_event.posix, "environ", environ)
    with pytest.raises(OSError, match="belongs to another user"):
        maestro_event.send(b"{}", True)
    assert daemon.calls == []


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=10,
)


@given(JSON, st.sampled_from([None, 2]))
def test_any_json_arrives_as_it_was_and_on_one_line(document: Any, indent: int | None) -> None:
    payload = json.dumps(document, indent=indent, ensure_ascii=False).encode("utf-8", "surrogatepass")
    encoded = maestro_event.encode({"event": "X"}, payload)
    assert b"\n" not in encoded
    assert json.loads(encoded) == {"event": "X", "payload": json.loads(payload.decode("utf-8", "replace"))}


def test_a_payload_with_a_byte_order_mark_is_the_same_json() -> None:
    encoded = maestro_event.encode({"event": "X"}, b'\xef\xbb\xbf{"session_id": "s",\r\n"text": "f\xfcr"}\r\n')
    assert json.loads(encoded)["payload"] == {"session_id": "s", "text": "f\ufffdr"}


@given(st.binary(min_size=1).filter(lambda payload: payload.strip()))
def test_any_bytes_arrive_as_something(payload: bytes) -> None:
    encoded = maestro_event.encode({"event": 'a"b\n'}, payload)
    assert b"\n" not in encoded
    assert json.loads(encoded)["event"] == 'a"b\n'


@pytest.mark.parametrize("payload", [b"NaN", b'{"a": Infinity}', b"{'a': 1}", b"{} {}", b"[" * 100_000])
def test_values_that_are_not_json_are_text(payload: bytes) -> None:
    assert isinstance(json.loads(maestro_event.encode({}, payload))["payload"], str)


def test_a_missing_payload_is_not_a_member() -> None:
    assert json.loads(maestro_event.encode({"event": "X"}, b" \n")) == {"event": "X"}


def test_a_payload_too_large_keeps_what_identifies_it() -> None:
    payload = json.dumps({"session_id": "s", "tool": {"output": ["x" * 2_000_000]}}).encode()
    encoded = maestro_event.encode({"event": "X"}, payload)
    assert len(encoded) < 1_048_576
    found = json.loads(encoded)["payload"]
    assert found["session_id"] == "s"
    assert found["tool"]["output"][0].endswith("(1998000 characters cut)")


def test_numbers_of_an_oversized_payload_stay_numbers() -> None:
    payload = json.dumps({"exit_code": 1, "cost": 0.5, "output": "x" * 2_000_000}).encode()
    found = json.loads(maestro_event.encode({"event": "X"}, payload))["payload"]
    assert (found["exit_code"], found["cost"]) == (1, 0.5)


def test_a_payload_too_large_or_too_deep_is_left_out_without_an_error(daemon: FakeDaemon) -> None:
    daemon.on("event.report", {"ok": True})
    deep = b"[" * 700 + json.dumps("x" * 2_000_000).encode() + b"]" * 700
    assert silent(hook("--event", "X", payload=deep))
    assert daemon.called("event.report")[0]["payload"] == {"truncated": True}


def test_a_payload_of_many_small_parts_is_left_out() -> None:
    payload = json.dumps(["x" * 1000] * 2000).encode()
    assert json.loads(maestro_event.encode({"event": "X"}, payload))["payload"] == {"truncated": True}


@given(st.integers(0, 2**48 - 1), st.integers(0, 2**80 - 1))
def test_ids_are_the_contract_s(milliseconds: int, entropy: int) -> None:
    class Random:
        @staticmethod
        def getrandom(size: int) -> bytes:
            return entropy.to_bytes(size, "big")

    real, maestro_event.posix = maestro_event.posix, Random
    try:
        assert maestro_event.make_id(milliseconds) == make_id("evt", milliseconds, entropy)
    finally:
        maestro_event.posix = real


@pytest.mark.parametrize(
    "environ",
    [
        {"MAESTRO_HOME": "/h"},
        {"MAESTRO_HOME": "/h", "MAESTRO_SOCKET": "/s/x"},
        {"HOME": "/home/ada", "XDG_RUNTIME_DIR": "/run/user/7"},
        {"HOME": "/home/ada", "XDG_RUNTIME_DIR": "relative"},
        {"HOME": "/home/ada"},
        {"HOME": "/home/ada", "XDG_DATA_HOME": "/data"},
        {"HOME": "/home/ada", "XDG_DATA_HOME": "relative"},
        {},
    ],
)
@pytest.mark.parametrize("login", [True, False])
def test_the_paths_are_those_of_the_contract(
    environ: dict[str, str], login: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("MAESTRO_HOME", "HOME", "XDG_DATA_HOME", "XDG_RUNTIME_DIR"):
        monkeypatch.delenv(name, raising=False)
    for name, value in environ.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setattr(os, "access", lambda path, mode: login)
    monkeypatch.setattr(maestro_event.posix, "access", lambda path, mode: login)
    expected = paths_of(environ)
    raw = {key.encode(): value.encode() for key, value in environ.items()}
    assert maestro_event.socket_path(raw) == str(expected.socket).encode()
    assert maestro_event.data_folder(raw) == str(expected.data).encode()


def test_a_session_s_manifest_says_where_the_data_is() -> None:
    raw = {b"MAESTRO_MANIFEST_PATH": b"/d/sessions/ses_1/manifest.md", b"HOME": b"/home/ada"}
    assert maestro_event.data_folder(raw) == b"/d"


def test_maestroctl_runs_the_same_file(daemon: FakeDaemon) -> None:
    daemon.on("event.report", {"ok": True})
    done = subprocess.run(
        [sys.executable, "-m", "maestroctl", "event", "--event", "X"], input=b"1", capture_output=True, check=False
    )
    assert silent(done)
    assert daemon.called("event.report")[0]["payload"] == 1
    assert SCRIPT.parent == package_data("hooks")
