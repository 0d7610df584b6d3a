"""P7: a plan of many tasks `true`, from its submission until all are completed, against a shell loop over as many."""

import subprocess
import time

from bench.daemon import daemon, wait_run
from bench.table import Row, at_most, median_ratio


def measure(*, quick: bool) -> list[Row]:
    """With 8 slots and with 1. The tasks are in queues, so that each session runs many (P8 measures the cost of a session)."""
    tasks, rounds = (100, 2) if quick else (500, 5)
    rows = []
    for slots in (8, 1):
        with daemon(MAESTRO_MAX_SESSIONS=str(slots)) as running:

            def ours(groups: int = slots) -> float:
                began = time.perf_counter()
                with running.connected() as caller:
                    run = caller.call("run.start", plan=plan(tasks, groups), workingDir="/tmp", agent="shell")  # noqa: S108 - a folder that is there
                    status = wait_run(caller, run["id"])
                if status != "completed":
                    raise RuntimeError(f"the run ended {status}")
                return time.perf_counter() - began

            ratio, own, bare = median_ratio(rounds, ours, lambda: shell_loop(tasks))
        detail = f"{own:.2f} against {bare:.2f} s"
        what = f"{tasks} tasks `true` in one plan, {slots} slots"
        rows.append(at_most("P7", what, ratio, 2.5, detail) if slots > 1 else Row("P7", what, ratio, "", None, detail))
    return rows


def plan(tasks: int, groups: int) -> dict[str, object]:
    """A plan of ``groups`` queues that share the tasks."""
    keys = [f"t{number}" for number in range(tasks)]
    return {
        "groups": [
            {
                "key": f"g{group}",
                "title": f"group {group}",
                "strategy": "queue",
                "subtasks": [{"key": key, "title": key, "commands": ["/bin/true"]} for key in keys[group::groups]],
            }
            for group in range(groups)
        ]
    }


def shell_loop(count: int) -> float:
    """Seconds that a shell takes to run ``/bin/true`` ``count`` times, one after the other."""
    began = time.perf_counter()
    subprocess.run(["/bin/sh", "-c", f"i=0; while [ $i -lt {count} ]; do /bin/true; i=$((i+1)); done"], check=True)
    return time.perf_counter() - began
