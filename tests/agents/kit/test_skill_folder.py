"""Skills as agents read them: one folder each, in the format of Agent Skills."""

import re
from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from maestrod.agents.catalog.skill_files import load_skill
from maestrod.agents.kit.skill_folder import folder_name, skill_files
from maestrod.core.prompts.manifest import ManifestSkill


def skill(name: str, description: str = "Does a thing.", path: str = "") -> ManifestSkill:
    return ManifestSkill(name=name, description=description, instructions="# How\n\nLike this.\n", path=path)


def test_each_skill_is_a_folder_that_loads_as_a_skill(tmp_path: Path) -> None:
    files = skill_files([skill("maestro-worker", 'Works: "well" # always\n and more')], "plugin/skills")
    [(name, text)] = files.items()
    assert name == "plugin/skills/maestro-worker/SKILL.md"
    (tmp_path / "SKILL.md").write_text(text)
    loaded = load_skill(tmp_path, "test")
    assert (loaded.name, loaded.description) == ("maestro-worker", 'Works: "well" # always and more')
    assert loaded.instructions.strip() == "# How\n\nLike this."


def test_names_become_valid_in_the_format() -> None:
    assert folder_name("My_Skill.v1") == "my-skill-v1"
    assert folder_name("...") == ""
    assert skill_files([skill("..."), skill("A b"), skill("a_b", "second")], "s").keys() == {"s/a-b/SKILL.md"}


def test_a_skill_says_where_its_other_files_are() -> None:
    [text] = skill_files([skill("a", path="/somewhere/skills/a")], "s").values()
    assert "`/somewhere/skills/a`" in text


@given(st.text())
def test_no_name_leads_out_of_the_folder(name: str) -> None:
    assert re.fullmatch(r"(?:[a-z0-9](?:[a-z0-9-]{0,62}[a-z0-9])?)?", folder_name(name))
