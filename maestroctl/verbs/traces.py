"""Finds and removes everything that maestrod created outside the package, so that nothing stays behind when the package is removed.

That is: hooks in agents' settings, the service, completion files, the daemon with its sessions and, on request, the folders with data
and configuration. Lines that a person wrote by hand, as in a shell's start file, are listed and left to them.
"""

import contextlib
import fcntl
import os
import re
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple

from maestroctl.client.caller import Caller
from maestroctl.install.hook_install import known_settings
from maestroctl.verbs.completion import SCRIPTS, Shell
from maestrod.api.errors import Conflict, MaestroError, NoDaemon
from maestrod.api.local.address import Paths
from maestrod.api.local.own_files import folders_of, remove_own, survey
from maestrod.api.session import SessionStatus
from maestrod.api.system import SessionsOnStop

#: Start files of the shells, where our documentation tells people to put completion.
_START_FILES = (".bashrc", ".bash_profile", ".profile", ".zshrc", ".zprofile", ".config/fish/config.fish")
_COMPLETION_LINE = re.compile(r"^[^#\n]*\bmaestroctl completion\b", re.MULTILINE)
#: Statuses of sessions that have ended.
_OVER = frozenset(status.value for status in SessionStatus if status.is_over)


class Trace(NamedTuple):
    """One thing to remove. ``remove`` raises ``MaestroError`` or ``OSError`` if it cannot.

    ``folders`` were created for it and are removed once they are empty. ``keeps_the_rest`` marks the folder that holds the means to
    restore the others: it stays if one of them could not be removed.
    """

    description: str
    remove: Callable[[], object]
    folders: Sequence[Path] = ()
    keeps_the_rest: bool = False


def traces(caller: Caller, *, data: bool) -> Iterator[Trace]:
    """Everything found, in the order of removal; with ``data`` also the folders."""
    folders = _project_folders(caller)
    for settings in known_settings(caller.paths.data / "hooks", caller.environ, folders):
        yield Trace(f"hooks of {settings.agent} in {settings.path}", settings.remove, settings.made_folders())
    yield from _daemon(caller)
    yield from _service(caller)
    yield from _completion_files(caller.environ)
    if data:
        yield from _data(caller)


def foreign_files(paths: Paths) -> list[Path]:
    """Files and folders in the folders of maestrod that it did not make: ``uninstall --data`` keeps them."""
    return sorted({path for folder, kinds in folders_of(paths).items() for path in survey(folder, kinds).foreign})


def remove_empty(folders: Iterable[Path]) -> None:
    """Remove those of the folders created for us that are empty."""
    for folder in sorted(folders, key=lambda folder: len(folder.parts), reverse=True):
        with contextlib.suppress(OSError):
            folder.rmdir()


def hand_added_completions(environ: Mapping[str, str]) -> Iterator[str]:
    """Completion lines that a person added by hand, each as ``file:line``."""
    for name in _START_FILES:
        path = _home(environ) / name
        with contextlib.suppress(OSError, UnicodeDecodeError):
            text = path.read_text("utf-8")
            for found in _COMPLETION_LINE.finditer(text):
                yield f"{path}:{text.count(chr(10), 0, found.start()) + 1}"


def package_command(location: Path, installer: str, *, editable: bool) -> str:
    """The command that removes the package. ``location`` is its environment, ``installer`` the program that installed it."""
    parts = location.parts
    if editable:
        return f"{sys.executable} -m pip uninstall maestrod, and remove the checkout"
    if "pipx" in parts and "venvs" in parts:
        return "pipx uninstall maestrod"
    if "uv" in parts and "tools" in parts:
        return "uv tool uninstall maestrod"
    if installer == "uv":
        return f"uv pip uninstall --python {sys.executable} maestrod"
    return f"{sys.executable} -m pip uninstall maestrod"


