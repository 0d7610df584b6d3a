"""Settings files of agents: hooks added and removed byte for byte, whatever happens between; invalid files are left alone."""

import json
import stat
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from maestroctl.install import hook_install
from maestroctl.install.hook_commands import Form
from maestroctl.install.hook_entries import PLUGIN
from maestroctl.install.hook_install import Recipe, Settings, agents_with_hooks, filled, read_recipe, settings_path
from maestrod.api.errors import BadConfiguration, Malformed, Unavailable
from maestrod.api.local.package_data import package_data
from tests.kit.jsonc_texts import texts

HOOKS = package_data("hooks")
RECIPE = Recipe(".x", ("settings.json",), (".x/settings.json",), comments=True, template="terminal.json", timeout=5)
FORM = Form("python", ("/usr/bin/python3", "-I", "-S", "/h/event.py"), ("/usr/bin/python3", "-I", "-S", "/h/decide.py"))


def at(path: Path, recipe: Recipe = RECIPE) -> Settings:
    return Settings("claude", recipe, path, path.parent / "records")


def hooks(*, decide: bool = False) -> dict[str, Any]:
    made = filled(HOOKS, "claude", RECIPE, FORM, decide=decide)
    assert isinstance(made, dict)
    return made


FILES = st.booleans().flatmap(lambda comments: st.tuples(st.just(comments), texts(comments=comments)))


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(FILES, st.sampled_from([0o600, 0o644, 0o640]), st.booleans())
def test_install_and_uninstall_leave_the_same_file_byte_for_byte(
    tmp_path: Path, made: tuple[bool, tuple[Any, str]], mode: int, lost: bool
) -> None:
    comments, (_, text) = made
    path, recipe = tmp_path / "settings.json", Recipe("f", ("s",), ("p",), comments=comments)
    path.write_bytes(text.encode())
    path.chmod(mode)
    with_hooks = at(path, recipe)
    assert len(with_hooks.install(hooks(), FORM).events) == 13
    assert path.read_bytes() != text.encode()
    if lost:  # what was kept is gone: our entries are taken out one by one
        for record in (tmp_path / "records").iterdir():
            record.unlink()
    assert with_hooks.remove()
    assert (path.read_bytes(), stat.S_IMODE(path.stat().st_mode)) == (text.encode(), mode)
    assert list((tmp_path / "records").iterdir()) == []
    assert not with_hooks.remove()


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.binary(max_size=60))
def test_files_that_are_not_documents_are_left_alone(tmp_path: Path, data: bytes) -> None:
    path = tmp_path / "settings.json"
    path.write_bytes(data)
    try:
        at(path).install(hooks(), FORM)
    except Malformed as caught:
        message = caught.message
    else:
        assert at(path).remove() and path.read_bytes() == data
        return
    assert "was not changed" in message and str(path) in message and path.read_bytes() == data


def test_created_files_and_folders_are_removed_again(tmp_path: Path) -> None:
    path = tmp_path / "home" / ".x" / "settings.json"
    file = Settings("claude", RECIPE, path, tmp_path / "records")
    assert len(file.install(hooks(), FORM).events) == 13
    assert json.loads(path.read_text())["hooks"]["Stop"]
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert file.install(hooks(), FORM).edited is False  # again: as after the first time
    assert file.remove()
    assert sorted(item.name for item in tmp_path.iterdir()) == ["records"]


def test_a_folder_in_use_by_now_stays(tmp_path: Path) -> None:
    path = tmp_path / ".x" / "settings.json"
    file = Settings("claude", RECIPE, path, tmp_path / "records")
    file.install(hooks(), FORM)
    (path.parent / "other").write_text("theirs")
    assert file.remove()
    assert not path.exists() and (path.parent / "other").exists()


def test_members_changed_meanwhile_stay(tmp_path: Path) -> None:
    path = tmp_path / "settings.json"
    path.write_text('{"model": "opus"}\n')
    file = at(path)
    file.install(hooks(), FORM)
    path.write_text(path.read_text().replace('"opus"', '"sonnet"'))
    assert file.state().edited
    file.install(hooks(), FORM)
    assert not file.state().edited
    assert file.remove()
    assert path.read_text() == '{"model": "sonnet"}\n'


