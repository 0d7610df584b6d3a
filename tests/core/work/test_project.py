"""Projects: created by hand or from a run's folder, changed, and deleted when they are empty."""

import msgspec
import pytest

from maestrod.api.project import ProjectUpdate
from maestrod.core.values.folders import as_written
from maestrod.core.values.seen import BLIND
from maestrod.core.work.project import enclosing
from tests.kit.worlds.scenario import Call, Scenario, group, member, project, refused, run_of, subtask, task


@pytest.mark.parametrize("path", ["relative", "./x", ""])
def test_a_folder_is_an_absolute_path(path: str) -> None:
    play = Scenario().given(project())
    if path:
        play.when(Call("project.create", name="x", workingDir=path)).then(refused("project.relative"))
        play.when(Call("project.update", projectId="shop", workingDir=path)).then(refused("project.relative"))


def test_a_run_in_a_folder_finds_or_creates_its_project() -> None:
    play = Scenario().given(project(), run_of(group("g", subtask("a"))))
    assert len(play.world.projects) == 1
    play.given(Call("run.start", plan={"groups": [group("g", subtask("a"))]}, workingDir="/tmp/new/../other/"))
    play.given(Call("run.start", plan={"groups": [group("g", subtask("a"))]}, workingDir="/tmp/other/deep/inside"))
    assert len(play.world.projects) == 2
    play.then(member("other", "working_dir", "/tmp/other"))


@pytest.mark.parametrize("pattern", ["Bash(rm", "(rm*)", "rm -rf)", " ", "Bash(rm) x"])
def test_a_pattern_that_can_match_nothing_is_refused(pattern: str) -> None:
    settings = {"permissions": {"deny": ["Bash(rm*)", pattern]}}
    play = Scenario().given(project()).when(Call("project.update", projectId="shop", settings=settings))
    play.then(refused("permission.pattern"))
    assert play.refusal is not None and play.refusal.details == {"path": "$.settings.permissions.deny[1]"}


@pytest.mark.parametrize("settings", [{"defualtAgent": "shell"}, {"permissions": {"denny": ["Bash"]}}])
def test_a_misspelt_setting_is_refused(settings: dict[str, object]) -> None:
    with pytest.raises(msgspec.ValidationError, match="unknown field"):
        msgspec.convert({"projectId": "p", "settings": settings}, ProjectUpdate)


def test_a_project_of_a_folder_with_an_odd_name_has_a_one_line_name() -> None:
    play = Scenario().given(Call("run.start", plan={"groups": [group("g", subtask("a"))]}, workingDir="/tmp/a\nb"))
    assert [project.name for project in play.world.projects.values()] == ["a b"]


def test_members_that_are_not_given_stay() -> None:
    play = Scenario().given(project(description="d")).when(Call("project.update", projectId="shop", name="n"))
    play.then(member("n", "description", "d"), member("n", "working_dir", "/tmp/shop"))


def test_a_project_with_tasks_or_live_sessions_stays() -> None:
    play = Scenario().given(project(), task("a"), Call("session.spawn", projectId="shop", name="w"))
    play.when(Call("project.delete", projectId="shop")).then(refused("project.has_tasks"))
    play.given(Call("task.delete", taskId="a"))
    play.when(Call("project.delete", projectId="shop")).then(refused("project.in_use"))


def test_an_empty_project_is_deleted() -> None:
    play = Scenario().given(project()).when(Call("project.delete", projectId="shop"))
    assert not play.world.projects


def test_a_folder_and_a_name_have_one_project() -> None:
    play = Scenario().given(project())
    play.when(Call("project.create", name="b", workingDir="/tmp/shop/")).then(refused("project.folder_taken"))
    play.when(Call("project.create", name="shop", workingDir="/tmp/b")).then(refused("project.name_taken"))
    play.given(Call("project.create", name="b", workingDir="/tmp/shop/inside"))
    play.when(Call("project.update", projectId="b", name="shop")).then(refused("project.name_taken"))
    play.when(Call("project.update", projectId="b", workingDir="/tmp/shop")).then(refused("project.folder_taken"))
    play.given(Call("project.update", projectId="b", name="b", workingDir="/tmp/shop/inside"))


def test_the_nearest_project_around_a_folder_is_its_project() -> None:
    play = Scenario().given(project(), Call("project.create", name="inner", workingDir="/tmp/shop/inner"))
    for folder, name in {"/tmp/shop": "shop", "/tmp/shop/x/y": "shop", "/tmp/shop/inner/x": "inner"}.items():
        found = enclosing(play.world, BLIND, as_written(folder))
        assert found is not None
        assert found.name == name
    assert enclosing(play.world, BLIND, as_written("/tmp/shopping")) is None


def test_a_project_created_from_a_folder_gets_a_free_name() -> None:
    play = Scenario().given(project())
    for folder in ("/srv/shop", "/a/srv/shop", "/b/a/srv/shop", "/"):
        play.given(Call("run.start", plan={"groups": [group("g", subtask("a"))]}, workingDir=folder))
    names = [each.name for each in play.world.projects.values()]
    assert names == ["shop", "srv/shop", "a/srv/shop", "shop-2", "/"]
