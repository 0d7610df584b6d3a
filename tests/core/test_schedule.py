"""The scheduler: order, limits, and the tasks that a session gets.

Covers ``slots.py``: slots are counted where they are given out.
"""

from maestrod.api.session import Role
from maestrod.core.values.agent_traits import SHELL, AgentTraits
from maestrod.core.values.policy import Policy
from tests.kit.worlds.scenario import (
    Call,
    Scenario,
    exited,
    group,
    live,
    member,
    project,
    run_of,
    status,
    subtask,
    task,
)

TWO_AGENTS = Policy(max_sessions=3, agent_limits={"other": 1}, agents={"shell": SHELL, "other": AgentTraits()})


def titles(play: Scenario, session: str) -> list[str]:
    return [play.world.tasks[id_].title for id_ in play.world.sessions[play.id_of(session)].task_ids]


def test_priority_then_the_longest_chain_then_age() -> None:
    groups = [
        group("old", subtask("o1")),
        group("long", subtask("l1")),
        group("after", subtask("f1"), needs=["long"]),
        group("urgent", subtask("u1"), priority="high"),
        group("young", subtask("y1")),
    ]
    play = Scenario(Policy(max_sessions=1)).given(run_of(*groups))
    order = []
    while play.world.by_session.live:
        [session_id] = play.world.by_session.live
        name = play.world.sessions[session_id].name
        order.append(name)
        leaf = titles(play, f"@{name}")[0]
        play.given(Call("task.complete", by=f"@{name}", taskId=leaf), exited(f"@{name}"))
    assert order == ["urgent", "long", "old", "after", "young"]


def test_limits_apply_overall_per_agent_and_per_project() -> None:
    groups = [group(f"g{n}", subtask(f"s{n}"), agent="other" if n < 2 else "shell") for n in range(5)]
    Scenario(TWO_AGENTS).when(run_of(*groups)).then(live("g0", "g2", "g3"))
    Scenario().given(project(settings={"maxSessions": 2})).when(run_of(*groups[2:])).then(live("g2", "g3"))


def test_an_orchestrator_takes_no_slot_of_its_workers() -> None:
    play = Scenario(Policy(max_sessions=1)).given(project(), task("t"))
    play.given(Call("session.spawn", taskIds=["t"], role="orchestrator", name="o"))
    play.when(run_of(group("g", subtask("a")))).then(live("o", "g"))


def test_a_planner_is_the_parent_of_its_workers() -> None:
    play = Scenario().given(Call("run.start", text="root", workingDir="/tmp/shop", agent="shell", planner=["p"]))
    play.given(Call("plan.submit", by="@plan: root", plan={"groups": [group("g", subtask("a"))]}))
    play.then(
        member("@g", "parent_session_id", play.id_of("@plan: root")), member("@plan: root", "role", Role.ORCHESTRATOR)
    )


def test_a_session_receives_the_tasks_that_may_still_run() -> None:
    play = Scenario(Policy(max_sessions=1)).given(
        run_of(group("g", subtask("a"), subtask("b", "a"), subtask("c"), subtask("d")))
    )
    assert titles(play, "@g") == ["a", "b", "c", "d"]
    play.given(
        Call("task.complete", by="@g", taskId="a"), Call("task.block", by="@g", taskId="c"), exited("@g", "failed")
    )
    assert titles(play, "@g") == ["b", "d"]


def test_work_below_a_subtasks_subtask_is_found() -> None:
    """A unit whose ready leaves were two floors down, below something in progress, was never started again."""
    play = Scenario().given(run_of(group("g", subtask("a"))))
    play.given(task("x", under="a"), task("y", under="a"), exited("@g", "failed"))
    assert titles(play, "@g") == ["x", "y"]
    play.given(Call("task.complete", by="@g", taskId="x"), exited("@g", "failed")).then(
        live("g"), status("a", "in_progress")
    )
    assert titles(play, "@g") == ["y"]


def test_a_unit_below_a_unit_is_separate() -> None:
    play = Scenario().given(project(), task("root"), task("a", under="root"), Call("run.start", taskId="root"))
    plan = {"groups": [group("g", subtask("s"))]}
    play.given(Call("session.unlink", sessionId="@a", taskId="a"), Call("plan.submit", taskId="a", plan=plan))
    play.given(Call("plan.apply", planId="plan")).then(live("a", "g"), member("a", "dispatch", None))


def test_a_task_of_another_worker_is_not_given_out_twice() -> None:
    play = Scenario().given(run_of(group("g", subtask("a"), subtask("b"))), Call("task.start", by="@g", taskId="b"))
    play.given(Call("session.spawn", taskIds=["a"], name="mine"), exited("@g", "failed")).then(live("mine"))
    play.when(Call("session.unlink", sessionId="@mine", taskId="a")).then(live("g", "mine"))


def test_one_free_slot_is_one_session() -> None:
    groups = [group(f"g{n}", subtask(f"s{n}")) for n in range(4)]
    play = Scenario(Policy(max_sessions=2)).given(run_of(*groups)).then(live("g0", "g1"))
    play.when(Call("task.complete", by="@g0", taskId="s0")).then(live("g0", "g1"))
    play.when(exited("@g0")).then(live("g1", "g2"))
