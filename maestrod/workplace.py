"""The folder a session works in, looked at before each launch: it answers in time, and it is the one the session began in.

A folder is known by device and inode, kept in the session's folder at its first launch. They mean something within one boot
only: another one then is another folder, and an agent is not started there. After a restart of the machine file systems may have
new numbers, so a difference is only told. The shell worker holds its folder open and looks before each command by itself.
"""

import logging
from pathlib import Path

import msgspec

from maestrod.api.errors import Conflict, Unavailable

log = logging.getLogger(__name__)

#: Seconds a look at the folder may take; only a file system that hangs (a server that is away) takes longer.
PATIENCE = 10.0
#: Where a session's folder keeps what its place of work was.
RECORD = "workplace.json"


class Workplace(msgspec.Struct, frozen=True, rename="camel"):
    """A folder as it was found. ``boot_id`` is empty where the kernel has none; then every boot counts as the same."""

    path: str
    device: int
    inode: int
    boot_id: str


def check(folder: Path, path: str, boot_id: str) -> str:
    """Look at the working folder ``path`` of the session whose files are in ``folder``; a warning for people, or nothing.

    Raises ``Conflict`` when it is not there any more or is another one. A folder that never was there is left to whoever
    enters it, who says why that fails. Touches the disk, which may hang: run it in a thread.
    """
    record = folder / RECORD
    known = _read(record)
    if known is not None and known.path != path:
        known = None  # the session was given another place
    try:
        status = Path(path).stat()
    except OSError as error:
        if known is None or not isinstance(error, FileNotFoundError | NotADirectoryError):
            return ""
        raise _gone(path, "was removed or moved") from error
    found = Workplace(path, status.st_dev, status.st_ino, boot_id)
    if known == found:
        return ""
    if known is not None and (known.boot_id == boot_id):
        raise _gone(path, "was replaced by another")
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    record.write_bytes(msgspec.json.encode(found) + b"\n")
    if known is None or (known.device, known.inode) == (found.device, found.inode):
        return ""
    return (
        f"the project's folder {path} may be another than before the machine was restarted: look before you rely on it"
    )


def hangs(path: str) -> Unavailable:
    """The error for a folder that does not answer."""
    return Unavailable(
        "session.folder_hangs",
        f"the project's folder {path} does not answer within {PATIENCE:.0f} seconds: is its file system (a server?) there?",
    )


def _gone(path: str, what: str) -> Conflict:
    return Conflict(
        "session.folder_changed",
        f"the project's folder {path} {what}; a new session (maestroctl retry) works in what is there now",
    )


def _read(record: Path) -> Workplace | None:
    try:
        return msgspec.json.decode(record.read_bytes(), type=Workplace)
    except FileNotFoundError:
        return None
    except (OSError, msgspec.MsgspecError) as error:
        log.warning("%s cannot be read, so the folder counts as the right one: %s", record, error)
        return None
