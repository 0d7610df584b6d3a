"""``maestroctl uninstall``: remove everything that maestrod created outside the package."""

import sys
from importlib import metadata
from pathlib import Path
from typing import Annotated

import typer

from maestroctl.client.caller import Caller
from maestroctl.output import answer, answer_json, safe, say
from maestroctl.verbs.options import Json
from maestroctl.verbs.traces import Trace, foreign_files, hand_added_completions, package_command, remove_empty, traces
from maestrod.api.errors import MaestroError, Malformed

_KEPT = "Data and configuration are kept; to remove them too, add --data."


def command(
    *,
    data: Annotated[bool, typer.Option("--data", help="Also remove data, history and configuration.")] = False,
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Remove without asking.")] = False,
    as_json: Json = False,
) -> int:
    """Remove everything maestrod created outside its package.

    Stops the daemon and its sessions, and removes hooks, the service and completion. Lists what it found and asks first;
    without a terminal it only lists, unless you pass --yes. Other files in its folders are kept and listed. Exit code 1 if something was not removed.
    """
    caller = Caller.of_this_process()
    caller.require_local("uninstall")
    if caller.in_session:
        raise Malformed("usage", "uninstall is not available inside an agent's session: run it in your own shell")
    found_traces = list(traces(caller, data=data))
    kept = [str(path) for path in foreign_files(caller.paths)] if data else []
    confirmed = yes or (not as_json and _confirm(found_traces))
    failed = _remove(found_traces) if confirmed else {}
    lines, package = list(hand_added_completions(caller.environ)), _package_command()
    if as_json:
        removed = [trace.description for trace in found_traces if confirmed and trace.description not in failed]
        known = {
            "found": [trace.description for trace in found_traces],
            "removed": removed,
            "failed": failed,
            "kept": kept,
        }
        answer_json({**known, "leftToYou": lines, "package": package})
    else:
        _report(
            found_traces, failed, confirmed=confirmed, again=f"maestroctl uninstall{' --data' if data else ''} --yes"
        )
        for path in kept:
            answer(f"kept {safe(path)}: not made by maestrod")
        if not data:
            answer(_KEPT)
        for line in lines:
            answer(f"Remove this completion line, which you added yourself: {line}")
        answer(f"Then remove the package: {package}")
    return 1 if failed or (found_traces and not confirmed) else 0


def _confirm(found_traces: list[Trace]) -> bool:
    """Show what would be removed, and ask at a terminal."""
    for trace in found_traces:
        answer(f"- {safe(trace.description)}")
    if not found_traces or not (sys.stdin.isatty() and sys.stdout.isatty()):
        return False
    return typer.confirm("Remove all of this?", err=True)


def _remove(found_traces: list[Trace]) -> dict[str, str]:
    """Remove what was found; what could not be, and why."""
    failed: dict[str, str] = {}
    for trace in found_traces:
        if failed and trace.keeps_the_rest:
            failed[trace.description] = "kept because something else could not be removed"
            continue
        try:
            trace.remove()
        except MaestroError as error:
            failed[trace.description] = error.message
        except OSError as error:
            failed[trace.description] = str(error)
    remove_empty(folder for trace in found_traces for folder in trace.folders)
    return failed


def _report(found_traces: list[Trace], failed: dict[str, str], *, confirmed: bool, again: str) -> None:
    for trace in found_traces if confirmed else ():
        if trace.description in failed:
            answer(f"✘ {safe(trace.description)}: {safe(failed[trace.description])}")
        else:
            answer(f"✔ removed {safe(trace.description)}")
    if not found_traces:
        answer("Nothing to remove outside the package.")
    elif not confirmed:
        say(f"Nothing was removed. To remove it: {again}")


def _package_command() -> str:
    try:
        package = metadata.distribution("maestrod")
    except metadata.PackageNotFoundError:
        return "remove the checkout"
    editable = '"editable": true' in (package.read_text("direct_url.json") or "")
    return package_command(Path(sys.prefix), (package.read_text("INSTALLER") or "").strip(), editable=editable)
