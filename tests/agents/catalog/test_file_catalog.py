"""The search order of skills and personas, which one wins, what is reported, and how long it is cached."""

from pathlib import Path

import pytest

from maestrod.agents.catalog import file_catalog
from maestrod.agents.catalog.file_catalog import FileCatalog
from maestrod.agents.registry import ADAPTERS
from maestrod.api.local.package_data import package_data


def skill(place: Path, name: str, text: str = "Do it.", depends: str = "") -> None:
    (place / name).mkdir(parents=True)
    metadata = f"metadata:\n  dependencies: {depends}\n" if depends else ""
    (place / name / "SKILL.md").write_text(f"---\nname: {name}\n{metadata}---\n{text}\n")


def persona(place: Path, name: str, text: str = "You are.") -> None:
    place.mkdir(parents=True, exist_ok=True)
    (place / f"{name}.md").write_text(f"---\nskills: ghost\n---\n{text}\n")


@pytest.fixture
def files(tmp_path: Path) -> FileCatalog:
    return FileCatalog(tmp_path / "shipped", tmp_path / "home", tmp_path / "config", ADAPTERS)


def test_later_folders_win_by_name(files: FileCatalog, tmp_path: Path) -> None:
    project = tmp_path / "project"
    places = [tmp_path / "shipped", tmp_path / "home/.agents-ui/maestro-skills", tmp_path / "config/skills", project / ".skills", project / ".agents/skills"]  # fmt: skip
    for number, place in enumerate(places):
        for name in "abcde"[number:]:
            skill(place, name, f"from {number}")
    found, warnings = files.skills(str(project))
    assert [(one.name, one.instructions, one.origin) for one in found] == [
        ("a", "from 0", "shipped"),
        ("b", "from 1", "agents-ui"),
        ("c", "from 2", "user"),
        ("d", "from 3", "project"),
        ("e", "from 4", "project"),
    ]
    assert warnings == ()
    assert [one.origin for one in files.skills(None)[0]] == ["shipped", "agents-ui", "user", "user", "user"]


def test_personas_are_found_and_later_folders_win(files: FileCatalog, tmp_path: Path) -> None:
    persona(tmp_path / "shipped/personas", "one")
    persona(tmp_path / "config/personas", "one", "You are mine.")
    persona(tmp_path / "project/.agents/personas", "two")
    found, warnings = files.personas(str(tmp_path / "project"))
    assert [(one.name, one.prompt, one.origin) for one in found] == [
        ("one", "You are mine.", "user"),
        ("two", "You are.", "project"),
    ]
    assert warnings == (
        "persona one: its skill 'ghost' does not exist",
        "persona two: its skill 'ghost' does not exist",
    )


def test_a_missing_dependency_warns_and_still_loads(files: FileCatalog, tmp_path: Path) -> None:
    skill(tmp_path / "config/skills", "a", depends="b, ghost")
    skill(tmp_path / "config/skills", "b")
    found, warnings = files.skills(None)
    assert [one.name for one in found] == ["a", "b"]
    assert warnings == ("skill a: it needs 'ghost', which does not exist",)


def test_broken_skills_are_skipped_and_reported(files: FileCatalog, tmp_path: Path) -> None:
    place = tmp_path / "config/skills"
    skill(place, "good")
    (place / "bad").mkdir()
    (place / "bad" / "manifest.json").write_text("{")
    (place / "empty").mkdir()
    (place / "file").touch()
    found, (warning,) = files.skills(None)
    assert [one.name for one in found] == ["good"]
    assert "bad/manifest.json" in warning and warning.endswith("; skipped")


def test_circular_links_are_harmless(files: FileCatalog, tmp_path: Path) -> None:
    place = tmp_path / "project/.skills"
    skill(place, "a")
    (place / "up").symlink_to(place)
    (place / "self").symlink_to(place / "self")
    (place / "a" / "down").symlink_to(place / "a")
    assert [one.name for one in files.skills(str(tmp_path / "project"))[0]] == ["a"]


def test_a_place_that_is_not_a_folder_is_ignored(files: FileCatalog, tmp_path: Path) -> None:
    (tmp_path / "shipped").touch()
    assert files.skills(str(tmp_path / "nowhere")) == ((), ())


def test_too_many_entries_are_reported(files: FileCatalog, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(file_catalog, "ENTRIES", 2)
    for name in "abc":
        skill(tmp_path / "shipped", name)
    found, (warning,) = files.skills(None)
    assert [one.name for one in found] == ["a", "b"] and "first 2 entries" in warning


def test_skills_are_cached_until_reload(files: FileCatalog, tmp_path: Path) -> None:
    assert files.skills(None)[0] == ()
    skill(tmp_path / "shipped", "a")
    assert files.skills(None)[0] == ()
    files.reload()
    assert [one.name for one in files.skills(None)[0]] == ["a"]


def test_a_bounded_number_of_projects_is_kept(files: FileCatalog, tmp_path: Path) -> None:
    for number in range(file_catalog.PROJECTS + 5):
        files.skills(str(tmp_path / str(number)))
    assert len(files._cache) == file_catalog.PROJECTS


def test_a_plan_may_name_the_skills_and_personas_of_its_project(files: FileCatalog, tmp_path: Path) -> None:
    skill(tmp_path / "shipped", "a")
    persona(tmp_path / "shipped/personas", "one")
    known = files.known_names(None)
    assert (known.skills, known.personas) == (frozenset({"a"}), frozenset({"one"}))


def test_agents_are_listed(files: FileCatalog) -> None:
    assert [info.name for info in files.agents()] == list(ADAPTERS)
    assert files.agents() is files.agents()


def test_shipped_skills_load_without_warnings(tmp_path: Path) -> None:
    shipped = FileCatalog(package_data("skills"), tmp_path, tmp_path, ADAPTERS)
    skills, skill_warnings = shipped.skills(None)
    personas, persona_warnings = shipped.personas(None)
    assert [one.name for one in skills] == ["maestro-cli", "maestro-orchestrator", "maestro-worker"]
    assert [one.name for one in personas] == ["architect", "bug-hunter", "code-reviewer"]
    assert skill_warnings == persona_warnings == ()
    assert {one.name: one.assign_to for one in skills if one.type == "role"} == {
        "maestro-orchestrator": ("orchestrator",),
        "maestro-worker": ("worker",),
    }
    assert all(one.description and one.instructions for one in skills)
