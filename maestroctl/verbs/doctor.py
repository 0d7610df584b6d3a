"""``maestroctl doctor``: checks the installation and the daemon, and says how to fix what is wrong."""

import json
import os
import shlex
import stat
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

import maestrod
from maestroctl.client.autostart import LOG
from maestroctl.client.caller import Caller
from maestroctl.client.client import Client
from maestroctl.client.diagnosis import STARTING, how_ended, why_holder_silent
from maestroctl.client.errors import ABSENT
from maestroctl.output import answer, answer_json, safe
from maestroctl.verbs.options import Json
from maestrod.api.errors import MaestroError, NoDaemon
from maestrod.api.local.daemon_lock import holder_of, is_held


class Finding(NamedTuple):
    """The result of one check: ``ok``, ``note`` (for information) or ``bad``."""

    verdict: str
    subject: str
    detail: str


_SIGNS = {"ok": "✔", "note": "·", "bad": "✘"}


def command(*, as_json: Json = False) -> int:
    """Check the installation and the daemon for problems.

    Checks folders, permissions, versions, the service, agents and the store. Starts nothing. Exit code 1 if a check fails.

    docs/troubleshooting.md explains more, by symptom.
    """
    caller = Caller.of_this_process()
    caller.require_local("doctor")
    findings = list(examine(caller))
    if as_json:
        answer_json({"ok": all(f.verdict != "bad" for f in findings), "findings": [f._asdict() for f in findings]})
    else:
        for finding in findings:
            answer(f"{_SIGNS[finding.verdict]} {finding.subject}: {finding.detail}")
    return 1 if any(finding.verdict == "bad" for finding in findings) else 0


def examine(caller: Caller) -> Iterator[Finding]:
    """All checks, in the order in which a person would ask."""
    yield Finding("ok", "maestroctl", f"{maestrod.__version__}, Python {sys.version.split()[0]} at {sys.executable}")
    for name in ("data", "runtime", "config"):
        yield _folder(name, getattr(caller.paths, name), private=name != "config")
    yield from _configuration(caller)
    yield from _log(caller.paths.data / LOG)
    yield from _quarantine(caller.paths.data / "quarantine")
    yield from _service(caller)
    yield from _hooks(caller)
    try:
        with caller.client(start=False) as client:
            yield from _daemon(caller, client)
    except NoDaemon as error:
        if error.reason not in ABSENT or is_held(caller.paths.data):
            yield _unanswering(caller, error)
            return
        yield Finding("note", "daemon", f"not running: {safe(error.message)}")
        if (caller.paths.data / "format").exists():
            yield from _files(caller)
    except MaestroError as error:
        yield Finding("bad", "daemon", safe(error.message))


def _unanswering(caller: Caller, error: NoDaemon) -> Finding:
    """A daemon that holds the lock but does not answer, or that is still starting."""
    holder = holder_of(caller.paths.data)
    if error.reason in ABSENT and holder is not None:
        error = why_holder_silent(holder, None)
    return Finding("note" if error.reason == STARTING else "bad", "daemon", safe(error.message))


def _folder(name: str, path: Path, *, private: bool) -> Finding:
    """One of our folders: it exists, belongs to the user, and is private if it has to be."""
    subject = f"{name} folder"
    try:
        status = path.stat()
    except FileNotFoundError:
        return Finding("note", subject, f"{path} (not created yet)")
    except OSError as error:
        return Finding("bad", subject, f"{path}: {error.strerror}")
    if status.st_uid != os.getuid():
        return Finding("bad", subject, f"{path} belongs to user {status.st_uid}: change the owner with chown")
    if private and status.st_mode & 0o077:
        return Finding("bad", subject, f"{path} has mode {stat.S_IMODE(status.st_mode):04o}: chmod 700 {path}")
    if not os.access(path, os.W_OK):
        return Finding("bad", subject, f"{path} is not writable")
    return Finding("ok", subject, str(path))


def _log(path: Path) -> Iterator[Finding]:
    """Where the daemon says what it does. A service of systemd says it to the journal."""
    if path.exists():
        yield Finding("ok", "log", str(path))


def _quarantine(folder: Path) -> Iterator[Finding]:
    """What the daemon could not read, or would not take over from an edited file."""
    try:
        reasons = sorted(folder.glob("*.reason.txt"))
    except OSError:  # the data folder was found unreadable already
        return
    if reasons:
        yield Finding(
            "note", "put aside", f"{len(reasons)} in {folder}, each with its reason; latest: {reasons[-1].name}"
        )


