"""The CPU time of a process tree: the only outside evidence of whether a silent agent is busy.

`psutil.Process.cpu_times` covers a process and those of its children that it has reaped. The sum over a living tree
therefore includes the time of short programs that have already ended.
"""

import psutil


def processor_seconds(pid: int) -> float:
    """CPU time of a process tree so far, in seconds; 0.0 when there is no such process.

    Slow, because it reads the process table: call it in a thread.
    """
    try:
        root = psutil.Process(pid)
        tree = [root, *root.children(recursive=True)]
    except psutil.Error:
        return 0.0
    return sum(map(_seconds, tree))


def _seconds(process: psutil.Process) -> float:
    try:
        times = process.cpu_times()
    except psutil.Error:
        return 0.0
    return float(times.user + times.system + times.children_user + times.children_system)
