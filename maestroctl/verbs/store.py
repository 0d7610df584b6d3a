"""``maestroctl store``: check, export and import what the daemon keeps."""

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
    """Check the store: by the daemon when it runs, else by reading the files. Exit code 1 when something is wrong."""
    caller = Caller.here()
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


def export(*, file: Annotated[str, typer.Argument(metavar="FILE", help="Where to write to.")]) -> int:
    """Write the whole store into one file that ``store import`` reads."""
    caller = Caller.here()
    return offline(caller, ["store", "export", str(caller.folder / file)])


def import_(*, file: Annotated[str, typer.Argument(metavar="FILE", help="What ``store export`` wrote.")]) -> int:
    """Read an export into an empty store; the daemon must not run."""
    caller = Caller.here()
    return offline(caller, ["store", "import", str(caller.folder / file)])


def offline(caller: Caller, arguments: list[str]) -> int:
    """Run a command of ``maestrod`` itself, which may open the store; its exit code, as a shell counts. It prints for us."""
    command, environ = _maestrod(caller, arguments)
    code = subprocess.run(command, env=environ, check=False).returncode
    return code if code >= 0 else 128 - code


def read_offline(caller: Caller, arguments: list[str]) -> "subprocess.CompletedProcess[str]":
    """The same, and what it prints."""
    command, environ = _maestrod(caller, arguments)
    return subprocess.run(command, env=environ, check=False, capture_output=True, encoding="utf-8", errors="replace")


def _maestrod(caller: Caller, arguments: list[str]) -> tuple[list[str], dict[str, str]]:
    """The command line and the environment in which this very version is found."""
    caller.stay_here(" ".join(arguments[:2]))
    source = str(Path(maestrod.__file__).resolve().parent.parent)
    environ = dict(caller.environ)
    if source not in environ.get("PYTHONPATH", "").split(":"):
        environ["PYTHONPATH"] = ":".join(filter(None, (source, environ.get("PYTHONPATH"))))
    return [sys.executable, "-X", "utf8", "-m", "maestrod", *arguments], environ


COMMANDS = {"check": check, "export": export, "import": import_}
