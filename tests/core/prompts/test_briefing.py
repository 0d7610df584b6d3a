"""What a session learns from its briefing: its tasks in order, its goals, its skills, its siblings."""

from typing import Any

import msgspec

from maestrod.api.project import Project
from maestrod.api.session import Role, Session, SessionStatus
from maestrod.api.skill import Persona, Skill
from maestrod.api.task import Attempt, Task, TaskResult, TaskStatus
from maestrod.core.prompts.briefing import brief, in_order, skills_for
from maestrod.core.world.world import World


def task(name: str, parent: str | None = "tsk_group", **members: Any) -> Task:
    return Task(id=f"tsk_{name}", project_id="prj_1", title=name, parent_id=parent, **members)


def session(name: str, *tasks: str, **members: Any) -> Session:
    known: dict[str, Any] = {"role": Role.WORKER, "status": SessionStatus.WORKING, "run_id": "run_1", **members}
    ids = tuple(f"tsk_{one}" for one in tasks)
    return Session(id=f"ses_{name}", project_id="prj_1", name=name, agent="shell", task_ids=ids, **known)


def world() -> World:
    made = World()
    made.put(Project(id="prj_1", name="shop", working_dir="/home/ada/shop"))
    made.put(task("root", None, initial_prompt="Ship it, carefully"))
    made.put(task("group", "tsk_root"))
    made.put(task("early", status=TaskStatus.COMPLETED, result=TaskResult(summary="it is there")))
    tried = Attempt(attempt=1, status=TaskStatus.FAILED, error="exit code 1")
    made.put(task("last", dependencies=("tsk_first",), attempt=2, attempts=(tried,)))
    made.put(task("first", dependencies=("tsk_early",), commands=("make",), checks=("true",), paths=("src",)))
    made.put(session("one", "last", "first"))
    made.put(session("two", "early"))
    made.put(session("gone", "early", status=SessionStatus.FAILED))
    made.put(session("other", "early", run_id="run_2"))
    return made


def test_tasks_are_listed_in_the_order_of_their_dependencies() -> None:
    briefing = brief(world(), world().sessions["ses_one"])
    first, last = briefing.tasks
    assert (first.id, first.commands, first.checks, first.paths) == ("tsk_first", ("make",), ("true",), ("src",))
    assert [(link.title, link.summary) for link in first.waits_for] == [("early", "it is there")]
    assert (last.id, last.attempt, last.last_error) == ("tsk_last", 2, "exit code 1")


def test_the_rest_of_the_manifest_is_written() -> None:
    briefing = brief(world(), world().sessions["ses_one"])
    assert briefing.session.id == "ses_one" and briefing.project.working_dir == "/home/ada/shop"
    assert [goal.title for goal in briefing.goals] == ["root", "group"] and briefing.goal_prompt == "Ship it, carefully"
    assert [(other.session_id, other.tasks[0].title) for other in briefing.siblings] == [("ses_two", "early")]
    assert briefing.report and briefing.context is None and briefing.plan_repairs == world().policy.plan_repairs


def test_a_session_may_work_in_another_folder_without_a_run_or_tasks() -> None:
    briefing = brief(world(), session("x", working_dir="/elsewhere", run_id=None))
    assert briefing.project.working_dir == "/elsewhere"
    assert (briefing.siblings, briefing.tasks, briefing.goals) == ((), (), ())


def test_an_orchestrator_gets_the_context_of_its_task() -> None:
    planner = session("planner", "root", role=Role.ORCHESTRATOR, program=("./plan",))
    briefing = brief(world(), planner, relevant_files=("README.md",))
    assert briefing.context is not None and briefing.program == ("./plan",)
    assert briefing.context.task.initial_prompt == "Ship it, carefully"
    assert {one.title for one in briefing.context.subtasks} == {"group", "early", "last", "first"}
    assert briefing.context.project.relevant_files == ("README.md",)
    assert [goal.title for goal in briefing.goals] == ["root"]


def test_independent_tasks_keep_their_order() -> None:
    assert [one.title for one in in_order([task("b"), task("a", dependencies=("tsk_ghost",)), task("c")])] == list(
        "bac"
    )


SKILLS = (
    Skill(name="cli"),
    Skill(name="worker", type="role", assign_to=("worker",), dependencies=("cli",)),
    Skill(name="planner", type="role", assign_to=("orchestrator",)),
    Skill(name="a", dependencies=("b", "c")),
    Skill(name="b", dependencies=("c", "ghost")),
    Skill(name="c"),
    Skill(name="loop", dependencies=("pool",)),
    Skill(name="pool", dependencies=("loop",)),
)


def given(persona: Persona | None = None, tasks: tuple[Task, ...] = (), **members: Any) -> list[str]:
    return [skill.name for skill in skills_for(session("one", **members), tasks, persona, SKILLS)]


def test_skills_come_by_role_and_by_name_after_what_they_need() -> None:
    assert given() == ["cli", "worker"]
    assert given(role=Role.ORCHESTRATOR) == ["planner"]
    assert given(skills=("a", "ghost")) == ["cli", "worker", "c", "b", "a"]
    assert given(persona=Persona(name="p", skills=("c",))) == ["cli", "worker", "c"]
    assert given(tasks=(task("t", skill_ids=("c", "cli")),)) == ["cli", "worker", "c"]
    assert given(skills=("loop",)) == ["cli", "worker", "loop", "pool"]


def test_a_persona_is_found_by_name() -> None:
    known = (Persona(name="architect", prompt="You shape."), Persona(name="other"))
    briefing = brief(world(), session("one", "first", persona="architect"), SKILLS, known)
    assert briefing.persona is not None and briefing.persona.prompt == "You shape."
    assert [skill.name for skill in briefing.skills] == ["cli", "worker"]
    unknown = msgspec.structs.replace(session("one", "first"), persona="ghost")
    assert brief(world(), unknown, SKILLS, known).persona is None