def test_a_linked_file_is_written_and_stays_a_link(tmp_path: Path) -> None:
    real, link = tmp_path / "dotfiles.json", tmp_path / "settings.json"
    real.write_text("{}")
    link.symlink_to(real)
    at(link).install(hooks(), FORM)
    assert link.is_symlink() and '"Stop"' in real.read_text()
    assert at(link).remove()
    assert link.is_symlink() and real.read_text() == "{}"


def test_the_state_reports_installed_hooks_and_missing_programs(tmp_path: Path) -> None:
    path = tmp_path / "settings.json"
    file = at(path)
    assert (file.state().events, file.state().problem) == ((), "")
    file.install(hooks(), FORM)
    assert "Stop" in file.state().events and file.state().form == "python"
    assert "/h/event.py no longer exists" in file.state().problem
    path.write_text("{")
    assert "was not changed" in file.state().problem


def test_comments_are_refused_where_the_agent_reads_none(tmp_path: Path) -> None:
    path = tmp_path / "settings.json"
    path.write_text("{} // mine\n")
    with pytest.raises(Malformed, match="was not changed"):
        at(path, Recipe("f", ("s",), ("p",), comments=False)).install(hooks(), FORM)


def test_unreadable_and_unwritable_files_are_reported(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = tmp_path / "settings.json"
    folder.mkdir()
    with pytest.raises(Unavailable, match="cannot be read"):
        at(folder).install(hooks(), FORM)
    (tmp_path / "file").write_text("")
    with pytest.raises(Unavailable, match="cannot save"):
        Settings("claude", RECIPE, tmp_path / "x.json", tmp_path / "file" / "records").install(hooks(), FORM)
    monkeypatch.setattr(hook_install, "LIMIT", 10)
    big = tmp_path / "big.json"
    big.write_text(" " * 20)
    with pytest.raises(Malformed, match="longer than 10 bytes"):
        at(big).install(hooks(), FORM)


def test_a_file_that_cannot_be_replaced_stays_as_it_was(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "settings.json"
    path.write_text("{}")

    def refuse(source: Path, target: Path) -> None:
        raise OSError(28, "No space left on device")

    file = at(path)
    file.install(hooks(), FORM)
    before = path.read_text()
    monkeypatch.setattr(Path, "replace", refuse)
    with pytest.raises(Unavailable, match="No space left"):
        file.remove()
    assert path.read_text() == before
    assert [item.name for item in tmp_path.iterdir() if item.name.startswith(".")] == []


@pytest.mark.parametrize("agent", agents_with_hooks(HOOKS))
def test_every_shipped_recipe_is_whole(agent: str) -> None:
    recipe = read_recipe(HOOKS, agent)
    made = filled(HOOKS, agent, recipe, FORM, decide=True)
    if isinstance(made, str):
        assert made.endswith(PLUGIN) and (HOOKS / agent / recipe.plugin).is_file()
        return
    commands = [handler["command"] for groups in made.values() for each in groups for handler in each["hooks"]]
    assert commands and all(f"--agent {agent}" in command and "@EVENT@" not in command for command in commands)


def test_the_terminal_user_decides_unless_the_inbox_is_configured() -> None:
    asked = {decide: hooks(decide=decide)["PermissionRequest"][0]["hooks"][0] for decide in (False, True)}
    assert "event.py" in asked[False]["command"] and asked[False]["timeout"] == RECIPE.timeout
    assert "decide.py" in asked[True]["command"] and asked[True]["timeout"] > 3600


def test_the_path_of_the_settings_is_found(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("HOME", "/home/user")
    claude, gemini = read_recipe(HOOKS, "claude"), read_recipe(HOOKS, "gemini")
    assert settings_path(claude, None, {}) == Path("/home/user/.claude/settings.json")
    assert settings_path(claude, None, {"CLAUDE_CONFIG_DIR": "/c"}) == Path("/c/settings.json")
    assert settings_path(gemini, None, {"GEMINI_CLI_HOME": "/g"}) == Path("/g/.gemini/settings.json")
    assert settings_path(claude, tmp_path, {}) == tmp_path / ".claude" / "settings.local.json"
    opencode = read_recipe(HOOKS, "opencode")
    assert settings_path(opencode, tmp_path, {}) == tmp_path / "opencode.json"
    (tmp_path / "opencode.jsonc").write_text("{}")
    assert settings_path(opencode, tmp_path, {}) == tmp_path / "opencode.jsonc"
    assert settings_path(opencode, None, {"XDG_CONFIG_HOME": "/c"}) == Path("/c/opencode/opencode.json")


def test_a_plugin_is_added_to_a_new_file_and_gone_with_it(tmp_path: Path) -> None:
    path = tmp_path / "opencode.json"
    place = f"file:///opt{PLUGIN}"
    assert at(path).install(place, FORM).events == ("plugin",)
    assert json.loads(path.read_text()) == {"plugin": [place]}
    assert at(path).remove() and not path.exists()


def test_an_agent_without_hooks_and_a_damaged_installation_are_reported(tmp_path: Path) -> None:
    with pytest.raises(Malformed, match="there are for: claude"):
        read_recipe(HOOKS, "shell")
    (tmp_path / "claude").mkdir()
    (tmp_path / "claude" / "install.json").write_text("{}")
    with pytest.raises(BadConfiguration, match="install maestrod again"):
        read_recipe(tmp_path, "claude")


def test_hooks_whose_programs_are_gone_are_reported(tmp_path: Path) -> None:
    path = tmp_path / "settings.json"
    program = tmp_path / "event.py"
    form = Form("python", ("/bin/sh", str(program)), ("/bin/sh", str(program)))
    program.write_text("")
    assert at(path).install(filled_by(form), form).problem == ""
    program.unlink()
    assert f"{program} no longer exists" in at(path).state().problem
    plugin = tmp_path / "a b" / PLUGIN[1:]
    plugin.parent.mkdir(parents=True)
    plugin.write_text("")
    other = tmp_path / "opencode.json"
    assert at(other).install(plugin.as_uri(), form).problem == ""
    plugin.unlink()
    assert f"{plugin} no longer exists" in at(other).state().problem


def filled_by(form: Form) -> dict[str, Any]:
    made = filled(HOOKS, "claude", RECIPE, form, decide=False)
    assert isinstance(made, dict)
    return made


def test_hooks_of_0_1_are_reported_upgraded_and_removed_byte_for_byte(tmp_path: Path) -> None:
    path = tmp_path / "settings.json"
    program = tmp_path / "event.py"
    program.write_text("")
    before = '{"model": "opus"}\n'
    line = f"/bin/sh {program} --installed --agent claude --event Stop"
    old = {"Stop": [{"hooks": [{"type": "command", "command": line}]}]}
    for upgrade in (False, True):
        path.write_text(before)
        at(path).install(old, FORM)
        assert "block the agent once maestrod is removed" in at(path).state().problem
        if upgrade:
            form = Form("sh", ("/bin/sh", str(program)), ("/bin/sh", str(program)))
            assert at(path).install(filled_by(form), form).problem == ""
            assert f'"{line}"' not in path.read_text()
        assert at(path).remove() and path.read_text() == before


def test_hooks_of_0_1_without_a_record_are_upgraded_too(tmp_path: Path) -> None:
    path = tmp_path / "settings.json"
    line = "/bin/sh /gone/event.sh /usr/bin/python3 /usr/bin/nc /run/s --installed --agent claude --event Stop"
    path.write_text(json.dumps({"hooks": {"Stop": [{"hooks": [{"type": "command", "command": line}]}]}}, indent=2))
    at(path).install(hooks(), FORM)
    commands = [each["command"] for group in json.loads(path.read_text())["hooks"]["Stop"] for each in group["hooks"]]
    assert len(commands) == 1 and line not in commands
    assert at(path).remove() and json.loads(path.read_text()) == {}
