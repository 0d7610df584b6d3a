"""The task context and the manifest for programs."""

import json

from maestrod.api.project import Project
from maestrod.api.session import Role
from maestrod.api.task import Priority, Strategy, Task, TaskStatus
from maestrod.core.prompts import manifest as prompts
from maestrod.core.prompts.manifest import context_json, manifest_json, reporting, task_context
from tests.core.prompts.manifests import manifest, task

PROJECT = Project(id="prj_1", name="shop", working_dir="/home/ada/shop")


def test_a_task_context_is_complete_and_as_documented() -> None:
    root = Task(
        id="tsk_1", project_id="prj_1", title="Refactor", priority=Priority.HIGH, initial_prompt="Refactor the API"
    )
    child = Task(id="tsk_2", project_id="prj_1", title="Routes", parent_id="tsk_1", status=TaskStatus.COMPLETED)
    assert json.loads(context_json(task_context(root, [child], PROJECT, ["api.py"]))) == {
        "task": {
            "id": "tsk_1",
            "title": "Refactor",
            "description": "",
            "priority": "high",
            "initialPrompt": "Refactor the API",
        },
        "subtasks": [
            {
                "id": "tsk_2",
                "parentId": "tsk_1",
                "title": "Routes",
                "description": "",
                "status": "completed",
                "dependencies": [],
            }
        ],
        "project": {"id": "prj_1", "basePath": "/home/ada/shop", "relevantFiles": ["api.py"]},
    }


def test_relevant_files_are_bounded() -> None:
    root = Task(id="tsk_1", project_id="prj_1", title="t")
    files = [f"f{number}" for number in range(5000)]
    assert len(task_context(root, [], PROJECT, files).project.relevant_files) == prompts.RELEVANT_FILES


def test_the_manifest_for_programs_shortens_nothing() -> None:
    long = "x" * 300_000
    read = json.loads(manifest_json(manifest(tasks=(task("tsk_a", long, checks=("true",)),))))
    assert read["version"] == 1
    assert read["session"] == {
        "id": "ses_1",
        "name": "Checks",
        "role": "worker",
        "agent": "shell",
        "attempt": 2,
        "strategy": "simple",
        "runId": "run_1",
        "parentSessionId": None,
    }
    assert read["tasks"][0]["commands"] == [long] and read["tasks"][0]["checks"] == ["true"]
    assert read["program"] == [] and read["context"] is None and read["persona"] is None


def test_each_role_gets_its_own_commands() -> None:
    assert "maestroctl plan submit FILE" in reporting(Role.ORCHESTRATOR, Strategy.SIMPLE)
    assert "maestroctl task complete TASK_ID SUMMARY" in reporting(Role.WORKER, Strategy.SIMPLE)
    queue = reporting(Role.WORKER, Strategy.QUEUE)
    assert "maestroctl queue next --wait" in queue and "maestroctl task start TASK_ID" not in queue
