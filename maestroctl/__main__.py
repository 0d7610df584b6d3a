"""The entry of ``maestroctl``: the shortest way to what was asked.

``event`` and the verbs of workers are answered here by a few light modules; everything else goes through ``app``. Whatever
happens, errors end as one message and an exit code of the table in ``docs/commands.md``, never as a traceback.
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
    except OSError as error:  # what we print to is full, or gone
        code = FAILED
        sys.stderr.write(f"maestroctl: {error.strerror or error}\n")
    # Without the interpreter's tidying-up, which takes as long as some of the commands; there is nothing to tidy up.
    os._exit(code)


def _open_streams() -> None:
    """Give what was closed before we were started (``>&-``) a place to go; Python has None there.

    What the encoding of a terminal or pipe does not have is shown as an escape, never an error.
    """
    if sys.stdout is None or sys.stderr is None:
        nowhere = open(os.devnull, "w", encoding="utf-8")  # noqa: PTH123, SIM115 - pathlib costs time; open until the end
        sys.stdout, sys.stderr = sys.stdout or nowhere, sys.stderr or nowhere
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, _io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")


def run(arguments: Sequence[str]) -> int:
    """Run a command line; its exit code."""
    code = _fast(arguments)
    if code is None:
        gc.disable()  # nothing that importing makes is garbage, and looking for it costs a tenth of the time
        from maestroctl.app import run as run_app

        gc.enable()
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
