"""The entry of ``maestroctl``: the shortest way to what was asked.

``event`` and the verbs of workers are answered here by a few light modules; everything else goes through ``app``. Whatever
happens, errors end as one message and an exit code of the table in ``docs`` (4-interfaces), never as a traceback.
"""

import os
import sys
from collections.abc import Sequence

from maestroctl.output import ClosedPipe, discard


def main() -> None:
    """Run the command line of this process and exit."""
    try:
        code = run(sys.argv[1:])
    except ClosedPipe:
        discard()
        code = 141  # 128 + SIGPIPE, as a shell reports programs that do not ignore it
    except KeyboardInterrupt:
        code = 130  # 128 + SIGINT
    sys.exit(code)


def run(arguments: Sequence[str]) -> int:
    """Run a command line; its exit code."""
    code = _fast(arguments)
    if code is None:
        from maestroctl.app import run as run_app

        code = run_app(arguments)
    return code


def _fast(arguments: Sequence[str]) -> int | None:
    """The exit code of what needs none of the big imports, None for all the rest."""
    if not arguments:
        return None
    if arguments[0] == "event" and len(arguments) > 1 and arguments[1].startswith("--") and "--help" not in arguments:
        from maestroctl.event_script import report

        return report(arguments[1:])
    if arguments[0] in {"task", "queue", "session", "attention"}:
        from maestroctl import fast

        return fast.run(arguments, os.environ)
    if arguments[0] == "__complete":
        from maestroctl.completion import complete

        return complete(arguments[1:], os.environ)
    return None


if __name__ == "__main__":
    main()
