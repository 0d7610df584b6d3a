"""Installing the daemon as a service of the user: systemd's user manager on Linux, launchd on macOS.

Nothing here starts a daemon behind the user's back: ``install`` puts the files in place and enables them for the next login,
``start`` starts. Everything ``install`` does, ``uninstall`` takes back. Where the manager cannot be reached (a container, a
login without one) the files are still written and the commands that are left to run are told.
"""

import os
import pwd
import shutil
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import maestrod
from maestroctl.install import service_files
from maestroctl.install.service_files import Service
from maestrod.api.errors import BadConfiguration, Unavailable
from maestrod.api.local.address import paths_of

#: Seconds for one command of the service manager: longer than the stop of a daemon may take (TimeoutStopSec=40).
_PATIENCE = 60

#: What the service has to know of the user's shell: where programs are, and where the daemon keeps its files.
_CARRIED = ("PATH", "MAESTRO_HOME", "MAESTRO_SOCKET", "XDG_DATA_HOME", "XDG_CONFIG_HOME")

#: What whoever installs something outside of the package has to know.
BEFORE_REMOVAL = "Before you remove maestrod from this machine: maestroctl uninstall"

_LINGER_FOLDER = Path("/var/lib/systemd/linger")


@dataclass(frozen=True, slots=True)
class ServiceChange:
    """What was done: the files that changed, and sentences for the user, such as commands that are left to run."""

    manager: str
    files: tuple[Path, ...]
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class ServiceState:
    """How the service stands. ``active`` is the manager's own word, None when it cannot be asked."""

    manager: str
    installed: bool
    reachable: bool
    active: str | None
    folder: Path


class ServiceManager(Protocol):
    """What ``maestroctl daemon`` needs of a service manager."""

    def install(self, service: Service) -> ServiceChange:
        """Write the service's files and enable them. Raises ``Conflict`` for files that are not ours."""

    def uninstall(self) -> ServiceChange:
        """Stop the service and take everything back. Raises ``Conflict`` for files that are not ours any more."""

    def made_folders(self) -> list[Path]:
        """The folders that ``install`` made, the lowest first."""

    def status(self) -> ServiceState:
        """How the service stands."""

    def start(self) -> None:
        """Start the service. Raises ``Unavailable`` with the manager's words when it does not start."""

    def stop(self) -> None:
        """Stop the service; agents are treated by the daemon's policy. Raises ``Unavailable``."""

    def restart(self) -> None:
        """Replace the daemon; agents stay. Raises ``Unavailable``."""


def service_manager(environ: Mapping[str, str]) -> ServiceManager:
    """The service manager of this system. Raises ``BadConfiguration`` where there is none we know."""
    home = Path(environ.get("HOME") or pwd.getpwuid(os.getuid()).pw_dir)
    if sys.platform == "darwin":
        return Launchd(home / "Library" / "LaunchAgents")
    elif shutil.which("systemctl", path=environ.get("PATH")):  # noqa: RET505 - mypy takes what follows a platform check for dead code
        config = environ.get("XDG_CONFIG_HOME", "")
        return Systemd((Path(config) if config.startswith("/") else home / ".config") / "systemd" / "user")
    else:
        message = "there is neither systemd nor launchd here: run `maestrod` from whatever starts your session"
        raise BadConfiguration("service.unsupported", message)


def this_service(environ: Mapping[str, str]) -> Service:
    """This installation of the daemon as a service, with what the user's shell knows and the manager does not.

    Raises ``BadConfiguration`` when the places in ``environ`` cannot be used.
    """
    home = Path(environ.get("HOME") or pwd.getpwuid(os.getuid()).pw_dir)
    carried = {name: environ[name] for name in _CARRIED if environ.get(name)}
    # -P: the service starts in the home folder, whose files must not pass for modules. Under systemd the journal takes
    # precedence over the file; launchd's own redirection does not rotate.
    command = (sys.executable, "-X", "utf8", "-P", "-m", "maestrod", "--log", "file")
    needs = (Path(sys.executable), Path(maestrod.__file__).with_name("__main__.py"))
    return Service(command, paths_of(environ).socket, home / "Library" / "Logs" / "maestrod.log", carried, needs)


def lingering() -> bool | None:
    """Whether the user's services go on after log-out; None where systemd does not manage that.

    Off means that agents are killed when the last session ends: ``loginctl enable-linger`` turns it on.
    """
    if not _LINGER_FOLDER.parent.is_dir():
        return None
    return (_LINGER_FOLDER / pwd.getpwuid(os.getuid()).pw_name).exists()


