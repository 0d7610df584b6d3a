"""The results of the reading methods."""

from typing import Any

import msgspec
import pytest

from maestrod.api.errors import MaestroError, Malformed
from maestrod.api.protocol.registry import METHODS
from maestrod.core.decide import decide
from maestrod.core.reading.views import ANSWERS, SIGHTED
from maestrod.core.values.command import OWNER, Command, Stamp
from maestrod.core.values.seen import BLIND
from maestrod.core.world.world import World


class Desk:
    """A world that is changed by commands and read by views."""

    def __init__(self) -> None:
        self.world = World()
        self._at = 1_700_000_000_000

    def do(self, method: str, **params: object) -> Any:
        self._at += 1
        given = msgspec.convert(params, METHODS[method].params)
        return decide(self.world, Command(method, given), Stamp(self._at, self._at, 0)).reply

    def ask(self, method: str, **params: object) -> Any:
        given = msgspec.convert(params, METHODS[method].params)
        sighted = SIGHTED.get(method)
        answer = (
            sighted.function(self.world, given, BLIND)
            if sighted
            else ANSWERS[method].function(self.world, given, OWNER)
        )
        return msgspec.json.decode(msgspec.json.encode(answer), type=METHODS[method].result)

    def refused(self, method: str, **params: object) -> str:
        with pytest.raises(MaestroError) as caught:
            self.ask(method, **params)
        return caught.value.reason

    def tree(self) -> tuple[str, list[str]]:
        """A root with two children, the first of which has one of its own; ids in preorder."""
        root = self.do("task.create", title="root", projectId=self.project).id
        first = self.do("task.create", title="first", parentId=root).id
        second = self.do("task.create", title="second", parentId=root).id
        inner = self.do("task.create", title="inner", parentId=first).id
        return root, [root, first, inner, second]

    @property
    def project(self) -> str:
        if not self.world.projects:
            self.do("project.create", name="shop", workingDir="/shop")
        return next(iter(self.world.projects))


@pytest.fixture
def desk() -> Desk:
    return Desk()


def ids(page: Any) -> list[str]:
    return [item.id for item in page.items]


@pytest.mark.parametrize("kind", ["project", "task", "plan", "run", "attention"])
def test_missing_entities_are_not_found(desk: Desk, kind: str) -> None:
    assert desk.refused(f"{kind}.get", **{f"{kind}Id": "none"}) == f"{kind}.not_found"


def test_unknown_and_unnamed_sessions_and_queues_are_refused(desk: Desk) -> None:
    assert desk.refused("session.get", sessionId="none") == "session.not_found"
    assert desk.refused("queue.get", sessionId="none") == "queue.not_found"
    assert desk.refused("queue.get") == "session.missing"
    assert desk.refused("task.tree", taskId="none") == "task.not_found"


def test_projects(desk: Desk) -> None:
    other = desk.do("project.create", name="other", workingDir="/other").id
    assert desk.ask("project.get", projectId=other).name == "other"
    third = desk.do("project.create", name="third", workingDir="/third").id
    assert ids(desk.ask("project.list")) == [other, third]
    assert ids(desk.ask("project.list", workingDir="/third")) == [third]


def test_a_task_is_shown_with_its_children_and_sessions(desk: Desk) -> None:
    root, (_, first, inner, second) = desk.tree()
    session = desk.do("session.spawn", taskIds=[inner], agent="shell").id
    assert desk.ask("task.get", taskId=root).subtask_ids == (first, second)
    view = desk.ask("task.get", taskId=inner)
    assert view.session_ids == (session,) and view.title == "inner" and view.parent_id == first


def test_lists_of_tasks(desk: Desk) -> None:
    root, (_, first, inner, second) = desk.tree()
    desk.do("task.skip", taskId=inner)
    assert ids(desk.ask("task.list")) == [inner, second, first, root]
    assert ids(desk.ask("task.list", roots=True)) == [root]
    assert ids(desk.ask("task.list", parentId=root)) == [first, second]
    assert ids(desk.ask("task.list", projectId="none")) == []
    assert inner in ids(desk.ask("task.list", status="skipped"))
    page = desk.ask("task.list", limit=3)
    assert ids(page) == [inner, second, first]
    assert ids(desk.ask("task.list", cursor=page.next_cursor)) == [root]
    page = desk.ask("task.list", limit=3, order="oldest")
    assert ids(page) == [root, first, second] and page.next_cursor == second
    assert ids(desk.ask("task.list", cursor=page.next_cursor)) == [inner]  # as clients of older versions ask


def test_a_tree_has_parents_before_children(desk: Desk) -> None:
    root, preorder = desk.tree()
    tree = desk.ask("task.tree", taskId=root)
    assert [task.id for task in tree.tasks] == preorder and tree.seq == desk.world.seq
    assert [task.id for task in desk.ask("task.tree", taskId=preorder[1]).tasks] == preorder[1:3]


