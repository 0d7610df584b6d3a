"""Entities as the daemon sends them, for tests of clients, with whole ids and only the members that matter."""

from typing import Any

TASK = "tsk_00000000000000000000000001"
OTHER_TASK = "tsk_00000000000000000000000002"
SESSION = "ses_00000000000000000000000001"
RUN = "run_00000000000000000000000001"
QUESTION = "att_00000000000000000000000001"
PLAN = "pln_00000000000000000000000001"
PROJECT = "prj_00000000000000000000000001"


def task(**members: Any) -> dict[str, Any]:
    """A task as the daemon sends it."""
    return {"id": TASK, "projectId": PROJECT, "title": "Write the parser", **members}


def session(**members: Any) -> dict[str, Any]:
    """A session as the daemon sends it."""
    return {
        "id": SESSION,
        "projectId": PROJECT,
        "name": "parser",
        "role": "worker",
        "agent": "shell",
        "status": "working",
        **members,
    }
