"""How an installed hook is run: the form that works on this machine, and the message each form sends."""

import json
import os
import shlex
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from maestroctl.install import hook_commands
from maestroctl.install.hook_commands import Form, best_form, is_guarded, missing_program
from maestrod.api.errors import Unavailable
from maestrod.api.local.address import paths_of
from maestrod.api.local.package_data import package_data
from tests.kit.clients.fake_daemon import FakeDaemon

HOOKS = package_data("hooks")


def run(command: str, payload: bytes = b'{"session_id": "a"}', **environ: str) -> "subprocess.CompletedProcess[bytes]":
    """As an agent runs a hook."""
    env = {name: value for name, value in os.environ.items() if name != "MAESTRO_SESSION_ID"} | environ
    return subprocess.run(["/bin/sh", "-c", command], input=payload, capture_output=True, check=False, env=env)


def quick_form() -> Form:
    """The form without Python, where this machine has what it takes."""
    form = best_form(HOOKS, paths_of(os.environ).socket)
    if form.name != "sh":
        pytest.skip("no netcat with -U and -N, or no /proc")
    return form


def forms() -> list[Form]:
    return [best_form(HOOKS, paths_of(os.environ).socket), hook_commands._python(HOOKS)]


def reports(daemon: FakeDaemon) -> list[dict[str, Any]]:
    return daemon.called("event.report")


def test_python_is_avoided_where_netcat_works() -> None:
    form = quick_form()
    assert f" /bin/sh {HOOKS}/event.sh " in form.command("claude", "Stop", decides=False)
    assert "decide.py" in form.command("claude", "PermissionRequest", decides=True)


@pytest.mark.parametrize("netcat", ["#!/bin/sh\nexit 1\n", "#!/bin/sh\nsleep 0.1\ncat > /dev/null\n", None])
def test_python_does_what_netcat_cannot(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, netcat: str | None) -> None:
    program = tmp_path / "nc"
    if netcat is not None:
        program.write_text(netcat)
        program.chmod(0o755)
    monkeypatch.setattr(hook_commands, "PATIENCE", 0.3)
    monkeypatch.setattr(shutil, "which", lambda name: str(program) if netcat is not None else None)
    form = best_form(HOOKS, tmp_path / "s")
    assert form.name == "python"
    assert form.report[0] == str(Path(sys.executable).resolve())


@pytest.mark.parametrize("number", [0, 1])
def test_an_event_arrives_with_its_payload_and_the_agents_process(daemon: FakeDaemon, number: int) -> None:
    daemon.on("event.report", {"ok": True})
    payload = b'{"session_id": "a",\n "text": "\xc3\xa4 \\" $HOME `id` \\\\"}\n'
    command = forms()[number].command("claude", "Stop", decides=False)
    done = run(command, payload)
    assert (done.returncode, done.stdout, done.stderr) == (0, b"", b"")
    [params] = reports(daemon)
    assert (params["agent"], params["event"], params["payload"]) == ("claude", "Stop", json.loads(payload))
    assert params["pid"] == os.getpid() and params["eventId"] and "sessionId" not in params
    run(command, CLAUDE_PID="4711")
    assert reports(daemon)[1]["pid"] == 4711


@pytest.mark.parametrize("number", [0, 1])
def test_sessions_that_maestrod_started_report_by_themselves(daemon: FakeDaemon, number: int) -> None:
    form = forms()[number]
    for decides in (False, True):
        done = run(form.command("claude", "PermissionRequest", decides=decides), MAESTRO_SESSION_ID="ses_1")
        assert (done.returncode, done.stdout) == (0, b"")
    assert daemon.calls == []


@pytest.mark.parametrize("payload", [b"", b"no json", b'{"cut": ', b"[1]", b'{"x": "' + b"y" * 700_000 + b'"}'])
def test_payloads_beyond_the_netcat_form_are_sent_by_python(daemon: FakeDaemon, payload: bytes) -> None:
    daemon.on("event.report", {"ok": True})
    done = run(forms()[0].command("claude", "Stop", decides=False), payload)
    assert (done.returncode, done.stdout) == (0, b"")
    assert len(reports(daemon)) == 1


def test_without_a_daemon_the_event_waits_in_the_spool_once() -> None:
    done = run(forms()[0].command("claude", "Stop", decides=False))
    assert (done.returncode, done.stdout) == (0, b"")
    [path] = (paths_of(os.environ).data / "spool").glob("*.json")
    assert json.loads(path.read_bytes())["event"] == "Stop"


def test_a_temporarily_refused_event_keeps_its_id(daemon: FakeDaemon) -> None:
    def busy(params: dict[str, Any]) -> Any:
        raise Unavailable("store.no_space", "no room")

    daemon.on("event.report", busy)
    run(quick_form().command("claude", "Stop", decides=False))
    ids = {params["eventId"] for params in reports(daemon)}
    [path] = (paths_of(os.environ).data / "spool").glob("*.json")
    assert len(ids) == 1 and json.loads(path.read_bytes())["eventId"] in ids


def test_commands_are_harmless_without_the_product_and_those_of_0_1_are_reported(tmp_path: Path) -> None:
    gone = Form(
        "python", ("/usr/bin/python3", str(tmp_path / "event.py")), ("/usr/bin/python3", str(tmp_path / "decide.py"))
    )
    for decides in (False, True):
        command = gone.command("claude", "Stop", decides=decides)
        done = run(command)
        assert (done.returncode, done.stdout, done.stderr) == (0, b"", b"")
        assert is_guarded(command) and missing_program(command) in {*gone.report, *gone.decide}
    old = shlex.join([*gone.report, "--installed", "--agent", "claude", "--event", "Stop"])
    assert not is_guarded(old) and not is_guarded("it's") and missing_program("it's") == "it's"


@pytest.mark.parametrize("number", [0, 1])
def test_shells_between_the_agent_and_the_hook_are_not_mistaken_for_the_agent(daemon: FakeDaemon, number: int) -> None:
    daemon.on("event.report", {"ok": True})
    command = forms()[number].command("codex", "Stop", decides=False)
    for shell in ("dash", "bash", "fish", "zsh"):
        if shutil.which(shell):
            nested = f"/bin/sh -c {shlex.quote(f'{command}; :')}; :"  # each of them stays
            env = {name: value for name, value in os.environ.items() if name != "MAESTRO_SESSION_ID"}
            subprocess.run([shell, "-c", nested], input=b"{}", check=True, env=env)
            assert reports(daemon)[-1]["pid"] == os.getpid(), shell
