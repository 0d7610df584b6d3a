"""How much a process and everything below it has worked: whether a silent agent is busy is seen from the outside by that only.

psutil.Process.cpu_times: seconds of processor time of a process, and of its children that have ended and were waited for.
So the sum over a living tree never loses what a short program below it used.
"""

import psutil


def processor_seconds(pid: int) -> float:
    """Processor time of a process tree so far, in seconds; 0.0 when there is none. Slow (the process table): use a thread."""
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
