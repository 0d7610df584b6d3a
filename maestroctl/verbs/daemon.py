"""``maestroctl daemon``: start, stop and install the daemon."""

from typing import Annotated, Any

import typer

from maestroctl.client.caller import Caller
from maestroctl.client.daemon_end import await_end, end_unanswering
from maestroctl.client.diagnosis import how_ended, why_holder_silent
from maestroctl.client.errors import ABSENT
from maestroctl.output import answer, answer_json, safe
from maestroctl.verbs.options import Json
from maestrod.api.errors import BadConfiguration, MaestroError, NoDaemon
from maestrod.api.local.daemon_lock import holder_of
from maestrod.api.system import SessionsOnStop


def start(*, as_json: Json = False) -> int:
    """Start the daemon if it is not running."""
    from maestroctl.client.autostart import ensure

    caller = Caller.of_this_process()
    caller.require_local("daemon start")
    ensure(caller.paths, caller.environ)
    return _report(caller, as_json=as_json)


def stop(
    *,
    sessions: Annotated[
        SessionsOnStop, typer.Option("--sessions", help="Keep sessions running, or stop them.")
    ] = SessionsOnStop.KEEP,
    as_json: Json = False,
) -> int:
    """Stop the daemon.

    Sessions continue, and the next daemon adopts them, unless you pass --sessions stop.
    """
    caller = Caller.of_this_process()
    try:
        reply = halt(caller, sessions)
    except NoDaemon as error:
        if error.reason not in ABSENT:
            raise
        if as_json:
            answer_json({"running": False})
        else:
            answer("maestrod is not running.")
        return 0
    if as_json:
        answer_json({"running": False, **reply})
    elif reply.get("forced"):
        answer("maestrod ended")
    else:
        answer(f"maestrod stopped; {reply.get('sessionsLeft', 0)} sessions left running")
    return 0


def restart(*, as_json: Json = False) -> int:
    """Restart the daemon; sessions continue."""
    from maestroctl.client.autostart import ensure

    caller = Caller.of_this_process()
    caller.require_local("daemon restart")
    _check_configuration(caller)
    manager = _active_manager(caller)
    if manager is not None:
        manager.restart()
    else:
        try:
            halt(caller, SessionsOnStop.KEEP)
        except NoDaemon as error:
            if error.reason not in ABSENT:
                raise
        ensure(caller.paths, caller.environ)
    return _report(caller, as_json=as_json)


def _check_configuration(caller: Caller) -> None:
    """Leave the running daemon alone if a new one could not start: raises ``BadConfiguration``."""
    from maestroctl.verbs.store import read_offline

    done = read_offline(caller, ["config", "--json"])
    if done.returncode:
        words = done.stderr.strip().splitlines() or [f"`maestrod config` {how_ended(done.returncode)}"]
        raise BadConfiguration(
            "config", f"{safe(words[-1].removeprefix('maestrod: '))}. The running daemon was not restarted"
        )


def status(*, as_json: Json = False) -> int:
    """Show whether the daemon runs and how it was started.

    Exit code 69 if it does not run.
    """
    caller = Caller.of_this_process()
    try:
        return _report(caller, as_json=as_json)
    except NoDaemon as error:
        if as_json or error.reason not in ABSENT:
            raise
        holder = None if caller.is_remote else holder_of(caller.paths.data)
        answer("maestrod is not running." if holder is None else f"{why_holder_silent(holder, None).message}.")
        for line in _service_lines(caller):
            answer(line)
        return NoDaemon.exit_code


def install(*, as_json: Json = False) -> int:
    """Install the daemon as a user service (systemd or launchd).

    The service starts the daemon when you log in.
    """
    from maestroctl.install.service_manager import service_manager, this_service

    caller = Caller.of_this_process()
    caller.require_local("daemon install")
    return _outcome(service_manager(caller.environ).install(this_service(caller.environ)), as_json=as_json)


def uninstall(*, as_json: Json = False) -> int:
    """Remove the user service.

    Removes everything that install created. Data stays.
    """
    from maestroctl.install.service_manager import service_manager

    caller = Caller.of_this_process()
    caller.require_local("daemon uninstall")
    return _outcome(service_manager(caller.environ).uninstall(), as_json=as_json)


def halt(caller: Caller, sessions: SessionsOnStop) -> dict[str, Any]:
    """Stop the daemon and return when it has exited. Raises ``NoDaemon`` if none runs.

    A daemon that does not answer gets SIGCONT, SIGTERM and finally SIGKILL; its sessions then continue, whatever ``sessions`` says.
    """
    manager = None if caller.is_remote else _active_manager(caller)
    try:
        with caller.client(start=False) as client:
            reply: dict[str, Any] = client.raw("system.stop", {"sessions": sessions.value})
    except NoDaemon as error:
        if caller.is_remote:
            raise
        reply = end_unanswering(caller.paths, error, sessions)
    if manager is not None:
        manager.stop()  # or the manager would start it again
    if not caller.is_remote:
        await_end(caller.paths)
    return reply


def _active_manager(caller: Caller) -> Any:
    """The service manager that runs this daemon, None when it runs without one."""
    if caller.environ.get("MAESTRO_HOME") or caller.environ.get("MAESTRO_SOCKET"):
        return None
    from maestroctl.install.service_manager import service_manager

    try:
        manager = service_manager(caller.environ)
        return manager if manager.status().active == "active" else None
    except MaestroError:
        return None


def _report(caller: Caller, *, as_json: bool) -> int:
    """Print the daemon's status. Raises ``NoDaemon``."""
    with caller.client(start=False) as client:
        system = client.raw("system.status", {})
    if as_json:
        answer_json({"running": True, **system})
        return 0
    answer(
        f"maestrod {safe(system['version'])} runs as process {system['pid']} on {safe(system.get('socket') or caller.paths.socket)}"
    )
    if system.get("remoteUrl"):
        answer(f"other machines: {safe(system['remoteUrl'])} --fingerprint {safe(system.get('fingerprint', ''))}")
    for line in [] if caller.is_remote else _service_lines(caller):
        answer(line)
    return 0


def _service_lines(caller: Caller) -> list[str]:
    from maestroctl.install.service_manager import service_manager

    try:
        state = service_manager(caller.environ).status()
    except MaestroError as error:
        return [f"service: {safe(error.message)}"]
    if not state.installed:
        return [f"service: not installed with {state.manager} (maestroctl daemon install)"]
    return [f"service: installed with {state.manager}, {state.active or 'state unknown'}"]


def _outcome(outcome: Any, *, as_json: bool) -> int:
    if as_json:
        document = {"manager": outcome.manager, "files": [str(path) for path in outcome.files], "notes": outcome.notes}
        answer_json(document)
        return 0
    for path in outcome.files:
        answer(str(path))
    for note in outcome.notes:
        answer(note)
    if not outcome.files:
        answer("Nothing to change.")
    return 0


COMMANDS = {
    "start": start,
    "stop": stop,
    "restart": restart,
    "status": status,
    "install": install,
    "uninstall": uninstall,
}
