"""The index of sessions: which are alive, on which work, in how many slots."""

import msgspec

from maestrod.api.session import Role, Session, SessionStatus, Terminal
from maestrod.core.world.session_index import SessionIndex, takes_slot


def worker(id_: str = "ses_1", **members: object) -> Session:
    plain = {"role": Role.WORKER, "agent": "shell", "status": SessionStatus.IDLE, "project_id": "p", "name": id_}
    return Session(**{"id": id_, **plain, **members})  # type: ignore[arg-type]  # a test's shorthand


def over(session: Session) -> Session:
    return msgspec.structs.replace(session, status=SessionStatus.FAILED, live=None)


def test_a_held_live_worker_takes_a_slot() -> None:
    assert takes_slot(worker())
    others = [over(worker()), worker(role=Role.ORCHESTRATOR), worker(terminal=Terminal.EXTERNAL)]
    assert not any(takes_slot(session) for session in others)
    assert [worker(status=status).status.is_over for status in SessionStatus] == [False] * 3 + [True] * 3


def test_slots_are_counted_overall_and_each_way() -> None:
    index = SessionIndex()
    session = worker(run_id="r")
    index.update(None, session)
    assert index.slots == {"": 1, "project:p": 1, "agent:shell": 1, "run:r": 1}
    index.update(session, over(session))
    assert index.slots == {} and index.live == {}


def test_links_follow_the_tasks_of_ended_sessions_too() -> None:
    index = SessionIndex()
    one, two = worker("ses_1", task_ids=("a", "b")), worker("ses_2", task_ids=("a",))
    index.update(None, two)
    index.update(None, one)
    assert index.live_of("a") == ["ses_1", "ses_2"]
    index.update(one, over(one))
    assert index.live_of("a") == ["ses_2"] and list(index.of_task["b"]) == ["ses_1"]
    index.update(two, msgspec.structs.replace(two, task_ids=()))
    assert list(index.of_task["a"]) == ["ses_1"]


def test_units_whose_session_appeared_or_disappeared_are_reported() -> None:
    index = SessionIndex()
    session = worker(unit_task_id="u")
    assert list(index.update(None, session)) == ["u"]
    assert index.unit_is_live("u")
    assert list(index.update(session, msgspec.structs.replace(session, name="x"))) == []
    assert list(index.update(session, over(session))) == ["u"]
    assert not index.unit_is_live("u")


def test_planners_are_found_by_their_run() -> None:
    index = SessionIndex()
    planner = worker(role=Role.ORCHESTRATOR, run_id="r")
    index.update(None, planner)
    assert list(index.planners["r"]) == ["ses_1"]
    index.update(planner, over(planner))
    assert index.planners == {}
