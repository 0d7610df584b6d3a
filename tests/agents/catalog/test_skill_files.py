"""Skills and personas are read from both forms of files; other files are refused."""

import json
import os
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from maestrod.agents.catalog.skill_files import TEXT_LIMIT, Broken, is_skill, load_persona, load_skill


def seed_skill(folder: Path, **members: Any) -> Path:
    """A skill in the form of Agent Maestro."""
    folder.mkdir(parents=True)
    (folder / "manifest.json").write_text(json.dumps({"name": folder.name, **members}))
    (folder / "skill.md").write_text("# How\n")
    return folder


def test_a_skill_folder_may_hold_a_manifest_and_a_text(tmp_path: Path) -> None:
    manifest = {
        "version": "1.0.0", "description": "d", "type": "role", "assignTo": ["worker"], "capabilities": ["c"],
        "dependencies": ["maestro-cli"], "config": {"a": [1]}, "language": "en",
    }  # fmt: skip
    skill = load_skill(seed_skill(tmp_path / "one", **manifest), "user")
    assert (skill.name, skill.version, skill.type, skill.assign_to) == ("one", "1.0.0", "role", ("worker",))
    assert (skill.dependencies, skill.config, skill.instructions) == (("maestro-cli",), {"a": [1]}, "# How")
    assert (skill.path, skill.origin) == (str(tmp_path / "one"), "user")


def test_skills_follow_the_format_of_agent_skills(tmp_path: Path) -> None:
    (tmp_path / "two").mkdir()
    (tmp_path / "two" / "SKILL.md").write_text(
        "---\nname: two\ndescription: >\n  What\n  it does\nmetadata:\n  assign-to: worker, orchestrator\n  type: role\n---\n\nDo it.\n"
    )
    skill = load_skill(tmp_path / "two", "project")
    assert (skill.name, skill.description, skill.instructions) == ("two", "What it does", "Do it.")
    assert (skill.type, skill.assign_to) == ("role", ("worker", "orchestrator"))


def test_a_skill_without_frontmatter_is_named_after_its_folder(tmp_path: Path) -> None:
    (tmp_path / "three").mkdir()
    (tmp_path / "three" / "SKILL.md").write_text("Do it.\r\n")
    assert (load_skill(tmp_path / "three", "user").name, is_skill(tmp_path / "three")) == ("three", True)


def test_a_persona_is_loaded(tmp_path: Path) -> None:
    path = tmp_path / "tester.md"
    path.write_text("---\ndescription: Tests\nskills: [a, b]\nagent: claude\nlimits:\n  turns: 4\n---\nYou test.\n")
    persona = load_persona(path, "user")
    assert (persona.name, persona.prompt, persona.skills, persona.agent) == (
        "tester",
        "You test.",
        ("a", "b"),
        "claude",
    )
    assert persona.limits == {"turns": "4"}


@pytest.mark.parametrize(
    "manifest",
    ["{", "[]", '{"name": "a", "name": "b"}', '{"version": "1"}', '{"name": 3}', '{"name": "a", "assignTo": "worker"}', '{"name": "../up"}', '{"name": ""}', " " * 70_000],
)  # fmt: skip
def test_a_broken_manifest_says_where(tmp_path: Path, manifest: str) -> None:
    folder = seed_skill(tmp_path / "broken")
    (folder / "manifest.json").write_text(manifest)
    with pytest.raises(Broken, match=r"broken/manifest\.json"):
        load_skill(folder, "user")


def test_missing_oversized_and_special_instruction_files_are_refused(tmp_path: Path) -> None:
    folder = seed_skill(tmp_path / "s")
    (folder / "skill.md").write_text("x" * (TEXT_LIMIT + 1))
    with pytest.raises(Broken, match="larger than"):
        load_skill(folder, "user")
    (folder / "skill.md").unlink()
    with pytest.raises(Broken, match="does not exist"):
        load_skill(folder, "user")
    os.mkfifo(folder / "skill.md")  # opening it would wait for ever
    with pytest.raises(Broken, match="is not a file"):
        load_skill(folder, "user")


def test_a_loop_of_links_ends(tmp_path: Path) -> None:
    folder = seed_skill(tmp_path / "s")
    (folder / "skill.md").unlink()
    (folder / "skill.md").symlink_to(folder / "skill.md")
    with pytest.raises(Broken):
        load_skill(folder, "user")


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.binary(max_size=200))
def test_any_bytes_load_or_are_broken(tmp_path: Path, data: bytes) -> None:
    folder = tmp_path / "any"
    folder.mkdir(exist_ok=True)
    for name in ("manifest.json", "skill.md", "persona.md"):
        (folder / name).write_bytes(data)
    for load, path in ((load_skill, folder), (load_persona, folder / "persona.md")):
        try:
            load(path, "user")
        except Broken as broken:
            assert str(path) in str(broken)  # noqa: PT017 - either outcome is right, and this is what it must say


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16"])
@pytest.mark.parametrize("head", ["", "---\r\ndescription: für alle\r\n---\r\n"])
def test_files_saved_on_windows_are_read(tmp_path: Path, encoding: str, head: str) -> None:
    folder = tmp_path / "one"
    folder.mkdir()
    (folder / "SKILL.md").write_bytes((head + "Tu es für mich.\r\nGut.\r\n").encode(encoding))
    skill = load_skill(folder, "user")
    assert (skill.instructions.strip(), skill.description) == ("Tu es für mich.\nGut.", "für alle" if head else "")
    seeds = seed_skill(tmp_path / "two")
    (seeds / "manifest.json").write_bytes('{\r\n"name": "two", "description": "f\\ud83dr"}'.encode(encoding))
    assert load_skill(seeds, "user").description == "f\ufffdr"


def test_invalid_bytes_are_replaced_in_prose_and_in_paths(tmp_path: Path) -> None:
    folder = Path(os.fsdecode(os.fsencode(tmp_path) + b"/n\xfc/one"))
    folder.mkdir(parents=True)
    (folder / "SKILL.md").write_bytes(b"Gr\xfcn.")
    skill = load_skill(folder, "user")
    assert (skill.instructions, skill.path) == ("Gr\ufffdn.", f"{tmp_path}/n\ufffd/one")
