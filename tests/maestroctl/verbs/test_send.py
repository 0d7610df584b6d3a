"""``maestroctl send``: a prompt with an id and a state, its answer, or keys."""

import io
import json
from typing import Any

import pytest

from maestrod.api.errors import IllegalTransition
from tests.kit.clients.entities import SESSION
from tests.kit.clients.fake_daemon import FakeDaemon, Reply
from tests.maestroctl.conftest import CommandLine

MESSAGE = "msg_00000000000000000000000001"


def message(**members: Any) -> dict[str, Any]:
    return {"id": MESSAGE, "sessionId": SESSION, "kind": "prompt", "status": "queued", "text": "go on", **members}


def changed(seq: int) -> tuple[str, dict[str, Any]]:
    return "event", {"subscription": 1, "event": {"seq": seq, "at": 1, "type": "message.status", "id": MESSAGE}}


def test_a_prompt_is_sent_and_its_id_and_state_are_printed(daemon: FakeDaemon, cli: CommandLine) -> None:
    daemon.on("message.send", message())
    assert cli("send", SESSION, "go on").out == f"{MESSAGE} queued\n"
    assert json.loads(cli("send", SESSION, "go on", "--json").out)["status"] == "queued"
    assert daemon.called("message.send")[0] == {"sessionId": SESSION, "text": "go on"}


def test_a_long_prompt_comes_from_standard_input(
    daemon: FakeDaemon, cli: CommandLine, monkeypatch: pytest.MonkeyPatch
) -> None:
    daemon.on("message.send", message())
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(b"first\nsecond\n")))
    cli("send", SESSION, "-")
    assert daemon.called("message.send") == [{"sessionId": SESSION, "text": "first\nsecond\n"}]


@pytest.mark.parametrize(
    "ended, code, out",
    [
        (message(status="answered", reply="done: 3 files"), 0, "done: 3 files\n"),
        (message(status="failed", error="the session ended"), 1, f"{MESSAGE} failed: the session ended\n"),
    ],
)
def test_send_waits_for_the_reply(
    daemon: FakeDaemon, cli: CommandLine, ended: dict[str, Any], code: int, out: str
) -> None:
    states = iter([message(status="delivered"), ended])
    daemon.on("message.send", message())
    daemon.on("event.subscribe", Reply({"subscription": 1, "seq": 1}, [changed(2)]))
    daemon.on("message.get", lambda params: next(states))
    outcome = cli("send", SESSION, "go on", "--wait")
    assert (outcome.code, outcome.out) == (code, out)


def test_a_client_that_waits_too_long_learns_that_the_message_stays(daemon: FakeDaemon, cli: CommandLine) -> None:
    daemon.on("message.send", message())
    daemon.on("event.subscribe", Reply({"subscription": 1, "seq": 1}))
    daemon.on("message.get", message(status="accepted"))
    outcome = cli("send", SESSION, "go on", "--wait", "--timeout-ms", "1")
    assert outcome.code == 124 and "accepted" in outcome.err and outcome.out == ""


def refuse(params: dict[str, Any]) -> Any:
    raise IllegalTransition("message.no_prompts", "shell takes no prompts: use session.send to type into its terminal")


def test_an_agent_without_a_prompt_channel_gets_the_text_typed(daemon: FakeDaemon, cli: CommandLine) -> None:
    daemon.on("message.send", refuse)
    daemon.on("session.send", {"ok": True})
    outcome = cli("send", SESSION, "go on")
    assert (outcome.code, outcome.out) == (0, "") and "typed into its terminal" in outcome.err
    assert daemon.called("session.send") == [{"sessionId": SESSION, "text": "go on", "enter": True}]
    assert cli("send", SESSION, "go on", "--wait").code == 2


def test_other_refusals_are_reported(daemon: FakeDaemon, cli: CommandLine) -> None:
    def ended(params: dict[str, Any]) -> Any:
        raise IllegalTransition("session.over", "it has ended")

    daemon.on("message.send", ended)
    outcome = cli("send", SESSION, "go on")
    assert outcome.code != 0 and "it has ended" in outcome.err
    assert daemon.called("session.send") == []


def test_keys_are_typed_as_they_are(daemon: FakeDaemon, cli: CommandLine) -> None:
    daemon.on("session.send", {"ok": True})
    assert cli("send", SESSION, "y", "--keys").out == ""
    assert json.loads(cli("send", SESSION, "y", "--keys", "--no-enter", "--json").out) == {"ok": True}
    assert daemon.called("session.send") == [
        {"sessionId": SESSION, "text": "y", "enter": True},
        {"sessionId": SESSION, "text": "y", "enter": False},
    ]
    assert daemon.called("message.send") == []


def test_it_looks_again_when_the_history_was_replaced(daemon: FakeDaemon, cli: CommandLine) -> None:
    states = iter([message(status="delivered"), message(status="answered", reply="done")])
    daemon.on("message.send", message())
    daemon.on("message.get", lambda params: next(states))
    pending = iter([Reply({"subscription": 1, "seq": 1}, hang_up=True), Reply({"subscription": 1, "seq": 1})])
    daemon.on("event.subscribe", lambda params: next(pending))
    histories = iter([1, 2, 2])
    daemon.on("event.list", lambda params: {"items": [{"seq": 1, "at": next(histories), "type": "a.b", "id": MESSAGE}]})
    assert cli("send", SESSION, "go on", "--wait").out == "done\n"
