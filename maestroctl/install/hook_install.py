"""Installs, inspects and removes hooks in the settings of agents that people start themselves.

Before a settings file is changed, its content is recorded in the data folder, with a checksum of the new content. If the file has not
been changed since, removal restores the recorded bytes, or removes the file and the folders that did not exist. From a file that was
changed since, only our entries are removed. A file that is not a valid document, or has something else where hooks belong, is never
touched. Files are replaced as a whole, through links, and keep their mode.
"""

import contextlib
import errno
import hashlib
import json
import os
import shlex
import tempfile
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import msgspec

from maestroctl.install import hook_entries
from maestroctl.install.hook_commands import Form, is_guarded, missing_program
from maestrod.api.errors import BadConfiguration, Malformed, Unavailable
from maestrod.api.local import plain_file
from maestrod.api.local.package_data import package_data

#: Maximum bytes of a settings file.
LIMIT = 4 << 20


class Recipe(msgspec.Struct, frozen=True, rename="camel", forbid_unknown_fields=True):
    """``hooks/<agent>/install.json``: where an agent's settings are and what to add to them.

    ``template`` has the hooks, with ``@EVENT@`` and ``@DECIDE@`` for commands; or ``plugin`` names a program that the agent loads. The
    user's file is the first of ``files`` that exists, in ``folder`` of the home folder, or in ``in_variable`` of the folder that
    ``variable`` names; a project's file is one of ``project_files``. ``comments``: the agent reads JSON with comments. ``timeout`` is that
    of a hook that only reports, in the agent's unit. ``note`` says what the user has to do.
    """

    folder: str
    files: tuple[str, ...]
    project_files: tuple[str, ...]
    comments: bool
    template: str = ""
    plugin: str = ""
    timeout: int = 0
    variable: str | None = None
    in_variable: str = ""
    note: str = ""


class InstallRecord(msgspec.Struct, frozen=True, rename="camel"):
    """The state before installation: the text (None: no file), the checksum of the new content, and the folders that were created."""

    agent: str
    path: str
    original: str | None
    installed: str
    folders: tuple[str, ...] = ()
    form: str = ""


@dataclass(frozen=True, slots=True)
class HookState:
    """The state of an agent's hooks in one file.

    ``form`` is how they are run, ``edited`` whether the file has changed since, ``problem`` why they do not work, do harm or cannot be read.
    """

    path: Path
    events: tuple[str, ...] = ()
    form: str = ""
    edited: bool = False
    problem: str = ""


