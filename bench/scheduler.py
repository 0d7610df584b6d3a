"""P12: the cost of one completion in a large tree, and of a cycle check on a long chain."""

import itertools
import statistics
import time

import msgspec

from bench.table import Row, at_most
from maestrod.api.protocol.registry import METHODS
from maestrod.core.decide import decide
from maestrod.core.values.command import OWNER, Command, Stamp
from maestrod.core.world.world import World


class Bench:
    """A world and a clock."""

    def __init__(self) -> None:
        self.world = World()
        self.now = 1_700_000_000_000

    def call(self, method: str, **params: object) -> object:
        """Decide one call, and return its reply."""
        self.now += 10
        command = Command(method, msgspec.convert(params, METHODS[method].params), OWNER)
        return decide(self.world, command, Stamp(self.now, self.now, 0)).reply


def measure(*, quick: bool) -> list[Row]:
    """Measure in this process: the core reads no clock and no disk."""
    size = 2_000 if quick else 10_000
    return [_completion(size), _cycle(1_000 if quick else 5_000)]


def _completion(size: int) -> Row:
    """Complete tasks one by one in a large tree, where each completion frees others and starts sessions."""
    bench = Bench()
    groups = [
        {
            "key": f"g{group}",
            "title": f"group {group}",
            "dependsOn": [f"g{group - 50}"] if group >= 50 else [],
            "subtasks": [{"key": f"g{group}t{each}", "title": "t", "commands": ["true"]} for each in range(10)],
        }
        for group in range(size // 10)
    ]
    bench.call("run.start", plan={"groups": groups}, workingDir="/tmp", agent="shell")  # noqa: S108 - a name only
    took = []
    for session in list(bench.world.sessions.values()):
        for task_id in session.task_ids:
            bench.call("task.start", taskId=task_id)
            began = time.perf_counter()
            bench.call("task.complete", taskId=task_id)
            took.append(time.perf_counter() - began)
    return at_most("P12", f"one completion in a tree of {size:,}", statistics.median(took) * 1e3, 1, "", "ms")


def _cycle(length: int) -> Row:
    """Check whether the end of a chain may depend on its beginning."""
    bench = Bench()
    project = bench.call("project.create", name="p", workingDir="/tmp").id  # type: ignore[attr-defined]  # noqa: S108 - a folder that is there
    chain = [bench.call("task.create", title="t", projectId=project).id for _ in range(length)]  # type: ignore[attr-defined]  # a task, by the method
    for before, after in itertools.pairwise(chain):
        task = bench.world.tasks[after]
        bench.world.put(msgspec.structs.replace(task, dependencies=(before,)))
    loose = bench.call("task.create", title="t", projectId=project).id  # type: ignore[attr-defined]  # a task, by the method
    began = time.perf_counter()
    bench.call("task.depend", taskId=loose, onTaskId=chain[-1])
    took = time.perf_counter() - began
    return at_most("P12", f"cycle check on a chain of {length:,}", took * 1e3, 10, "", "ms")
