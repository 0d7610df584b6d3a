"""The entry point of ``maestroctl``: takes the fastest path to the requested command.

A few light modules handle ``event`` and the verbs of workers; everything else goes through ``app``. Every error ends as one
message and an exit code from the table in ``docs/commands.md``, never as a traceback.
"""

import _io
import gc
import os
import sys
from collections.abc import Sequence

#: 128 and the signal's number, as a shell reports programs that a signal ended: SIGPIPE, SIGINT.
CLOSED_PIPE = 141
INTERRUPTED = 130

FAILED = 1


def main() -> None:
    """Run the command line of this process and exit."""
    if sys.getfilesystemencoding() == "ascii" or sys.flags.optimize > 1:
        from maestrod.api.local.interpreter import start_again

        start_again()
    _open_streams()
    try:
        code = run(sys.argv[1:])
        sys.stdout.flush()
    except BrokenPipeError:
        code = CLOSED_PIPE
    except KeyboardInterrupt:
        code = INTERRUPTED
    except OSError as error:  # the output is full or gone
        code = FAILED
        sys.stderr.write(f"maestroctl: {error.strerror or error}\n")
    # Skip the interpreter's shutdown: it takes as long as some commands, and there is nothing to clean up.
    os._exit(code)


def _open_streams() -> None:
    """Replace streams that the caller closed (``>&-``), for which Python has None.

    Characters that the encoding of a terminal or pipe lacks are printed as escapes and raise no error.
    """
    if sys.stdout is None or sys.stderr is None:
        nowhere = open(os.devnull, "w", encoding="utf-8")  # noqa: PTH123, SIM115 - pathlib costs time; open until the end
        sys.stdout, sys.stderr = sys.stdout or nowhere, sys.stderr or nowhere
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, _io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")


def run(arguments: Sequence[str]) -> int:
    """Run a command line and return its exit code."""
    code = _fast(arguments)
    if code is None:
        gc.disable()  # imports create no garbage, and looking for it costs a tenth of the time
        from maestroctl.app import run as run_app

        gc.enable()
        code = run_app(arguments)
    return code


def _fast(arguments: Sequence[str]) -> int | None:
    """Run a command that needs none of the big imports and return its exit code; None for all others."""
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