class Settings:
    """One settings file of one agent. ``records`` is the folder with the original contents."""

    def __init__(self, agent: str, recipe: Recipe, path: Path, records: Path) -> None:
        self.agent = agent
        self.path = path
        self._recipe = recipe
        self._real = Path(os.path.realpath(path))
        digest = hashlib.sha256(str(self._real).encode()).hexdigest()[:16]
        self._record_path = records / f"{agent}-{digest}.json"

    def state(self) -> HookState:
        """The state of the file; one that is not a valid document has a problem and no hooks."""
        record = self._record()
        try:
            text = self._read()
            found = self._entries(text) if text is not None else {}
        except (Malformed, Unavailable) as error:
            return HookState(self.path, problem=error.message)
        if not found:
            return HookState(self.path)
        edited = record is None or record.installed != _digest(text)
        form = record.form if record is not None else ""
        return HookState(self.path, tuple(found), form, edited, _broken(found))

    def has_traces(self) -> bool:
        """Whether our hooks are in the file, or may be because it cannot be read now."""
        state = self.state()
        return bool(state.events) or (bool(state.problem) and self._record_path.exists())

    def made_folders(self) -> tuple[Path, ...]:
        """The folders that were created for the file, the deepest first."""
        record = self._record()
        return () if record is None or record.original is not None else tuple(Path(folder) for folder in record.folders)

    def install(self, hooks: Mapping[str, Any] | str, form: Form) -> HookState:
        """Install the hooks, replacing those of an earlier installation. Raises ``Malformed`` if the file is not a settings document."""
        record, text = self._record(), self._read()
        original = self._before(record, text)
        folders = record.folders if record is not None and record.original is None else self._missing_folders()
        if original is not None:
            changed = self._edit(original, hooks)
        else:
            document = {"plugin": [hooks]} if isinstance(hooks, str) else {"hooks": hooks}
            changed = json.dumps(document, indent=2, ensure_ascii=False) + "\n"
        self._keep(InstallRecord(self.agent, str(self.path), original, _digest(changed), folders, form.name))
        self._write(changed)
        return self.state()

    def remove(self) -> bool:
        """Remove the hooks; False if there were none. Raises ``Malformed`` if the file is not a settings document."""
        record, text = self._record(), self._read()
        if text is None or not self._entries(text):
            self._record_path.unlink(missing_ok=True)
            return False
        original = self._before(record, text)
        if original is None:
            self._real.unlink()
            _remove_folders(record.folders if record is not None else ())
        else:
            self._write(original)
        self._record_path.unlink(missing_ok=True)
        return True

    def _before(self, record: InstallRecord | None, text: str | None) -> str | None:
        """The text without our hooks: the recorded one if the file has not changed since, else the present one without them; None: no file."""
        if text is None:
            return None
        if record is not None and record.installed == _digest(text):
            return record.original
        try:
            return hook_entries.remove_hooks(text, comments=self._recipe.comments)
        except ValueError as error:
            raise self._no_document(error) from error

    def _edit(self, text: str, hooks: Mapping[str, Any] | str) -> str:
        try:
            return hook_entries.add_hooks(text, hooks, comments=self._recipe.comments)
        except ValueError as error:
            raise self._no_document(error) from error

    def _entries(self, text: str) -> dict[str, list[str]]:
        try:
            return hook_entries.installed(text, comments=self._recipe.comments)
        except ValueError as error:
            raise self._no_document(error) from error

    def _no_document(self, error: ValueError) -> Malformed:
        return Malformed("hooks.settings", f"fix {self.path} first, it was not changed: {error}")

    def _read(self) -> str | None:
        """The text of the file with its line ends unchanged; None if it does not exist."""
        try:
            data = plain_file.read(self._real, LIMIT)
        except (FileNotFoundError, NotADirectoryError):
            return None
        except OSError as error:
            if error.errno == errno.EFBIG:
                raise Malformed("hooks.settings", f"{self.path} was not changed: {error.strerror}") from error
            raise Unavailable("hooks.unreadable", f"{self.path} cannot be read: {error.strerror}") from error
        try:
            return data.decode()
        except UnicodeDecodeError as error:
            raise Malformed("hooks.settings", f"{self.path} was not changed: it is not UTF-8 text") from error

    def _write(self, text: str) -> None:
        try:
            self._real.parent.mkdir(parents=True, exist_ok=True)
            _replace(self._real, text.encode(), _mode(self._real))
        except OSError as error:
            raise Unavailable("hooks.unwritable", f"{self.path} cannot be written: {error.strerror}") from error

    def _missing_folders(self) -> tuple[str, ...]:
        """Folders that writing the file will create, the deepest first."""
        return tuple(str(folder) for folder in self._real.parents if not folder.exists())

    def _record(self) -> InstallRecord | None:
        try:
            return msgspec.json.decode(self._record_path.read_bytes(), type=InstallRecord)
        except (OSError, msgspec.MsgspecError):
            return None  # without the record, our entries are removed one by one

    def _keep(self, record: InstallRecord) -> None:
        try:
            folder = self._record_path.parent
            folder.parent.mkdir(parents=True, exist_ok=True, mode=0o700)  # only the user may read the data folder
            folder.mkdir(exist_ok=True, mode=0o700)
            _replace(self._record_path, msgspec.json.encode(record), 0o600)
        except OSError as error:
            message = f"cannot save the content of {self.path} in {self._record_path.parent}: {error.strerror}"
            raise Unavailable("hooks.record", message) from error


def _broken(commands_by_event: Mapping[str, list[str]]) -> str:
    """Why the hooks must be installed again; empty if they work."""
    for event, commands in commands_by_event.items():
        for command in commands:
            place = command.removeprefix("file://") if event == "plugin" else command
            gone = missing_program(shlex.quote(unquote(place)) if event == "plugin" else command)
            if gone is not None:
                return f"{gone} no longer exists: install the hooks again"
            if event != "plugin" and not is_guarded(command):
                return "an older maestrod installed them, and they block the agent once maestrod is removed: install them again"
    return ""


