"""The caller's environment, read once per command from the process.

The global flags become environment variables, so that they may stand anywhere on the command line and every command finds them in
one place.
"""

import os
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Self

from maestroctl.client import session_env
from maestroctl.client.client import Client
from maestroctl.output import coloured
from maestrod.api.errors import Malformed
from maestrod.api.local.address import Paths, paths_of

#: Global flag without a value: variable and its value.
_FLAGS = {"--no-autostart": ("MAESTRO_NO_AUTOSTART", "1")}

#: Global flag with a value: variable.
_VALUES = {
    "--color": "MAESTRO_COLOR",
    "--url": "MAESTRO_URL",
    "--token-file": "MAESTRO_TOKEN_FILE",
    "--ca-file": "MAESTRO_CA_FILE",
    "--fingerprint": "MAESTRO_FINGERPRINT",
}


class Caller:
    """The environment of one command."""

    def __init__(self, environ: Mapping[str, str]) -> None:
        """Raises ``BadConfiguration`` if the environment names folders that cannot be used."""
        self.environ = environ
        self.paths: Paths = paths_of(environ)

    @classmethod
    def of_this_process(cls) -> Self:
        """The caller of this process."""
        return cls(os.environ)

    @property
    def is_remote(self) -> bool:
        """Whether the daemon is on another machine."""
        return bool(self.environ.get("MAESTRO_URL"))

    def require_local(self, command: str) -> None:
        """Refuse a command that only works on the daemon's own machine. Raises ``Malformed``."""
        if self.is_remote:
            raise Malformed("usage", f"{command} works on this machine only: leave out --url (and unset MAESTRO_URL)")

    @property
    def in_session(self) -> bool:
        """Whether an agent's session is calling."""
        return bool(self.environ.get(session_env.SESSION))

    @property
    def coloured(self) -> bool:
        """Whether stdout may have colours."""
        return coloured(self.environ.get("MAESTRO_COLOR", "auto"), self.environ, sys.stdout)

    @property
    def folder(self) -> Path:
        """The current directory. Raises ``Malformed`` if it was removed."""
        try:
            return Path.cwd()
        except FileNotFoundError as error:
            raise Malformed("usage", "the current directory was removed: cd to another one") from error

    @staticmethod
    def wire_path(path: Path) -> str:
        """A path as UTF-8, like the daemon's: the caller's locale may decode its bytes in another way."""
        return os.fsencode(path).decode("utf-8", "surrogateescape")

    def absolute(self, path: str) -> str:
        """The absolute path of a folder: the daemon has another working directory.

        Raises ``Malformed`` for an empty path (an unset variable must not mean the current directory), and for a relative path if the
        daemon is on another machine.
        """
        if not path.strip():
            raise Malformed("usage", "the folder's name is empty; use `.` for the current directory")
        if not self.is_remote:
            return self.wire_path(self.folder / Path(path).expanduser())
        if not path.startswith("/"):
            raise Malformed("usage", f"{path}: use an absolute path on the daemon's machine")
        return path

    def client(self, *, start: bool = True, patience: float | None = None) -> Client:
        """A client that starts a daemon if none runs and it may; ``patience`` is how many seconds it waits for a lost one."""
        token = self.environ.get(session_env.TOKEN) or None
        if patience is None:
            patience = session_env.patience("", {}, self.environ)
        if self.is_remote:
            from maestroctl.client.remote import Remote

            return Client(Remote.of(self.environ).open, token=token, patience=patience)
        return Client(
            self.paths, token=token, start=self._ensure if start and self._may_start else None, patience=patience
        )

    @property
    def _may_start(self) -> bool:
        return self.environ.get("MAESTRO_NO_AUTOSTART", "") in {"", "0"}

    def _ensure(self) -> None:
        from maestroctl.client import autostart

        if self.in_session:
            autostart.await_return(self.paths, session_env.SESSION_PATIENCE)
        else:
            autostart.ensure(self.paths, self.environ)


def take_global_flags(arguments: Sequence[str]) -> tuple[list[str], dict[str, str]]:
    """The arguments without the global flags, and the variables that the flags set. Nothing after ``--`` is a flag."""
    rest: list[str] = []
    variables: dict[str, str] = {}
    pending = list(arguments)
    while pending:
        argument = pending.pop(0)
        name, equals, value = argument.partition("=")
        if argument == "--":
            return [*rest, argument, *pending], variables
        if argument in _FLAGS:
            variable, setting = _FLAGS[argument]
            variables[variable] = setting
        elif name in _VALUES and (equals or pending):
            variables[_VALUES[name]] = value if equals else pending.pop(0)
        else:
            rest.append(argument)
    return rest, variables
