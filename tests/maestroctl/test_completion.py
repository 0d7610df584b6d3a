"""Completion: names, options and ids, and never an error."""

import os
import signal
import socket
from pathlib import Path

import pytest

from maestroctl.completion import _GROUPS, _SUBJECTS, candidates, complete
from maestrod.api.errors import Unavailable
from maestrod.api.local.address import paths_of
from tests.kit.clients.entities import RUN, SESSION, TASK, session, task
from tests.kit.clients.fake_daemon import FakeDaemon


def names(*words: str) -> list[str]:
    *before, current = words
    return [name for name, _ in candidates(before, current, os.environ) if name.startswith(current)]


def test_the_first_word_is_a_verb_or_a_noun() -> None:
    assert names("st") == ["status", "stop", "store"]


def test_the_second_word_of_a_noun_is_its_verb() -> None:
    assert names("task", "re") == ["retry"]
    assert names("daemon", "re") == ["restart"]
    assert names("completion", "") == ["bash", "zsh", "fish"]


def test_options_of_a_generated_command_are_completed() -> None:
    assert names("task", "list", "--p") == ["--project-id", "--parent-id"]
    assert {"--json", "--help"} <= set(names("status", "--"))
    assert {"--plan", "--planner", "--detach"} <= set(names("run", "--"))
    assert names("daemon", "stop", "--se") == ["--sessions"]


def test_ids_come_from_the_daemon(daemon: FakeDaemon) -> None:
    daemon.on("session.list", {"items": [session()]})
    daemon.on("task.list", {"items": [task()]})
    daemon.on("run.list", {"items": [{"id": RUN, "status": "running"}]})
    assert names("logs", "") == [SESSION, TASK]
    assert names("stop", "run_") == [RUN]
    assert names("task", "get", "tsk") == [TASK]


def test_the_shell_completes_file_arguments_itself(daemon: FakeDaemon) -> None:
    daemon.on("plan.list", {"items": [{"id": "pln_1"}]})
    daemon.on("run.list", {"items": [{"id": RUN, "status": "running"}]})
    assert names("plan", "check", "") == names("run", "--plan", "") == []
    assert names("plan", "get", "") == ["pln_1"]


def test_agents_have_names(daemon: FakeDaemon) -> None:
    daemon.on("agent.list", {"items": [{"name": "shell"}]})
    assert names("run", "x", "--agent", "s") == ["shell"]


def test_a_description_is_one_harmless_line(daemon: FakeDaemon, capsys: pytest.CaptureFixture[str]) -> None:
    daemon.on("task.list", {"items": [task(title="a\tb\n\x1b[2J")]})
    assert complete(["retry", ""], os.environ) == 0
    assert capsys.readouterr().out == f"{TASK}\ta b\\n\\x1b[2J\n"


def test_without_a_working_daemon_nothing_is_returned(daemon: FakeDaemon) -> None:
    daemon.on("run.list", Unavailable("store.read_only", "no"))
    assert names("watch", "") == []
    assert [name for name, _ in candidates(["watch"], "", {"MAESTRO_HOME": "relative"})] == []


def test_an_empty_command_line_is_accepted() -> None:
    assert complete([], os.environ) == 0


def test_the_tables_name_everything_that_exists() -> None:
    from maestroctl.app import load

    for name in _SUBJECTS:
        assert load(name).params
    for name, verbs in _GROUPS.items():
        if name != "completion":
            assert set(verbs) <= set(load(name).commands)


def test_an_unresponsive_daemon_delays_a_key_by_less_than_a_second(
    short_folder: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("maestroctl.completion._SECONDS", 0.05)
    path = paths_of(os.environ).socket
    path.parent.mkdir(parents=True, mode=0o700)
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(str(path))
        listener.listen()
        assert complete(["logs", ""], os.environ) == 0
    captured = capsys.readouterr()
    assert (captured.out, captured.err) == ("", "")
    assert signal.getitimer(signal.ITIMER_REAL)[0] == 0.0


def test_options_for_entities_complete_their_names(daemon: FakeDaemon) -> None:
    def whole(params: dict[str, object]) -> dict[str, object]:
        assert "limit" not in params  # as the contract has it: these lists take no limit
        return {"items": [{"name": "reviewer", "description": "reads"}]}

    daemon.on("persona.list", whole)
    daemon.on("agent.list", whole)
    daemon.on("project.list", {"items": [{"id": "prj_1", "name": "shop", "workingDir": "/shop"}]})
    assert names("run", "x", "--agent", "") == names("spawn", "--persona", "") == ["reviewer"]
    assert names("run", "x", "--project", "s") == ["shop"]
    assert names("spawn", "--role", "w") == ["worker"]
    assert names("answer", "3", "y", "--for", "s") == ["session"]


def test_only_sensible_actions_are_offered(daemon: FakeDaemon) -> None:
    daemon.on("session.list", lambda params: {"items": [session()] if params.get("live") else []})
    daemon.on("task.list", lambda params: {"items": [task()] if params.get("status") == "failed" else []})
    daemon.on("run.list", {"items": []})
    for verb in ("attach", "send", "stop"):
        assert names(verb, "") == [SESSION]
    assert names("retry", "") == names("task", "retry", "") == [TASK]


def test_questions_are_offered_by_number_and_then_their_answers(daemon: FakeDaemon) -> None:
    asked = {"id": "att_1", "number": 3, "message": "Which version?", "options": ["2.0", "1.9"]}
    daemon.on("attention.list", {"items": [asked]})
    found = dict(candidates(["answer"], "", os.environ))
    assert found == {"3": "Which version?"}
    assert names("answer", "att") == ["att_1"]
    assert names("answer", "3", "") == ["2.0", "1.9"]


def test_methods_have_their_summaries() -> None:
    found = dict(candidates(["rpc"], "", os.environ))
    assert found["task.get"] == "Show a task"
