"""What a verb reads from the environment of a session."""

import pytest

from maestroctl.client import session_env
from tests.kit.clients.entities import OTHER_TASK, SESSION, TASK

ENVIRON = {session_env.TASK: TASK, session_env.SESSION: SESSION, session_env.TOKEN: "t"}


@pytest.mark.parametrize(
    "values, placed",
    [
        ([], {"taskId": TASK}),
        (["half done"], {"taskId": TASK, "message": "half done"}),
        ([OTHER_TASK], {"taskId": OTHER_TASK}),
        ([OTHER_TASK, "half done"], {"taskId": OTHER_TASK, "message": "half done"}),
    ],
)
def test_a_session_s_own_task_may_be_left_out(values: list[str], placed: dict[str, str]) -> None:
    assert session_env.place(("taskId", "message"), values, ENVIRON) == placed


def test_outside_a_session_the_first_value_is_the_task() -> None:
    assert session_env.place(("taskId", "message"), ["abcd"], {}) == {"taskId": "abcd"}


@pytest.mark.parametrize("environ", [{}, ENVIRON])
def test_too_many_values_are_refused(environ: dict[str, str]) -> None:
    with pytest.raises(ValueError, match="unexpected argument: c"):
        session_env.place(("taskId", "message"), [TASK, "b", "c"], environ)


def test_given_values_override_the_environment() -> None:
    members: dict[str, object] = {"sessionId": "other"}
    session_env.fill(members, ENVIRON, session=True)
    assert members == {"sessionId": "other", "sessionToken": "t"}


def test_a_method_without_a_session_gets_none() -> None:
    members: dict[str, object] = {}
    session_env.fill(members, ENVIRON, session=False)
    assert members == {"sessionToken": "t"}


def test_the_patience_depends_on_the_work() -> None:
    assert session_env.patience("task.start", {}, {}) == session_env.PATIENCE
    assert session_env.patience("task.start", {}, ENVIRON) == session_env.SESSION_PATIENCE
    assert session_env.patience("attention.wait", {}, ENVIRON) == float("inf")
    assert session_env.patience("queue.next", {"wait": True}, ENVIRON) == float("inf")
    assert session_env.patience("queue.next", {}, ENVIRON) == session_env.SESSION_PATIENCE
