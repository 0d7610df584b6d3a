"""Installs the daemon as a user service: with systemd's user manager on Linux, with launchd on macOS.

``install`` does not start a daemon: it writes the files and enables them for the next login; ``start`` starts it. ``uninstall`` undoes
everything that ``install`` did. If the manager cannot be reached (in a container, or a login without one), the files are still
written, and the remaining commands are printed.
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

#: Seconds for one command of the service manager: more than the daemon has to stop (TimeoutStopSec=40).
_PATIENCE = 60

#: Variables of the user's shell that the service needs: where programs are, and where the daemon keeps its files.
_CARRIED = ("PATH", "MAESTRO_HOME", "MAESTRO_SOCKET", "XDG_DATA_HOME", "XDG_CONFIG_HOME")

#: Printed after something was installed outside the package.
BEFORE_REMOVAL = "Before you remove maestrod from this machine: maestroctl uninstall"

_LINGER_FOLDER = Path("/var/lib/systemd/linger")


@dataclass(frozen=True, slots=True)
class ServiceChange:
    """What was done: the files that changed, and notes for the user, such as commands that remain to be run."""

    manager: str
    files: tuple[Path, ...]
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class ServiceState:
    """The state of the service. ``active`` is the manager's own term; None if it cannot be asked."""

    manager: str
    installed: bool
    reachable: bool
    active: str | None
    folder: Path


class ServiceManager(Protocol):
    """What ``maestroctl daemon`` needs from a service manager."""

    def install(self, service: Service) -> ServiceChange:
        """Write the service's files and enable them. Raises ``Conflict`` for files that are not ours."""

    def uninstall(self) -> ServiceChange:
        """Stop the service and undo the installation. Raises ``Conflict`` for files that are no longer ours."""

    def made_folders(self) -> list[Path]:
        """The folders that ``install`` created, the deepest first."""

    def status(self) -> ServiceState:
        """The state of the service."""

    def start(self) -> None:
        """Start the service. Raises ``Unavailable`` with the manager's message if it does not start."""

    def stop(self) -> None:
        """Stop the service; the configuration says what happens to agents. Raises ``Unavailable``."""

    def restart(self) -> None:
        """Restart the daemon; agents continue. Raises ``Unavailable``."""


def service_manager(environ: Mapping[str, str]) -> ServiceManager:
    """The service manager of this system. Raises ``BadConfiguration`` if it has none that is supported."""
    home = Path(environ.get("HOME") or pwd.getpwuid(os.getuid()).pw_dir)
    if sys.platform == "darwin":
        return Launchd(home / "Library" / "LaunchAgents")
    elif shutil.which("systemctl", path=environ.get("PATH")):  # noqa: RET505 - mypy treats code after a platform check as unreachable
        config = environ.get("XDG_CONFIG_HOME", "")
        return Systemd((Path(config) if config.startswith("/") else home / ".config") / "systemd" / "user")
    else:
        message = "this system has neither systemd nor launchd: start `maestrod` from your session's startup script"
        raise BadConfiguration("service.unsupported", message)


def this_service(environ: Mapping[str, str]) -> Service:
    """This installation of the daemon as a service, with the variables of the user's shell that the manager lacks.

    Raises ``BadConfiguration`` if the folders in ``environ`` cannot be used.
    """
    home = Path(environ.get("HOME") or pwd.getpwuid(os.getuid()).pw_dir)
    carried = {name: environ[name] for name in _CARRIED if environ.get(name)}
    # -P: the service starts in the home folder, whose files must not be imported as modules. Under systemd the journal takes
    # precedence over the log file; launchd's own redirection does not rotate.
    command = (sys.executable, "-X", "utf8", "-P", "-m", "maestrod", "--log", "file")
    needs = (Path(sys.executable), Path(maestrod.__file__).with_name("__main__.py"))
    return Service(command, paths_of(environ).socket, home / "Library" / "Logs" / "maestrod.log", carried, needs)


def lingering() -> bool | None:
    """Whether the user's services continue after logout; None if systemd does not manage that.

    If not, agents are killed when the last login session ends; ``loginctl enable-linger`` changes that.
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
            _run("systemctl", "--user", "reset-failed", *self.units)  # it fails if no unit has failed
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
        # the socket first, or the next client starts the daemon again
        self._must("stop", "maestrod.socket", "maestrod.service")

    def restart(self) -> None:
        self._must("restart", "maestrod.service")
        self._must_not_be_skipped()

    def _reachable(self) -> bool:
        """Whether a user manager answers; containers and ``su`` have none."""
        answer = _run("systemctl", "--user", "show-environment")
        return answer is not None and answer.returncode == 0

    def _must_not_be_skipped(self) -> None:
        """Raise ``Unavailable`` if a condition does not hold: systemd skips such a unit and reports success."""
        answer = _run("systemctl", "--user", "show", "maestrod.service", "--property", "ConditionResult", "--value")
        if answer is not None and answer.stdout.strip() == "no":
            message = "the service belongs to an installation of maestrod that no longer exists: run `maestroctl daemon install`"
            raise Unavailable("service.outlived", message)

    def _must(self, *arguments: str) -> None:
        _must("systemctl", "--user", *arguments)

    def _remove_links(self) -> None:
        """Remove the links that ``enable`` made, since the manager does not answer."""
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
        # bootout, not kill: the socket would start it again
        if self._loaded():
            _must("launchctl", "bootout", self.target)

    def restart(self) -> None:
        self.stop()
        self.start()

    def _loaded(self) -> bool:
        """Whether launchd has loaded the agent."""
        answer = _run("launchctl", "print", self.target)
        return answer is not None and answer.returncode == 0


def _run(*command: str) -> subprocess.CompletedProcess[str] | None:
    """Run one command of the service manager; None if it is missing or does not end."""
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
    """Run one command of the service manager. Raises ``Unavailable`` if it fails."""
    answer = _run(*command)
    if answer is None or answer.returncode != 0:
        words = answer.stderr.strip() if answer else "it could not be run, or did not end"
        raise Unavailable("service.manager", f"`{' '.join(command)}` failed: {words}")
