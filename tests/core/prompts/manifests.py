"""Manifests for tests, with the members that matter given and the rest made up."""

from typing import Any

from maestrod.api.session import Role
from maestrod.api.task import Priority, Strategy
from maestrod.core.prompts.manifest import (
    ContextProject,
    ContextTask,
    Manifest,
    ManifestProject,
    ManifestSession,
    ManifestTask,
    TaskContext,
    reporting,
)


def task(id_: str, *commands: str, **members: Any) -> ManifestTask:
    """A task to do; its title is its id's end."""
    members = {"title": id_.removeprefix("tsk_"), "description": "", "initial_prompt": "", "checks": (), **members}
    return ManifestTask(
        id=id_, commands=commands, **{"priority": Priority.MEDIUM, "paths": (), "attempt": 1, **members}
    )


def manifest(
    *,
    tasks: tuple[ManifestTask, ...] = (),
    role: Role = Role.WORKER,
    strategy: Strategy = Strategy.SIMPLE,
    working_dir: str = "/home/ada/shop",
    **members: Any,
) -> Manifest:
    """A manifest of session ``ses_1``."""
    return Manifest(
        session=ManifestSession(
            id="ses_1", name="Checks", role=role, agent="shell", attempt=2, strategy=strategy, run_id="run_1"
        ),
        project=ManifestProject(id="prj_1", name="shop", working_dir=working_dir),
        tasks=tasks,
        report=reporting(role, strategy),
        plan_repairs=2,
        **members,
    )


def context() -> TaskContext:
    """The context of a task to plan."""
    return TaskContext(
        task=ContextTask(
            id="tsk_root",
            title="Check it",
            description="",
            priority=Priority.MEDIUM,
            initial_prompt="Check it, all of it",
        ),
        subtasks=(),
        project=ContextProject(id="prj_1", base_path="/home/ada/shop", relevant_files=("README.md",)),
    )
