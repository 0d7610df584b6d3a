"""``maestroctl store``: check, export and import the store."""

import subprocess
import sys
from pathlib import Path
from typing import Annotated

import typer

import maestrod
from maestroctl.client.caller import Caller
from maestroctl.output import answer, answer_json, safe
from maestroctl.verbs.options import Json
from maestrod.api.errors import NoDaemon


def check(*, as_json: Json = False) -> int:
    """Check the store for problems.

    Asks the daemon if it runs, else reads the files. Exit code 1 if there are problems.
    """
    caller = Caller.of_this_process()
    try:
        with caller.client(start=False) as client:
            report = client.raw("system.check", {})
    except NoDaemon:
        return offline(caller, ["store", "check", *(["--json"] if as_json else [])])
    if as_json:
        answer_json(report)
    else:
        for problem in report.get("problems", ()):
            answer(f"! {safe(problem)}")
        counts = ", ".join(f"{number} {safe(name)}" for name, number in report.get("counts", {}).items())
        answer(f"{'The store is sound' if report['ok'] else 'The store has problems'}: {counts or 'empty'}")
    return 0 if report["ok"] else 1


def export(*, file: Annotated[str, typer.Argument(metavar="FILE", help="The file to write.")]) -> int:
    """Export the whole store to one file, for store import."""
    caller = Caller.of_this_process()
    return offline(caller, ["store", "export", str(caller.folder / file)])


def import_(*, file: Annotated[str, typer.Argument(metavar="FILE", help="A file written by `store export`.")]) -> int:
    """Import an export into an empty store.

    Stop the daemon first.
    """
    caller = Caller.of_this_process()
    return offline(caller, ["store", "import", str(caller.folder / file)])


def offline(caller: Caller, arguments: list[str]) -> int:
    """Run a command of ``maestrod``, which may open the store, with this stdout and stderr; returns the exit code as a shell reports it."""
    command, environ = _maestrod(caller, arguments)
    code = subprocess.run(command, env=environ, check=False).returncode
    return code if code >= 0 else 128 - code


def read_offline(caller: Caller, arguments: list[str]) -> "subprocess.CompletedProcess[str]":
    """The same, and what it prints."""
    command, environ = _maestrod(caller, arguments)
    return subprocess.run(command, env=environ, check=False, capture_output=True, encoding="utf-8", errors="replace")


def _maestrod(caller: Caller, arguments: list[str]) -> tuple[list[str], dict[str, str]]:
    """The command line and environment that run this version of ``maestrod``."""
    caller.require_local(" ".join(arguments[:2]))
    source = str(Path(maestrod.__file__).resolve().parent.parent)
    environ = dict(caller.environ)
    if source not in environ.get("PYTHONPATH", "").split(":"):
        environ["PYTHONPATH"] = ":".join(filter(None, (source, environ.get("PYTHONPATH"))))
    return [sys.executable, "-X", "utf8", "-m", "maestrod", *arguments], environ


COMMANDS = {"check": check, "export": export, "import": import_}