def _daemon(caller: Caller) -> Iterator[Trace]:
    """The daemon with its sessions; also sessions that still run without one, which only a daemon can stop."""
    from maestroctl.verbs.daemon import halt

    try:
        with caller.client(start=False) as client:
            system = client.raw("system.status", {})
    except NoDaemon:
        living = sum(1 for _ in _living_sessions(caller.paths.data))
        if living:
            yield Trace(f"{_count(living, 'session')} left running by a stopped daemon", partial(_stop_left, caller))
        return
    except MaestroError:
        yield Trace("maestrod, which does not answer", partial(halt, caller, SessionsOnStop.STOP))
        return
    alive = sum(number for status, number in system.get("sessions", {}).items() if status not in _OVER)
    description = f"maestrod, process {system['pid']}, with {_count(alive, 'live session')}"
    yield Trace(description, partial(halt, caller, SessionsOnStop.STOP))


def _stop_left(caller: Caller) -> None:
    from maestroctl.client.autostart import ensure
    from maestroctl.verbs.daemon import halt

    ensure(caller.paths, caller.environ)
    halt(caller, SessionsOnStop.STOP)


def _living_sessions(data: Path) -> Iterator[Path]:
    """Folders of sessions whose shim is alive: it holds a lock there."""
    for lock in data.glob("sessions/*/shim.lock"):
        if _is_locked(lock):
            yield lock.parent


def _is_locked(path: Path) -> bool:
    try:
        descriptor = os.open(path, os.O_RDWR | os.O_CLOEXEC)
    except OSError:
        return False
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    else:
        return False
    finally:
        os.close(descriptor)


def _service(caller: Caller) -> Iterator[Trace]:
    from maestroctl.install.service_manager import service_manager

    try:
        manager = service_manager(caller.environ)
        state = manager.status()
    except MaestroError:
        return  # there is no service manager here
    if state.installed:
        yield Trace(f"the service of {state.manager} in {state.folder}", manager.uninstall, manager.made_folders())


def _completion_files(environ: Mapping[str, str]) -> Iterator[Trace]:
    """The file that fish reads, if its content is what we print."""
    path = _config_home(environ) / "fish/completions/maestroctl.fish"
    with contextlib.suppress(OSError, UnicodeDecodeError):
        if path.read_text("utf-8").strip() == SCRIPTS[Shell.FISH].strip():
            yield Trace(f"completion of fish in {path}", path.unlink)


def _data(caller: Caller) -> Iterator[Trace]:
    paths = caller.paths
    home = caller.environ.get("MAESTRO_HOME")
    stop = Path(home).parent if home else _home(caller.environ)
    log = _home(caller.environ) / "Library/Logs/maestrod.log"  # launchd's only
    if log.is_file():
        yield Trace(f"the log {log}", log.unlink)
    for folder, kinds in folders_of(paths).items():
        own = survey(folder, kinds)
        if folder.is_dir() and own.is_removable:
            remove = partial(_remove_folder, folder, kinds, paths.data, stop)
            prefix = "what maestrod made in " if own.foreign else ""
            yield Trace(f"{prefix}the {' and '.join(kinds)} folder {folder}", remove, keeps_the_rest=True)


def _remove_folder(folder: Path, kinds: Sequence[str], data: Path, stop: Path) -> None:
    """Remove our files in a folder, then it and its parents if they are empty, up to ``stop``. Raises ``Conflict`` while a daemon uses it."""
    if _is_locked(data / "lock") or any(_living_sessions(data)):
        raise Conflict("uninstall.in_use", f"{folder} is kept: the daemon or a session is still running")
    remove_own(folder, kinds)
    if folder.exists():
        return  # others use it
    for above in folder.parents:
        if stop not in above.parents:
            return
        try:
            above.rmdir()
        except OSError:  # others use it
            return


def _project_folders(caller: Caller) -> list[Path]:
    """The folders of the projects that a running daemon knows."""
    try:
        with caller.client(start=False) as client:
            items: list[dict[str, Any]] = client.raw("project.list", {"limit": 1000}).get("items", [])
    except MaestroError:
        return []
    return [Path(project["workingDir"]) for project in items if project.get("workingDir")]


def _home(environ: Mapping[str, str]) -> Path:
    return Path(environ.get("HOME") or Path.home())


def _config_home(environ: Mapping[str, str]) -> Path:
    named = environ.get("XDG_CONFIG_HOME", "")
    return Path(named) if named.startswith("/") else _home(environ) / ".config"


def _count(number: int, description: str) -> str:
    return f"{number} {description}{'' if number == 1 else 's'}"