class Systemd:
    """systemd's manager for this user."""

    units = ("maestrod.service", "maestrod.socket")

    def __init__(self, folder: Path) -> None:
        """``folder`` is where the user's units are, usually ``~/.config/systemd/user``."""
        self.folder = folder

    def install(self, service: Service) -> ServiceChange:
        changed = service_files.place(self.folder, service_files.systemd_units(service))
        notes = []
        if self._reachable():
            self._must("daemon-reload")
            self._must("enable", *self.units)
            notes.append("It starts at the next login, or now with `maestroctl daemon start`.")
        else:
            commands = (
                "systemctl --user daemon-reload && systemctl --user enable --now maestrod.socket maestrod.service"
            )
            notes.append(f"No systemd user manager answers here. In a login session, run: {commands}")
        if lingering() is False:
            notes.append("Agents end when you log out. To keep them: loginctl enable-linger")
        notes.append(BEFORE_REMOVAL)
        return ServiceChange("systemd", tuple(changed), tuple(notes))

    def uninstall(self) -> ServiceChange:
        reachable = self._reachable()
        if service_files.placed_by_us(self.folder, self.units) and reachable:
            self._must("disable", "--now", *self.units)
            _run("systemctl", "--user", "reset-failed", *self.units)  # it fails when nothing had failed
        removed = service_files.remove(self.folder, self.units)
        self._remove_links()
        if reachable:
            self._must("daemon-reload")
        return ServiceChange("systemd", tuple(removed), () if removed else ("It was not installed.",))

    def made_folders(self) -> list[Path]:
        return service_files.made_folders(self.folder, self.units)

    def status(self) -> ServiceState:
        answer = _run("systemctl", "--user", "is-active", "maestrod.service")
        reachable = self._reachable()
        active = answer.stdout.strip() if answer and reachable else None
        return ServiceState("systemd", service_files.is_placed(self.folder, self.units), reachable, active, self.folder)

    def start(self) -> None:
        self._must("start", "maestrod.socket", "maestrod.service")
        self._must_not_be_skipped()

    def stop(self) -> None:
        # the socket first, or the next client starts it again
        self._must("stop", "maestrod.socket", "maestrod.service")

    def restart(self) -> None:
        self._must("restart", "maestrod.service")
        self._must_not_be_skipped()

    def _reachable(self) -> bool:
        """Whether a user manager answers; containers and ``su`` have none."""
        answer = _run("systemctl", "--user", "show-environment")
        return answer is not None and answer.returncode == 0

    def _must_not_be_skipped(self) -> None:
        """Systemd takes a unit whose conditions do not hold for started. Raises ``Unavailable``."""
        answer = _run("systemctl", "--user", "show", "maestrod.service", "--property", "ConditionResult", "--value")
        if answer is not None and answer.stdout.strip() == "no":
            message = (
                "the service is of an installation of maestrod that is gone: renew it with `maestroctl daemon install`"
            )
            raise Unavailable("service.outlived", message)

    def _must(self, *arguments: str) -> None:
        _must("systemctl", "--user", *arguments)

    def _remove_links(self) -> None:
        """Remove what ``enable`` made, for when the manager that would do it does not answer."""
        for target, unit in (("default", "maestrod.service"), ("sockets", "maestrod.socket")):
            link = self.folder / f"{target}.target.wants" / unit
            if link.is_symlink() and not link.exists():
                link.unlink()


class Launchd:
    """launchd's domain of this user's graphical login."""

    names = ("maestrod.plist",)

    def __init__(self, folder: Path) -> None:
        """``folder`` is where the user's agents are, usually ``~/Library/LaunchAgents``."""
        self.folder = folder
        self.domain = f"gui/{os.getuid()}"
        self.target = f"{self.domain}/maestrod"

    def install(self, service: Service) -> ServiceChange:
        changed = service_files.place(self.folder, service_files.launchd_agent(service))
        service.socket.parent.mkdir(mode=0o700, parents=True, exist_ok=True)  # launchd binds the socket, not the daemon
        return ServiceChange(
            "launchd",
            tuple(changed),
            ("It starts at the next login, or now with `maestroctl daemon start`.", BEFORE_REMOVAL),
        )

    def uninstall(self) -> ServiceChange:
        if service_files.placed_by_us(self.folder, self.names):
            self.stop()
        removed = service_files.remove(self.folder, self.names)
        return ServiceChange("launchd", tuple(removed), () if removed else ("It was not installed.",))

    def made_folders(self) -> list[Path]:
        return service_files.made_folders(self.folder, self.names)

    def status(self) -> ServiceState:
        loaded = self._loaded()
        domain = _run("launchctl", "print", self.domain)
        reachable = domain is not None and domain.returncode == 0
        active = ("active" if loaded else "inactive") if reachable else None
        return ServiceState("launchd", service_files.is_placed(self.folder, self.names), reachable, active, self.folder)

    def start(self) -> None:
        if not self._loaded():
            _must("launchctl", "bootstrap", self.domain, str(self.folder / self.names[0]))
        _must("launchctl", "kickstart", self.target)

    def stop(self) -> None:
        # booted out, not killed: its socket would start it again
        if self._loaded():
            _must("launchctl", "bootout", self.target)

    def restart(self) -> None:
        self.stop()
        self.start()

    def _loaded(self) -> bool:
        """Whether launchd knows the agent."""
        answer = _run("launchctl", "print", self.target)
        return answer is not None and answer.returncode == 0


def _run(*command: str) -> subprocess.CompletedProcess[str] | None:
    """Run one command of the service manager; None when it is not there or does not end."""
    try:
        return subprocess.run(
            command,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            encoding="utf-8",
            errors="replace",
            timeout=_PATIENCE,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired):
        return None


def _must(*command: str) -> None:
    """Run one command of the service manager and expect it to work."""
    answer = _run(*command)
    if answer is None or answer.returncode != 0:
        words = answer.stderr.strip() if answer else "it cannot be run, or did not end"
        raise Unavailable("service.manager", f"`{' '.join(command)}` failed: {words}")
