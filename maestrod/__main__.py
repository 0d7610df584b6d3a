"""``maestrod``: run the daemon in the foreground, maintain its store offline, or show its configuration.

This is the only module of the daemon that turns a result into an exit code. Results (a configuration, an archive) go to
stdout; everything else goes to stderr or the log.
"""

import argparse
import errno
import io
import logging
import os
import sys
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import BinaryIO, Literal

from maestrod import __version__
from maestrod.api.errors import MaestroError, Malformed
from maestrod.api.local.interpreter import start_again

#: 128 plus the number of SIGPIPE, as shells report a program that this signal ended.
CLOSED_PIPE = 141
#: Errors of writing our output to a full disk or a missing device.
_OUTPUT_ERRORS = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EIO})


def main(arguments: Sequence[str] | None = None) -> int:
    """Run ``maestrod`` and return its exit code."""
    if sys.getfilesystemencoding() != "utf-8" or sys.flags.optimize > 1:
        start_again()
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")  # a character that the encoding lacks is not an error
    parsed = _parser().parse_args(arguments)
    command = {"config": _config, "store": _store}.get(parsed.command, _daemon)
    try:
        code = command(parsed)
        sys.stdout.flush()
    except MaestroError as error:
        sys.stderr.write(f"maestrod: {error.message}\n")
        return error.exit_code
    except BrokenPipeError:
        _discard_output()
        return CLOSED_PIPE
    except OSError as error:
        if command is _daemon or error.errno not in _OUTPUT_ERRORS:
            raise
        _discard_output()
        sys.stderr.write(f"maestrod: cannot write: {error.strerror}\n")
        return 1
    return code


def _discard_output() -> None:
    """Send the rest of the output to /dev/null, so that flushing it at exit does not fail again."""
    os.dup2(os.open(os.devnull, os.O_WRONLY | os.O_CLOEXEC), 1)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="maestrod", description="Run and supervise fleets of coding agents.")
    parser.add_argument("--version", action="version", version=f"maestrod {__version__}")
    parser.add_argument(
        "--log", choices=("file", "stderr"), default="stderr", help="where to log, unless under systemd"
    )
    commands = parser.add_subparsers(dest="command", metavar="COMMAND")
    config = commands.add_parser("config", help="Show the configuration")
    config.add_argument("--origin", action="store_true", help="show the origin of each value")
    config.add_argument("--json", action="store_true", help="print one JSON document")
    store = commands.add_parser("store", help="Check, export or import the store while no daemon runs")
    store.add_argument("action", choices=("check", "export", "import"))
    store.add_argument("file", nargs="?", help="the archive; defaults to stdout or stdin")
    store.add_argument("--json", action="store_true", help="print the result of the check as one JSON document")
    return parser


def _daemon(parsed: argparse.Namespace) -> int:
    """Run the daemon until it is asked to stop."""
    import trio

    from maestrod import app
    from maestrod.api.local.address import paths_of
    from maestrod.config import load
    from maestrod.host import service
    from maestrod.host.inherited import take as inherited
    from maestrod.host.logs import logging_to

    where = paths_of(os.environ)
    config, _ = load(where.config, os.environ)
    where.data.mkdir(parents=True, exist_ok=True, mode=0o700)
    service_context = service.take()
    service_context = replace(
        service_context, inherited=inherited(managed=service_context.managed, umask=config.agent_umask)
    )
    path = where.data / "maestrod.log" if parsed.log == "file" else None
    with logging_to(path, config.log_level, service_context.journal_stream):
        found: list[MaestroError] = []
        try:
            trio.run(app.run, where, config, service_context)
        except* MaestroError as errors:
            found = leaves(errors)
        if found:  # raised here, because Python 3.11.2 wraps an error raised in `except*` in a group again
            logging.getLogger("maestrod").error("%s", found[0])
            raise found[0] from None
    return 0


def leaves(group: BaseExceptionGroup[MaestroError]) -> list[MaestroError]:
    """The errors in nested groups."""
    found: list[MaestroError] = []
    for error in group.exceptions:
        found.extend(leaves(error) if isinstance(error, BaseExceptionGroup) else [error])
    return found


def _config(parsed: argparse.Namespace) -> int:
    """Print the configuration."""
    import msgspec

    from maestrod.agents.registry import adapters, strangers
    from maestrod.api.local.address import paths_of
    from maestrod.config import agents_named, load, warnings

    config, origins = load(paths_of(os.environ).config, os.environ)
    for warning in (*strangers(agents_named(config), adapters(config.agents)), *warnings(config)):
        sys.stderr.write(f"warning: {warning}\n")
    if parsed.json:
        shown = origins if parsed.origin else {each.name: each.value for each in origins}
        sys.stdout.write(msgspec.json.format(msgspec.json.encode(shown), indent=2).decode() + "\n")
        return 0
    for each in origins:
        value = msgspec.json.encode(each.value).decode()
        sys.stdout.write(f"{each.name} = {value}" + (f"  # {each.origin}\n" if parsed.origin else "\n"))
    return 0


def _store(parsed: argparse.Namespace) -> int:
    """Check, export or import the store. Takes the data folder's lock, so it fails while a daemon runs."""
    from maestrod.api.local.address import paths_of
    from maestrod.api.local.daemon_lock import Phase
    from maestrod.host.instance import single_instance

    where = paths_of(os.environ)
    where.data.mkdir(parents=True, exist_ok=True, mode=0o700)
    with single_instance(where.data, where.socket, __version__, phase=Phase.OFFLINE):
        return {"check": _check, "export": _export, "import": _import}[parsed.action](where.data, parsed)


def _check(data: Path, parsed: argparse.Namespace) -> int:
    from maestrod.store.fsck import check

    report = check(data)
    if parsed.json:
        import msgspec

        sys.stdout.write(msgspec.json.format(msgspec.json.encode(report), indent=2).decode() + "\n")
        return 0 if report.ok else 1
    for problem in report.problems:
        sys.stdout.write(f"! {problem}\n")
    counts = ", ".join(f"{count} {kind}" for kind, count in report.counts.items())
    sys.stdout.write(f"{'The store is sound' if report.ok else 'The store has problems'}: {counts or 'empty'}\n")
    return 0 if report.ok else 1


def _export(data: Path, parsed: argparse.Namespace) -> int:
    from maestrod.store.transfer import export

    with _archive(parsed.file, "wb") as stream:
        export(data, stream)
    return 0


def _import(data: Path, parsed: argparse.Namespace) -> int:
    from maestrod.store.transfer import import_archive

    with _archive(parsed.file, "rb") as stream:
        import_archive(stream, data)
    return 0


def _archive(file: str | None, mode: Literal["rb", "wb"]) -> BinaryIO:
    """Open the archive; without a name, stdin or stdout. Raises ``Malformed`` when it cannot be opened."""
    if file is None:
        return sys.stdin.buffer if mode == "rb" else sys.stdout.buffer
    try:
        return Path(file).open(mode)
    except OSError as error:
        raise Malformed("usage", f"the archive {file} cannot be opened: {error.strerror}") from error


if __name__ == "__main__":
    sys.exit(main())
