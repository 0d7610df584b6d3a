"""Fills the files for a service manager from the shipped templates, and installs and removes them.

Filling is pure: text in, text out. An installed file has one marker line: who wrote it, how many folders were created for it, and a
checksum of the rest. Thanks to it, removal restores the previous state, and a file that someone else wrote or edited is never
overwritten or removed.
"""

import contextlib
import hashlib
import os
import plistlib
import re
import shlex
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from maestrod.api.errors import Conflict
from maestrod.api.local.package_data import package_data

_MARK = 'maestrod: written by "maestroctl daemon install", removed by "maestroctl daemon uninstall"'
_MARK_LINE = re.compile(
    rb"^[^\n]*" + re.escape(_MARK.encode()) + rb"; folders made: ([0-9]+); sha256: ([0-9a-f]{64})[^\n]*\n", re.MULTILINE
)


@dataclass(frozen=True, slots=True)
class Service:
    """This installation of the daemon, for a service file. The service is started only if all paths in ``needs`` exist."""

    command: Sequence[str]
    socket: Path
    log: Path
    environment: Mapping[str, str]
    needs: Sequence[Path] = ()


def systemd_units(service: Service) -> dict[str, bytes]:
    """The user units by file name."""
    environment = "\n".join(
        f"Environment={_systemd_word(f'{name}={value}')}" for name, value in service.environment.items()
    )
    fillings = {
        "@EXEC@": " ".join(_systemd_word(word) for word in service.command),
        "@ENVIRONMENT@": environment,
        "@CONDITIONS@": "\n".join(f"ConditionPathExists={_systemd_text(str(path))}" for path in service.needs),
        "@SOCKET@": _systemd_text(str(service.socket)),
    }
    units = {}
    for name in ("maestrod.service", "maestrod.socket"):
        text = (package_data("systemd") / name).read_text("utf-8")
        units[name] = re.sub("@[A-Z]+@", lambda match: fillings[match[0]], text).encode()
    return units


def _systemd_text(text: str) -> str:
    """``text`` as a value without quotes, where only specifiers are escaped. Raises ``ValueError`` for a line end."""
    if re.search(r"[\x00-\x1f\x7f]", text):
        raise ValueError(f"a unit file cannot contain the control characters in {text!r}")
    return text.replace("%", "%%")


def _systemd_word(text: str) -> str:
    """``text`` as one quoted word, according to systemd.syntax(7) and systemd.unit(5)."""
    return '"' + _systemd_text(text).replace("\\", "\\\\").replace('"', '\\"') + '"'


def launchd_agent(service: Service) -> dict[str, bytes]:
    """The agent's property list by file name."""
    agent = plistlib.loads((package_data("launchd") / "maestrod.plist").read_bytes())
    fillings = {"@EXEC@": _unless_gone(service), "@SOCKET@": str(service.socket), "@LOG@": str(service.log)}
    filled = _fill(agent, fillings)
    filled["ProgramArguments"] = filled["ProgramArguments"][0]
    filled["EnvironmentVariables"] = dict(service.environment)
    return {"maestrod.plist": plistlib.dumps(filled, sort_keys=False)}


def _unless_gone(service: Service) -> list[str]:
    """The command for launchd, which has no conditions: if a needed path is missing, it succeeds at once, so launchd does not retry."""
    if not service.needs:
        return list(service.command)
    tests = "".join(f"[ -e {shlex.quote(str(path))} ] || exit 0; " for path in service.needs)
    return ["/bin/sh", "-c", f'{tests}exec "$@"', "maestrod", *service.command]


def _fill(value: Any, fillings: Mapping[str, Any]) -> Any:
    """``value`` with every placeholder in it replaced, at any depth."""
    if isinstance(value, dict):
        return {key: _fill(member, fillings) for key, member in value.items()}
    if isinstance(value, list):
        return [_fill(member, fillings) for member in value]
    return fillings.get(value, value) if isinstance(value, str) else value


def place(folder: Path, files: Mapping[str, bytes]) -> list[Path]:
    """Write ``files`` into ``folder``, all or none; returns those that changed.

    Raises ``Conflict`` if one of them exists and is not, or no longer, what we wrote.
    """
    known = placed_by_us(folder, list(files))
    made = max(known.values()) if known else _missing_levels(folder)
    folder.mkdir(parents=True, exist_ok=True)
    changed = []
    for name, body in files.items():
        content = _marked(body, made)
        path = folder / name
        if not path.exists() or path.read_bytes() != content:
            _replace(path, content)
            changed.append(path)
    return changed


def remove(folder: Path, names: Sequence[str]) -> list[Path]:
    """Remove what :func:`place` wrote, and the folders that it created if they are empty; returns the removed files.

    Raises ``Conflict``, and removes nothing, if one of them is not, or no longer, what we wrote.
    """
    made = placed_by_us(folder, names)
    for path in made:
        path.unlink()
    empty = folder
    with contextlib.suppress(OSError):  # not empty: it is in use
        for _ in range(max(made.values(), default=0)):
            empty.rmdir()
            empty = empty.parent
    return list(made)


def made_folders(folder: Path, names: Sequence[str]) -> list[Path]:
    """The folders that :func:`place` created, the deepest first; none if a file is not, or no longer, what we wrote."""
    try:
        made = max(placed_by_us(folder, names).values(), default=0)
    except Conflict:
        return []
    return [folder, *folder.parents][:made]


def placed_by_us(folder: Path, names: Sequence[str]) -> dict[Path, int]:
    """Those of ``names`` that exist, with the number of folders created for each. Raises ``Conflict`` for a file that is not ours."""
    return {folder / name: made for name in names if (made := _folders_made(folder / name)) is not None}


def is_placed(folder: Path, names: Sequence[str]) -> bool:
    """Whether all of ``names`` are in ``folder``, no matter who wrote them."""
    return all((folder / name).exists() for name in names)


def _folders_made(path: Path) -> int | None:
    """How many folders were created for the file at ``path``; None if it does not exist."""
    if not os.path.lexists(path):
        return None
    match = None if path.is_symlink() or not path.is_file() else _MARK_LINE.search(path.read_bytes())
    if match is None:
        raise Conflict("service.foreign_file", f"{path} was not written by maestroctl: move it away first")
    body = match.string[: match.start()] + match.string[match.end() :]
    if hashlib.sha256(body).hexdigest().encode() != match[2]:
        message = f"{path} was edited after maestroctl wrote it: move it away first (put changes into a drop-in file)"
        raise Conflict("service.edited_file", message)
    return int(match[1])


def _marked(body: bytes, made: int) -> bytes:
    """``body`` with the marker line: at the top, or after the first two lines of an XML property list."""
    mark = f"{_MARK}; folders made: {made}; sha256: {hashlib.sha256(body).hexdigest()}"
    if not body.startswith(b"<?xml"):
        return f"# {mark}\n".encode() + body
    first, second, rest = body.split(b"\n", 2)
    return b"\n".join([first, second, f"<!-- {mark} -->".encode(), rest])


def _missing_levels(folder: Path) -> int:
    """How many folders of the path ``folder`` do not exist."""
    return sum(not level.exists() for level in (folder, *folder.parents))


def _replace(path: Path, content: bytes) -> None:
    """Replace ``path`` atomically."""
    descriptor, temporary = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    try:
        with os.fdopen(descriptor, "wb") as file:
            os.fchmod(descriptor, 0o644)
            file.write(content)
        Path(temporary).replace(path)
    except BaseException:
        Path(temporary).unlink()
        raise