def _service(caller: Caller) -> Iterator[Finding]:
    from maestroctl.install.service_manager import lingering, service_manager

    try:
        state = service_manager(caller.environ).status()
    except MaestroError as error:
        yield Finding("note", "service", safe(error.message))
        return
    if not state.installed:
        yield Finding("note", "service", f"not installed with {state.manager} (maestroctl daemon install)")
        return
    yield Finding("ok", "service", f"installed with {state.manager}, {state.active or 'state unknown'}")
    if state.manager == "systemd":
        yield Finding("ok", "log of the service", "journalctl --user -u maestrod")
    if lingering() is False:
        yield Finding("note", "log-out", "stops agents; to keep them running: loginctl enable-linger")


def _hooks(caller: Caller) -> Iterator[Finding]:
    """Installed hooks: where they are, and which would not work or do harm."""
    from maestroctl.install.hook_install import known_settings, project_of

    for settings in known_settings(caller.paths.data / "hooks", caller.environ, ()):
        state, subject = settings.state(), f"hooks of {settings.agent}"
        if not state.problem:
            yield Finding("ok", subject, f"installed in {state.path}")
            continue
        project = project_of(settings, caller.environ)
        where = "" if project is None else f" --project {shlex.quote(str(project))}"
        again = f"maestroctl hooks install --agent {settings.agent}{where}"
        yield Finding("bad", subject, f"{state.path}: {safe(state.problem)} ({again})")


def _daemon(caller: Caller, client: Client) -> Iterator[Finding]:
    system = client.raw("system.status", {})
    version = system["version"]
    if version == maestrod.__version__:
        yield Finding(
            "ok",
            "daemon",
            f"{version}, process {system['pid']}, on {safe(system.get('socket') or caller.paths.socket)}",
        )
    else:
        yield Finding("bad", "daemon", f"is version {safe(version)}: run `maestroctl daemon restart`")
    if system.get("dataDir") and Path(system["dataDir"]) != caller.paths.data:
        yield Finding(
            "bad", "daemon", f"works on {safe(system['dataDir'])}, not on {caller.paths.data}: MAESTRO_HOME differs"
        )
    for problem in system.get("problems", ()):
        yield Finding("bad", "daemon", safe(problem))
    checks: tuple[Callable[[Client], Iterator[Finding]], ...] = (_agents, _projects, _store)
    for check in checks:
        yield from check(client)


def _agents(client: Client) -> Iterator[Finding]:
    for agent in client.raw("agent.list", {}).get("items", ()):
        if agent.get("available", True):
            yield Finding("ok", f"agent {safe(agent['name'])}", safe(agent.get("version") or "ready"))
        else:
            yield Finding("note", f"agent {safe(agent['name'])}", safe(agent.get("missing") or "not available"))


def _projects(client: Client) -> Iterator[Finding]:
    """Projects whose folder is missing or was replaced, and projects that share a name."""
    projects = client.raw("project.list", {"limit": 1000}).get("items", ())
    names = [project["name"] for project in projects]
    for project in projects:
        subject = f"project {safe(project['name'])}"
        if project.get("problem"):
            yield Finding("bad", subject, f"{safe(project['workingDir'])}: {safe(project['problem'])}")
        if names.count(project["name"]) > 1:
            yield Finding(
                "note", subject, f"another project has the same name: use the id {project['id']}, or rename it"
            )


def _configuration(caller: Caller) -> Iterator[Finding]:
    """Whether a daemon could start with the configuration, and which of its entries name something missing."""
    from maestroctl.verbs.store import read_offline

    done = read_offline(caller, ["config", "--json"])
    lines = [safe(line) for line in done.stderr.splitlines() if line.strip()]
    if done.returncode:
        words = lines[-1].removeprefix("maestrod: ") if lines else f"`maestrod config` {how_ended(done.returncode)}"
        yield Finding("bad", "configuration", words)
        return
    for line in lines:
        yield Finding("note", "configuration", line.removeprefix("warning: "))
    if not lines:
        yield Finding("ok", "configuration", "valid")


def _files(caller: Caller) -> Iterator[Finding]:
    """The store, read from its files while no daemon runs."""
    from maestroctl.verbs.store import read_offline

    done = read_offline(caller, ["store", "check", "--json"])
    try:
        report = json.loads(done.stdout)
    except ValueError:
        words = done.stderr.strip().splitlines() or [f"`maestrod store check` {how_ended(done.returncode)}"]
        yield Finding("bad", "store", safe(words[-1].removeprefix("maestrod: ")))
    else:
        yield from _report(report)


def _store(client: Client) -> Iterator[Finding]:
    yield from _report(client.raw("system.check", {}))


def _report(report: dict[str, Any]) -> Iterator[Finding]:
    for problem in report.get("problems", ()):
        yield Finding("bad", "store", safe(problem))
    if report["ok"]:
        counts = ", ".join(f"{number} {safe(name)}" for name, number in report.get("counts", {}).items())
        yield Finding("ok", "store", counts or "empty")
