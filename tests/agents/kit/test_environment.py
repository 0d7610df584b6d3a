"""Which variables reach an agent's environment, and which never do."""

import os
from dataclasses import replace
from pathlib import Path

import pytest

from maestrod.agents.kit import environment
from maestrod.api.session import Terminal
from maestrod.core.prompts.manifest import ManifestSkill
from tests.agents.launches import request


@pytest.mark.parametrize(
    "name",
    ["PATH", "HOME", "LANG", "LC_ALL", "LC_CTYPE", "TZ", "USER", "LOGNAME", "SHELL", "TMPDIR", "https_proxy", "NO_PROXY", "SSL_CERT_FILE", "MAESTRO_HOME", "XDG_CONFIG_HOME"],
)  # fmt: skip
def test_variables_that_pass(name: str) -> None:
    assert environment.allowed({name: "x"}) == {name: "x"}


@pytest.mark.parametrize(
    "name",
    ["CLAUDECODE", "CLAUDE_CODE_ENTRYPOINT", "CODEX_HOME", "ANTHROPIC_API_KEY", "OPENAI_API_KEY", "AWS_SECRET_ACCESS_KEY", "PYTHONPATH", "LD_PRELOAD", "VIRTUAL_ENV", "MAESTRO_SESSION_TOKEN", "MAESTRO_SESSION_ID", "LC_", "PATHX", "NOTIFY_SOCKET", "LISTEN_FDS"],
)  # fmt: skip
def test_variables_that_do_not_pass(name: str) -> None:
    assert environment.allowed({name: "x"}) == {}


def test_the_user_may_pass_more_but_no_other_sessions_identity() -> None:
    environ = {"PIP_INDEX_URL": "x", "MAESTRO_SESSION_TOKEN": "other"}
    assert environment.allowed(environ, ["PIP_INDEX_URL", "MAESTRO_SESSION_TOKEN"]) == {"PIP_INDEX_URL": "x"}


def test_the_agent_is_identified() -> None:
    skill = ManifestSkill(name="maestro-worker", description="", instructions="")
    env = environment.environment(
        request({"MAESTRO_SESSION_ID": "other", "HOME": "/home/ada"}, task_ids=("tsk_1", "tsk_2"), skill_list=(skill,))
    )
    assert {name: value for name, value in env.items() if name.startswith("MAESTRO_")} == {
        "MAESTRO_SESSION_ID": "ses_1",
        "MAESTRO_PROJECT_ID": "prj_1",
        "MAESTRO_TASK_IDS": "tsk_1,tsk_2",
        "MAESTRO_TASK_ID": "tsk_1",
        "MAESTRO_SOCKET": "/run/maestrod.sock",
        "MAESTRO_MANIFEST_PATH": "/data/sessions/ses_1/manifest.json",
        "MAESTRO_SKILLS": "maestro-worker",
        "MAESTRO_ATTEMPT": "2",
        "MAESTRO_SESSION_TOKEN": "ses_1.2.secret",
    }
    assert env["HOME"] == "/home/ada"


def test_the_terminal_type_is_that_of_the_sessions_terminal() -> None:
    assert environment.environment(request({"TERM": "foo"}))["TERM"] == "xterm-256color"
    assert environment.environment(request(terminal=Terminal.PIPE))["TERM"] == "dumb"


def test_thousands_of_tasks_still_fit_the_environment() -> None:
    ids = tuple(f"tsk_{number:026}" for number in range(10_000))
    env = environment.environment(request(task_ids=ids))
    assert max(map(len, env.values())) < 131_072 and env["MAESTRO_TASK_IDS"].startswith(ids[0])


def test_without_tasks_the_task_id_is_empty() -> None:
    assert environment.environment(request())["MAESTRO_TASK_ID"] == ""


def test_our_own_commands_come_first_and_once(tmp_path: Path) -> None:
    asked = request({"PATH": f"/bin{os.pathsep}{tmp_path}{os.pathsep}/usr/bin"})
    path = environment.environment(replace(asked, programs=tmp_path))["PATH"]
    assert path.split(os.pathsep) == [str(tmp_path), "/bin", "/usr/bin"]
    path = environment.environment(replace(request(), programs=tmp_path))["PATH"]
    assert path.startswith(f"{tmp_path}{os.pathsep}/usr/local/bin")


def test_a_program_folder_holds_only_our_command(tmp_path: Path) -> None:
    """Not the python of the environment that maestrod is installed in, and always this installation's command."""
    folder = tmp_path / "bin"
    folder.mkdir()
    (folder / "maestroctl").symlink_to("/an/older/installation/maestroctl")
    for _ in range(2):
        assert environment.link_programs(folder) == folder
    assert list(folder.iterdir()) == [folder / "maestroctl"] and os.access(folder / "maestroctl", os.X_OK)


def test_a_program_folder_that_cannot_be_created_is_left_out(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    assert environment.link_programs(tmp_path / "file" / "bin") is None


def test_maestroctl_is_found_where_it_can_be_run(tmp_path: Path) -> None:
    for name in ("none", "plain", "there"):
        (tmp_path / name).mkdir()
    (tmp_path / "plain" / "maestroctl").touch(0o600)
    (tmp_path / "there" / "maestroctl").touch(0o700)
    assert environment.maestroctl_folder(tmp_path / name for name in ("none", "plain", "there")) == tmp_path / "there"
    assert environment.maestroctl_folder([tmp_path / "none"]) is None


def test_this_installation_has_its_maestroctl() -> None:
    folder = environment.maestroctl_folder()
    assert folder is not None and os.access(folder / "maestroctl", os.X_OK)


def test_an_installation_without_maestroctl_leaves_the_path_alone(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(environment, "maestroctl_folder", lambda: None)
    assert environment.link_programs(tmp_path) is None
    assert environment.environment(request({"PATH": "/bin"}))["PATH"] == "/bin"


def test_only_the_names_of_variables_are_recorded() -> None:
    assert environment.names({"B": "secret", "A": "x"}) == ("A", "B")
