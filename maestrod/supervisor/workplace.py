"""Checks the folder that a session works in before each launch: it answers in time and is the one the session began in.

A folder is identified by device and inode. The session's own folder keeps them from the first launch; before that, the
project's apply. They are reliable only within one boot: if the inode differs then, it is another folder, and no agent
is started there. After a restart of the machine, or when a file system was mounted again, the numbers may change, so a
difference is only a warning. The shell worker keeps its folder open and checks it before each command itself.
"""

import logging
import shlex
from pathlib import Path

import msgspec

from maestrod.api.errors import Conflict, Unavailable
from maestrod.api.project import Project

log = logging.getLogger(__name__)

#: Seconds that the check may take; only a file system that hangs (an unreachable server) takes longer.
PATIENCE = 10.0
#: The file in a session's folder with the identity of its working folder.
RECORD = "workplace.json"


class WorkplaceRecord(msgspec.Struct, frozen=True, rename="camel"):
    """The identity of a folder. ``boot_id`` is empty where the kernel has none; then every boot counts as the same."""

    path: str
    device: int
    inode: int
    boot_id: str


def check(folder: Path, path: str, boot_id: str, project: Project | None = None) -> str:
    """Check the working folder ``path`` of the session whose files are in ``folder``.

    Returns a warning for people, or an empty text. ``project`` is the session's. Raises ``Conflict`` when the folder is
    gone or is another one. A folder that never existed passes: entering it fails with a better error. Reads the disk,
    which may hang: call it in a thread.
    """
    record = folder / RECORD
    own, agreed = _read(record, path), _of_project(project, path, boot_id)
    known = own or agreed
    try:
        status = Path(path).stat()
    except OSError as error:
        if known is None or not isinstance(error, FileNotFoundError | NotADirectoryError):
            return ""
        raise _changed(path, "was removed or moved", "restore it") from error
    found = WorkplaceRecord(path, status.st_dev, status.st_ino, boot_id)
    if own == found:
        return ""
    if known is not None and _is_another(known, found) and (agreed is None or _is_another(agreed, found)):
        fix = (
            "maestroctl retry"
            if project is None
            else f"maestroctl project update {project.id} --working-dir {shlex.quote(path)}"
        )
        raise _changed(path, "was replaced by another", f"to work in the new one, run: {fix}")
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    record.write_bytes(msgspec.json.encode(found) + b"\n")
    return "" if known is None else _doubt(known, found)


def _is_another(recorded: WorkplaceRecord, present: WorkplaceRecord) -> bool:
    """Whether it is certain that this is another folder."""
    return recorded.boot_id == present.boot_id and recorded.inode != present.inode


def _doubt(recorded: WorkplaceRecord, present: WorkplaceRecord) -> str:
    """The warning when it is uncertain whether a folder is the known one; otherwise empty."""
    if (recorded.device, recorded.inode) == (present.device, present.inode) or _is_another(recorded, present):
        return ""  # the same, or a person has updated the project to it
    since = "its file system was mounted again" if recorded.boot_id == present.boot_id else "the machine was restarted"
    return f"the project's folder {present.path} may not be the same as before, since {since}: check it"


def hangs(path: str) -> Unavailable:
    """The error for a folder that does not answer."""
    return Unavailable(
        "session.folder_hangs",
        f"the project's folder {path} does not answer within {PATIENCE:.0f} seconds: check its file system (or file server)",
    )


def _changed(path: str, change: str, fix: str) -> Conflict:
    return Conflict("session.folder_changed", f"the project's folder {path} {change}: {fix}")


def _of_project(project: Project | None, path: str, boot_id: str) -> WorkplaceRecord | None:
    """The folder's identity as its project knows it: it may have been replaced between two sessions of a run."""
    known = project.folder if project is not None and project.working_dir == path else None
    if known is None or known.boot_id != boot_id:
        return None
    return WorkplaceRecord(path, known.device, known.inode, known.boot_id)


def _read(record: Path, path: str) -> WorkplaceRecord | None:
    """The recorded identity of a session's folder; None when the session has another path since."""
    try:
        known = msgspec.json.decode(record.read_bytes(), type=WorkplaceRecord)
    except FileNotFoundError:
        return None
    except (OSError, msgspec.MsgspecError) as error:
        log.warning("%s cannot be read, so the folder counts as the right one: %s", record, error)
        return None
    return known if known.path == path else None
