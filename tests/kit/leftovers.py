"""Ends processes that a parallel test run left behind: pytest-xdist kills a hanging worker, but its daemons survive."""

import os

import psutil

#: The id of the run. pytest-xdist sets it in every worker, and every process that a test starts inherits it.
MARK = "PYTEST_XDIST_TESTRUNUID"


def end_all_of(run: str) -> list[str]:
    """End every process of a run whose workers are gone, with its descendants; returns their command lines."""
    marked = [process for process in psutil.process_iter() if process.pid != os.getpid() and _is_of(process, run)]
    below = [child for process in marked for child in _below(process)]  # also those that cleared their environment
    ended = []
    for process in dict.fromkeys([*marked, *below]):
        try:
            ended.append(" ".join(process.cmdline()))
            process.kill()
        except psutil.Error:
            continue  # it has already ended
    return ended


def _is_of(process: psutil.Process, run: str) -> bool:
    try:
        return process.environ().get(MARK) == run
    except psutil.Error:
        return False  # another user's process, or an ended one


def _below(process: psutil.Process) -> list[psutil.Process]:
    try:
        return process.children(recursive=True)
    except psutil.Error:
        return []
