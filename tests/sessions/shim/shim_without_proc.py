"""A shim on a system without `/proc`, subreapers and pidfds, as on macOS, run on Linux."""

import sys
from importlib import import_module
from pathlib import Path
from typing import Any

sys.path.append(str(Path(__file__).resolve().parents[3] / "maestrod" / "sessions"))


def main() -> int:
    """Put the fallbacks in place of what Linux has, before anything took hold of it, and run the shim."""
    processes = load("processes")
    fallback = load("ps").Ps()
    fallback.boot_id = processes.system.boot_id  # sysctl(8) knows no kern.boottime here
    processes.system = fallback
    load("subreaper").become_subreaper = lambda: False
    load("ladder")._pidfd_open = None
    load("poller").Poller.__init__.__kwdefaults__["use_poll"] = False
    code: int = load("main").main()
    return code


def load(name: str) -> Any:
    """A module of the shim, by the name it has in the shim's own process."""
    return import_module(f"shim.{name}")


sys.exit(main())
