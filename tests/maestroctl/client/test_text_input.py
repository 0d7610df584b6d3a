"""Input of commands: files with line numbers, text with replacements, names and paths exactly or not at all."""

import io
import json
import os
import sys
from pathlib import Path
from typing import Any

import pytest

from maestroctl.client.text_input import read_file, read_words, sound_members
from maestrod.api.errors import Malformed
from tests.kit.clients.entities import TASK, task
from tests.kit.clients.fake_daemon import FakeDaemon
from tests.maestroctl.conftest import CommandLine

#: What Python makes of the byte 0xfc on a command line.
BYTE = "\udcfc"
PLAN = b'{"title":"T","groups":[{"key":"a","title":"A","subtasks":[{"key":"x","title":"%b","commands":["%b"]}]}]}'


def typed(monkeypatch: pytest.MonkeyPatch, data: bytes) -> None:
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(data), encoding="ascii"))


def test_a_refused_file_is_reported_with_its_name_and_line(tmp_path: Path) -> None:
    place = tmp_path / "plan.md"
    place.write_bytes(b"# T\r\n- [ ] Gr\xfcn\r\n")
    with pytest.raises(Malformed, match=r"cannot read the plan: .*plan\.md: line 2, byte 9 is 0xfc, not UTF-8"):
        read_file(str(place), "the plan")
    with pytest.raises(Malformed, match=r"cannot read the plan .*: No such file"):
        read_file(str(tmp_path / "none.md"), "the plan")


def test_a_file_name_that_is_not_utf8_is_accepted(tmp_path: Path) -> None:
    place = tmp_path / f"{BYTE}.md"
    place.write_bytes(b"\xef\xbb\xbf# T\r\n")
    assert read_file(str(place), "the plan") == "# T\n"


def test_standard_input_is_read_as_utf8_in_any_locale_and_replacements_are_reported(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    typed(monkeypatch, "für\r\n".encode())
    assert read_words() == "für\n" and capsys.readouterr().err == ""
    typed(monkeypatch, b"f\xfcr")
    assert read_words() == "f\ufffdr"
    assert "standard input is not UTF-8 text" in capsys.readouterr().err
    monkeypatch.setattr(sys, "stdin", None)
    assert read_words() == ""


def test_halves_in_text_are_replaced_and_in_names_refused(capsys: pytest.CaptureFixture[str]) -> None:
    given = {"title": f"Gr{BYTE}n", "details": {"x": ["\ud83d"]}, "taskId": "tsk_1", "limit": 3}
    assert sound_members(given) == {**given, "title": "Gr\ufffdn", "details": {"x": ["\ufffd"]}}
    assert [line.split()[1] for line in capsys.readouterr().err.splitlines()] == ["title", "details.x[0]"]
    for members, said in (
        ({"workingDir": f"/tmp/n{BYTE}"}, r"workingDir is not UTF-8 text: /tmp/n\xfc"),
        ({"planner": ["p", "\ud83d"]}, r"planner[1] is not UTF-8 text: \ud83d"),
        ({"payload": {BYTE: 1}}, r"the name of a member is not UTF-8 text: \xfc"),
    ):
        with pytest.raises(Malformed) as refusal:
            sound_members(members)
        assert refusal.value.message == said


def test_every_verb_replaces_words_and_says_so(
    daemon: FakeDaemon, cli: CommandLine, monkeypatch: pytest.MonkeyPatch
) -> None:
    daemon.on("task.create", task())
    outcome = cli("task", "create", f"Gr{BYTE}n", "--project-id", "prj_00000000000000000000000001")
    assert daemon.called("task.create")[0]["title"] == "Gr\ufffdn"
    assert (outcome.code, "title is not UTF-8 text" in outcome.err) == (0, True)
    daemon.on("message.send", {"id": "msg_1", "status": "queued", "sessionId": "ses_1", "text": "x"})
    typed(monkeypatch, b"diff of a Latin-1 file: \xfc")
    outcome = cli("send", "ses_00000000000000000000000001", "-")
    assert daemon.called("message.send")[0]["text"] == "diff of a Latin-1 file: \ufffd"
    assert (outcome.code, "standard input is not UTF-8 text" in outcome.err) == (0, True)


@pytest.mark.usefixtures("in_session")
def test_halves_in_reports_of_agents_are_replaced_too(daemon: FakeDaemon, cli: CommandLine) -> None:
    daemon.on("task.complete", task())
    daemon.on("session.report", {"ok": True})
    cli("task", "complete", f"Gr{BYTE}n")
    assert daemon.called("task.complete")[0]["summary"] == "Gr\ufffdn"


@pytest.mark.parametrize(
    "arguments, said",
    [
        (["spawn", "--tasks", TASK, "--agent", BYTE], r"agent is not UTF-8 text: \xfc"),
        (["project", "create", BYTE, "/tmp"], r"name is not UTF-8 text: \xfc"),
        (["project", "create", "shop", f"/{BYTE}"], r"workingDir is not UTF-8 text: /\xfc"),
        (["rpc", f"task.{BYTE}"], r"method is not UTF-8 text: task.\xfc"),
        (["rpc", "task.get", f"taskId={BYTE}"], r"taskId is not UTF-8 text: \xfc"),
        (["rpc", "task.get", f"{BYTE}=1"], r"the name of a member is not UTF-8 text: \xfc"),
    ],
)
def test_names_and_paths_that_are_not_text_are_one_message_and_exit_code_2(
    daemon: FakeDaemon, cli: CommandLine, arguments: list[str], said: str
) -> None:
    outcome = cli(*arguments)
    assert (outcome.code, said in outcome.err, "Traceback" in outcome.err) == (2, True, False), outcome.err


def test_a_folder_name_that_is_not_text_is_refused(
    daemon: FakeDaemon, cli: CommandLine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = os.fsencode(tmp_path) + b"/n\xfc"
    os.mkdir(folder)  # noqa: PTH102 - a path of bytes
    monkeypatch.chdir(os.fsdecode(folder))
    outcome = cli("run", "hello", "--agent", "shell")
    assert (outcome.code, r"/n\xfc" in outcome.err) == (2, True), outcome.err
    assert daemon.called("run.start") == []


@pytest.mark.parametrize("title, command, code", [(rb"cut \ud83d", b"true", 0), (b"X", rb"echo \ud83d", 2)])
def test_half_a_surrogate_pair_in_a_plan_is_replaced_in_text_and_refused_in_commands(
    daemon: FakeDaemon, cli: CommandLine, tmp_path: Path, title: bytes, command: bytes, code: int
) -> None:
    daemon.on("plan.check", {"ok": True, "diagnostics": [], "waves": [["a"]], "groups": []})
    place = tmp_path / "plan.json"
    place.write_bytes(PLAN % (title, command))
    outcome = cli("plan", "check", str(place))
    assert (outcome.code, "plan.groups[0].subtasks[0]" in outcome.err) == (code, True), outcome.err
    sent: list[dict[str, Any]] = daemon.called("plan.check")
    assert json.dumps(sent).count("\\ufffd") == (code == 0)
