"""The ``maestrod`` program: exit codes, results on stdout, everything else on stderr."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from maestrod import __version__
from maestrod.__main__ import leaves, main
from maestrod.api.errors import BadConfiguration, MaestroError, Unavailable
from maestrod.api.local.address import paths_of
from maestrod.host.instance import single_instance
from maestrod.store.store import Store


@pytest.fixture
def home(private_home: Path) -> Path:
    return private_home / "m"


def test_version_and_usage(capsys: pytest.CaptureFixture[str]) -> None:
    for arguments, code in ((["--version"], 0), (["fly"], 2), (["store"], 2)):
        with pytest.raises(SystemExit) as left:
            main(arguments)
        assert left.value.code == code
    assert __version__ in capsys.readouterr().out


def test_the_configuration_is_printed_with_origins_and_as_one_document(
    home: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MAESTRO_MAX_SESSIONS", "3")
    assert main(["config"]) == 0
    assert "maxSessions = 3\n" in capsys.readouterr().out
    assert main(["config", "--origin"]) == 0
    assert "maxSessions = 3  # MAESTRO_MAX_SESSIONS\n" in capsys.readouterr().out
    assert main(["config", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["maxSessions"] == 3
    assert main(["config", "--json", "--origin"]) == 0
    origins = {each["name"]: each["origin"] for each in json.loads(capsys.readouterr().out)}
    assert origins["maxSessions"] == "MAESTRO_MAX_SESSIONS"


def test_settings_for_an_unknown_agent_are_reported_beside_the_configuration(
    home: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MAESTRO_DEFAULT_AGENT", "codx")
    monkeypatch.setenv("MAESTRO_AGENT_LIMITS", '{"claude": 1, "gpt": 2}')
    assert main(["config", "--json"]) == 0
    printed = capsys.readouterr()
    assert json.loads(printed.out)["defaultAgent"] == "codx"
    first, second = printed.err.splitlines()
    assert first.startswith("warning: defaultAgent: there is no agent 'codx'") and "did you mean `codex`?" in first
    assert second.startswith("warning: agentLimits.gpt: there is no agent 'gpt'")


def test_a_mistake_in_the_configuration_is_exit_code_78_with_the_reason(
    home: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MAESTRO_MAX_SESSIONS", "many")
    for arguments in (["config"], []):
        assert main(arguments) == 78
        assert "MAESTRO_MAX_SESSIONS" in capsys.readouterr().err


def test_a_store_is_checked_exported_and_imported(
    home: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    assert main(["store", "check"]) == 1
    assert "no store here" in capsys.readouterr().out
    Store.open(home / "data", call_soon=lambda function: function()).close()
    assert main(["store", "check"]) == 0
    assert capsys.readouterr().out.startswith("The store is sound: ")
    assert main(["store", "check", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["ok"] is True
    archive = tmp_path / "archive"
    assert main(["store", "export", str(archive)]) == 0
    monkeypatch.setenv("MAESTRO_HOME", str(home.parent / "i"))
    assert main(["store", "import", str(archive)]) == 0
    assert main(["store", "check"]) == 0


def test_a_store_in_use_by_a_daemon_is_not_touched(
    home: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    where = paths_of({"MAESTRO_HOME": str(home)})
    where.data.mkdir(parents=True, mode=0o700)
    with single_instance(where.data, where.socket, "1"):
        assert main(["store", "check"]) == 75
    assert "already runs on" in capsys.readouterr().err


def test_an_invalid_archive_is_refused_with_its_exit_code(
    home: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "archive").write_text("no archive")
    assert main(["store", "import", str(tmp_path / "archive")]) not in {0, 70}
    assert capsys.readouterr().err.startswith("maestrod: ")
    assert main(["store", "import", str(tmp_path / "nowhere")]) == 2
    assert "cannot be opened" in capsys.readouterr().err


def test_errors_in_nested_groups_are_all_found() -> None:
    first, second = Unavailable("a", "a"), BadConfiguration("b", "b")
    inner: ExceptionGroup[MaestroError] = ExceptionGroup("h", [first])
    outer: ExceptionGroup[MaestroError] = ExceptionGroup("g", [inner, second])  # type: ignore[list-item]  # typeshed knows one level
    assert leaves(outer) == [first, second]


@pytest.mark.slow
@pytest.mark.parametrize("locale", [{}, {"PYTHONIOENCODING": "ascii"}, {"LC_ALL": "POSIX", "PYTHONUTF8": "0"}])
def test_output_is_escaped_where_needed_and_a_closed_pipe_is_silent(short_folder: Path, locale: dict[str, str]) -> None:
    pem = short_folder / "für"
    pem.touch()
    pair = {"MAESTRO_TLS_CERTIFICATE": str(pem), "MAESTRO_TLS_KEY": str(pem)}
    environ = {**os.environ, "MAESTRO_HOME": str(short_folder / "ü"), **pair, **locale}
    command = [sys.executable, "-m", "maestrod", "config", "--origin"]
    done = subprocess.run(command, env=environ, capture_output=True, check=False)
    assert (done.returncode, done.stderr) == (0, b"")
    assert any(name in done.stdout for name in ("für".encode(), rb"f\xfcr"))
    reader, writer = os.pipe()
    os.close(reader)
    closed = subprocess.run(command, env=environ, stdout=writer, stderr=subprocess.PIPE, check=False)
    os.close(writer)
    assert (closed.returncode, closed.stderr) == (141, b"")


@pytest.mark.slow
@pytest.mark.skipif(not Path("/dev/full").exists(), reason="only Linux has a device that is always full")
def test_a_full_disk_under_the_output_is_reported_without_a_traceback(short_folder: Path) -> None:
    environ = {**os.environ, "MAESTRO_HOME": str(short_folder)}
    with open("/dev/full", "wb") as full:  # noqa: PTH123 - a device
        done = subprocess.run(
            [sys.executable, "-m", "maestrod", "config"], env=environ, stdout=full, stderr=subprocess.PIPE, check=False
        )
    assert (done.returncode, done.stderr) == (1, b"maestrod: cannot write: No space left on device\n")
