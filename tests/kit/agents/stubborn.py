"""An agent with stubborn children: ``python stubborn.py FOLDER`` starts one of each kind, which write their pids there, and then waits.

One ignores TERM, one is stopped, one has left the session (setsid) and its parent (double fork), one has done that and cleared its
environment, and one has done all that and is stopped too.
"""

import os
import signal
import sys
import time
from pathlib import Path

KINDS = ("plain", "deaf", "stopped", "daemon", "untagged", "daemon-stopped")


def behave(kind: str, folder: Path) -> None:
    """Become a child of that kind, write the pid, and stay."""
    for number in (signal.SIGTERM, signal.SIGHUP, signal.SIGINT):
        signal.signal(number, signal.SIG_IGN if kind != "plain" else signal.SIG_DFL)
    (folder / f".{kind}").write_text(str(os.getpid()))
    (folder / f".{kind}").rename(folder / kind)
    if "stopped" in kind:
        os.kill(os.getpid(), signal.SIGSTOP)
    while True:
        time.sleep(3600)


def start(kind: str, folder: Path) -> None:
    """Start a child; daemons through a parent that exits."""
    if os.fork():
        return
    if kind.startswith(("daemon", "untagged")):
        os.setsid()
        if os.fork():
            os._exit(0)
    if kind == "untagged":
        os.execve(sys.executable, [sys.executable, "-I", "-S", __file__, str(folder), "untagged-execed"], {})
    behave(kind, folder)


def main() -> None:
    """Start all kinds, or become the named kind."""
    folder = Path(sys.argv[1])
    if len(sys.argv) > 2:
        behave("untagged", folder)
    for kind in KINDS:
        start(kind, folder)
    behave("leader", folder)


if __name__ == "__main__":
    main()
