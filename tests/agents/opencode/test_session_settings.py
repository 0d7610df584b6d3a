"""The settings that OpenCode gets for one session."""

import dataclasses
import json
import shutil
import subprocess
from pathlib import Path

import pytest

from maestrod.agents.opencode import session_settings, user_settings
from maestrod.api.session import Terminal
from maestrod.core.prompts.manifest import ManifestSkill
from tests.agents.launches import request

FOLDER = Path("/data/sessions/ses_1")
PROJECT = Path("/nowhere/project")


def test_the_configuration_has_our_plugin_and_skills_and_disables_updates() -> None:
    settings = json.loads(session_settings.content(FOLDER, PROJECT, {"HOME": "/nowhere"}))
    assert settings == {
        "plugin": ["file:///data/sessions/ses_1/opencode/plugin.js"],
        "skills": {"paths": ["/data/sessions/ses_1/opencode/skills"]},
        "autoupdate": False,
    }


def test_the_users_own_settings_stay() -> None:
    own = '{"model": "a/b", "plugin": ["mine"], "skills": {"paths": ["~/mine"], "urls": ["u"]}, // yes\n}'
    settings = json.loads(session_settings.content(FOLDER, PROJECT, {user_settings.VARIABLE: own}))
    assert settings["model"] == "a/b" and settings["plugin"][0] == "mine" and len(settings["plugin"]) == 2
    assert settings["skills"]["paths"][0] == "~/mine" and settings["skills"]["urls"] == ["u"]


@pytest.mark.parametrize("own", ["[]", '{"plugin": 5, "skills": [1]}'])
def test_odd_settings_do_no_harm(own: str) -> None:
    assert len(json.loads(session_settings.content(FOLDER, PROJECT, {user_settings.VARIABLE: own}))["plugin"]) == 1


def test_skill_folders_of_the_users_files_are_not_lost(tmp_path: Path) -> None:
    """OpenCode takes the last list of them that it reads, which would be ours."""
    (tmp_path / "opencode.json").write_text('{"skills": {"paths": ["/mine"]}}')
    settings = json.loads(session_settings.content(FOLDER, tmp_path, {"HOME": str(tmp_path)}))
    assert settings["skills"]["paths"] == ["/mine", "/data/sessions/ses_1/opencode/skills"]


def test_the_plugin_states_how_much_to_report() -> None:
    skill = ManifestSkill("maestro-worker", "how to report", "Report.")
    files = session_settings.files(request(terminal=Terminal.PIPE, skill_list=(skill,)), gate=True)
    assert files["opencode/plugin.js"].startswith('const options = {"mode": "stream", "gate": true}\n')
    assert 'import("file:///hooks/opencode/maestro.js")' in files["opencode/plugin.js"]
    assert "opencode/skills/maestro-worker/SKILL.md" in files
    assert (
        '"mode": "terminal"' in session_settings.files(request(terminal=Terminal.PTY), gate=False)["opencode/plugin.js"]
    )


@pytest.mark.parametrize("gate", [True, False])
def test_a_plugin_whose_program_is_gone_is_silent_and_refuses_gated_tools(tmp_path: Path, gate: bool) -> None:
    node = shutil.which("node")
    if node is None:
        pytest.skip("node is not installed")
    asked = dataclasses.replace(request(), hooks=tmp_path / "gone")
    plugin = tmp_path / "plugin.mjs"
    plugin.write_text(session_settings.files(asked, gate=gate)["opencode/plugin.js"])
    script = f"""
const {{ Maestro }} = await import({json.dumps(plugin.as_uri())})
const handlers = await Maestro({{}})
try {{ await handlers["tool.execute.before"]?.({{ tool: "bash" }}); console.log("runs") }} catch (error) {{ console.log(error.message) }}
"""
    done = subprocess.run([node, "--input-type=module", "-e", script], capture_output=True, text=True, check=True)
    said = "maestrod is not available to decide about this tool" if gate else "runs"
    assert (done.stdout.strip(), done.stderr) == (said, "")
