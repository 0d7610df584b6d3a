"""Projects: made by hand or of a run's folder, changed, and removed when nothing is left in them."""

import pytest

from tests.kit.scenario import Call, Scenario, group, member, project, refused, run_of, subtask, task


@pytest.mark.parametrize("path", ["relative", "./x", "", "/a\0b"])
def test_a_folder_is_an_absolute_path(path: str) -> None:
    play = Scenario().given(project())
    if path:
        play.when(Call("project.create", name="x", workingDir=path)).then(refused("project.relative"))
        play.when(Call("project.update", projectId="shop", workingDir=path)).then(refused("project.relative"))


def test_a_run_in_a_folder_finds_its_project_or_makes_it() -> None:
    play = Scenario().given(project(), run_of(group("g", subtask("a"))))
    assert len(play.world.projects) == 1
    play.given(Call("run.start", plan={"groups": [group("g", subtask("a"))]}, workingDir="/tmp/new/../other/"))
    play.then(member("other", "working_dir", "/tmp/other"))


def test_what_is_not_given_stays() -> None:
    play = Scenario().given(project(description="d")).when(Call("project.update", projectId="shop", name="n"))
    play.then(member("n", "description", "d"), member("n", "working_dir", "/tmp/shop"))


def test_a_project_with_tasks_or_live_sessions_stays() -> None:
    play = Scenario().given(project(), task("a"), Call("session.spawn", projectId="shop", name="w"))
    play.when(Call("project.delete", projectId="shop")).then(refused("project.has_tasks"))
    play.given(Call("task.delete", taskId="a"))
    play.when(Call("project.delete", projectId="shop")).then(refused("project.in_use"))


def test_an_empty_one_goes() -> None:
    play = Scenario().given(project()).when(Call("project.delete", projectId="shop"))
    assert not play.world.projects