def test_lists_of_sessions(desk: Desk) -> None:
    _, (_, first, inner, second) = desk.tree()
    one = desk.do("session.spawn", taskIds=[inner], agent="shell").id
    two = desk.do("session.spawn", taskIds=[second, inner], agent="shell").id
    external = desk.do("session.register", workingDir="/elsewhere").id
    desk.do("session.stop", sessionId=external)
    assert ids(desk.ask("session.list")) == [external, two, one]
    assert ids(desk.ask("session.list", live=True)) == [two, one]
    assert ids(desk.ask("session.list", live=True, order="oldest")) == [one, two]
    assert ids(desk.ask("session.list", taskId=inner)) == [two, one]
    assert ids(desk.ask("session.list", taskId=first)) == []
    assert ids(desk.ask("session.list", status="stopped")) == [external]
    assert ids(desk.ask("session.list", projectId=desk.project)) == [two, one]
    assert ids(desk.ask("session.list", runId="none")) == []
    assert desk.ask("session.get", sessionId=two).task_ids == (second, inner)


def test_a_queue_is_shown(desk: Desk) -> None:
    _, (_, _, inner, second) = desk.tree()
    session = desk.do("session.spawn", taskIds=[inner, second], agent="shell", strategy="queue").id
    queue = desk.ask("queue.get", sessionId=session)
    assert queue.id == f"que_{session}" and [item.task_id for item in queue.items] == [inner, second]


PLAN = {"groups": [{"key": "a", "title": "A", "subtasks": [{"key": "s", "title": "S", "commands": ["true"]}]}]}


def test_plans(desk: Desk) -> None:
    first, second = (desk.do("task.create", title="t", projectId=desk.project).id for _ in range(2))
    plans = [desk.do("plan.submit", taskId=task, plan=PLAN).id for task in (first, second)]
    assert ids(desk.ask("plan.list")) == plans
    assert ids(desk.ask("plan.list", taskId=second)) == plans[1:]
    assert desk.ask("plan.get", planId=plans[0]).root_task_id == first


def test_a_plan_can_be_checked_without_being_stored(desk: Desk) -> None:
    assert desk.ask("plan.check", plan=PLAN).waves == (("a",),)
    report = desk.ask("plan.check", plan={"groups": []})
    assert not report.ok and report.diagnostics
    markdown = "# Title\n\n## Group\n\n- [ ] Say it\n\n  ```sh\n  echo it\n  ```\n"
    assert desk.ask("plan.check", markdown=markdown).ok
    assert desk.world.plans == {}
    for given in ({}, {"plan": PLAN, "markdown": markdown}):
        with pytest.raises(Malformed):
            desk.ask("plan.check", **given)


def test_a_run_with_its_tree_sessions_and_questions(desk: Desk) -> None:
    run = desk.do("run.start", text="do it", projectId=desk.project, planner=["./plan"]).id
    view = desk.ask("run.get", runId=run)
    assert [task.id for task in view.tasks] == [view.run.root_task_id]
    [planner] = view.sessions
    question = desk.do("attention.ask", message="?", sessionId=planner.id).id
    view = desk.ask("run.get", runId=run)
    assert [found.id for found in view.attention] == [question] and view.seq == desk.world.seq


def test_lists_of_runs(desk: Desk) -> None:
    runs = [desk.do("run.start", text="x", projectId=desk.project, planner=["./plan"]).id for _ in range(3)]
    desk.do("run.cancel", runId=runs[1])
    assert ids(desk.ask("run.list")) == [*reversed(runs)]
    assert ids(desk.ask("run.list", order="oldest")) == runs
    assert ids(desk.ask("run.list", active=True)) == [runs[2], runs[0]]
    newest = desk.ask("run.list", backward=True, limit=2)
    assert ids(newest) == [runs[2], runs[1]]
    assert ids(desk.ask("run.list", backward=True, cursor=newest.next_cursor)) == [runs[0]]
    assert ids(desk.ask("run.list", projectId="none")) == []


def test_the_inbox_is_shown(desk: Desk) -> None:
    _, (_, _, inner, second) = desk.tree()
    one, two = (desk.do("session.spawn", taskIds=[task], agent="shell").id for task in (inner, second))
    first = desk.do("attention.ask", message="1", sessionId=one).id
    second_ = desk.do("attention.ask", message="2", sessionId=two).id
    desk.do("attention.answer", attentionId=first, value="yes")
    assert ids(desk.ask("attention.list")) == [second_]
    assert ids(desk.ask("attention.list", answered=True)) == [first, second_]
    assert ids(desk.ask("attention.list", sessionId=one)) == []
    assert desk.ask("attention.get", attentionId=first).answer.value == "yes"


def test_a_view_changes_nothing(desk: Desk) -> None:
    root, _ = desk.tree()
    before = desk.world.dump()
    for method in ("task.list", "project.list", "session.list", "run.list", "plan.list", "attention.list"):
        desk.ask(method)
    desk.ask("task.tree", taskId=root)
    assert desk.world.dump() == before