def read_recipe(hooks: Path, agent: str) -> Recipe:
    """The recipe shipped for an agent. Raises ``Malformed`` if there is none."""
    path = hooks / agent / "install.json"
    try:
        return msgspec.json.decode(path.read_bytes(), type=Recipe)
    except FileNotFoundError as error:
        names = ", ".join(agents_with_hooks(hooks))
        raise Malformed("usage", f"there are no hooks for {agent!r}; there are for: {names}") from error
    except (OSError, msgspec.MsgspecError) as error:
        raise BadConfiguration("hooks.missing", f"{path} cannot be read ({error}): install maestrod again") from error


def agents_with_hooks(hooks: Path) -> list[str]:
    """The agents whose hooks can be installed."""
    return sorted(path.parent.name for path in hooks.glob("*/install.json"))


def known_settings(records: Path, environ: Mapping[str, str], projects: Iterable[Path]) -> list[Settings]:
    """Every file that may have our hooks: the user's, those recorded at an installation, and those of projects."""
    hooks = package_data("hooks")
    recipes = {agent: read_recipe(hooks, agent) for agent in agents_with_hooks(hooks)}
    paths = [(agent, settings_path(recipe, None, environ)) for agent, recipe in recipes.items()]
    paths += [(record.agent, Path(record.path)) for record in _records(records) if record.agent in recipes]
    paths += [
        (agent, settings_path(recipe, folder, environ)) for folder in projects for agent, recipe in recipes.items()
    ]
    found = {
        (agent, os.path.realpath(path)): Settings(agent, recipes[agent], path, records)
        for agent, path in reversed(paths)
    }
    return [settings for settings in reversed(found.values()) if settings.has_traces()]


def project_of(settings: Settings, environ: Mapping[str, str]) -> Path | None:
    """The project that the settings file belongs to; None for the user's own."""
    recipe = read_recipe(package_data("hooks"), settings.agent)
    if settings.path == settings_path(recipe, None, environ):
        return None
    names = (Path(name).parts for name in recipe.project_files)
    return next(
        (Path(*settings.path.parts[: -len(name)]) for name in names if settings.path.parts[-len(name) :] == name), None
    )


def _records(folder: Path) -> Iterator[InstallRecord]:
    for path in sorted(folder.glob("*.json")):
        with contextlib.suppress(OSError, msgspec.MsgspecError):
            yield msgspec.json.decode(path.read_bytes(), type=InstallRecord)


def settings_path(recipe: Recipe, project: Path | None, environ: Mapping[str, str]) -> Path:
    """The file to install the hooks in: the user's or a project's."""
    if project is not None:
        return _first(project, recipe.project_files)
    named = environ.get(recipe.variable or "")
    folder = Path(named, recipe.in_variable) if named else Path.home() / recipe.folder
    return _first(folder, recipe.files)


def _first(folder: Path, names: tuple[str, ...]) -> Path:
    return next((folder / name for name in names if (folder / name).exists()), folder / names[0])


def filled(hooks: Path, agent: str, recipe: Recipe, form: Form, *, decide: bool) -> dict[str, Any] | str:
    """The hooks of the template with commands filled in, or the path of the plugin.

    Without ``decide``, permission requests are only reported; a plugin never decides.
    """
    if recipe.plugin:
        return (hooks / agent / recipe.plugin).as_uri()
    template = json.loads((hooks / agent / recipe.template).read_text("utf-8"))["hooks"]
    for event, groups in template.items():
        for handler in (handler for group in groups for handler in group["hooks"]):
            decides = handler["command"] == "@DECIDE@" and decide
            if handler["command"] == "@DECIDE@" and not decide:
                handler["timeout"] = recipe.timeout
            handler["command"] = form.command(agent, event, decides=decides)
    found: dict[str, Any] = template
    return found


def _digest(text: str | None) -> str:
    return "" if text is None else hashlib.sha256(text.encode()).hexdigest()


def _mode(path: Path) -> int:
    try:
        return path.stat().st_mode & 0o7777
    except OSError:
        return 0o600


def _replace(path: Path, data: bytes, mode: int) -> None:
    """Replace a file atomically and durably."""
    descriptor, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        Path(name).chmod(mode)
        Path(name).replace(path)
    except OSError:
        Path(name).unlink(missing_ok=True)
        raise


def _remove_folders(folders: tuple[str, ...]) -> None:
    """Remove the folders that were created, unless they are in use."""
    for folder in folders:
        try:
            Path(folder).rmdir()
        except OSError:
            return
