"""Files that must outlive the shim and the daemon: the start marker, the identity, the exit record.

The start marker is created durably, exclusively and *before* the agent is started: while it exists, no attempt with
that number can be started again, whatever crashed in between. The exit record is replaced atomically and durably, so it
is complete or absent.
"""

import posix
from fcntl import LOCK_EX, LOCK_NB, flock
from time import sleep

MARKER = "started-{attempt}"
EXIT = "exit-{attempt}.json"
IDENTITY = "shim.json"
LOCK = "shim.lock"
SOCKET = "shim.sock"


ENDED_NAMED = 100
"""Maximum number of processes that an exit record names; it counts all of them."""

LOCK_TRIES = 20
LOCK_PAUSE_SECONDS = 0.01
"""A daemon that checks the lock holds it itself for microseconds; therefore taking it is retried for a moment."""


def make_folder(path: str) -> None:
    """Create a folder and its missing parents, private to the user (0700)."""
    try:
        posix.mkdir(path, 0o700)
    except FileExistsError:
        return
    except FileNotFoundError:
        make_folder(path.rpartition("/")[0])
        posix.mkdir(path, 0o700)


def write_all(fd: int, data: bytes) -> None:
    """Write every byte: a write may be short (a full disk, a file size limit) without an error."""
    view = memoryview(data)
    while view:
        view = view[posix.write(fd, view) :]


def sync_folder(path: str) -> None:
    """Make the directory entries of a folder durable."""
    fd = posix.open(path, posix.O_RDONLY | posix.O_CLOEXEC)
    try:
        posix.fsync(fd)
    finally:
        posix.close(fd)


def create_marker(folder: str, attempt: int, text: bytes) -> None:
    """Create the start marker durably; FileExistsError when this attempt was started before."""
    flags = posix.O_WRONLY | posix.O_CREAT | posix.O_EXCL | posix.O_CLOEXEC
    fd = posix.open(f"{folder}/{MARKER.format(attempt=attempt)}", flags, 0o600)
    try:
        write_all(fd, text)
        posix.fsync(fd)
    finally:
        posix.close(fd)
    sync_folder(folder)


def replace(folder: str, name: str, data: bytes, *, durable: bool) -> None:
    """Replace a file atomically: a reader sees the old or the new one, never a part."""
    path = f"{folder}/{name}"
    part = f"{path}.{posix.getpid()}.part"
    fd = posix.open(part, posix.O_WRONLY | posix.O_CREAT | posix.O_TRUNC | posix.O_CLOEXEC, 0o600)
    try:
        try:
            write_all(fd, data)
            if durable:
                posix.fsync(fd)
        finally:
            posix.close(fd)
        posix.replace(part, path)
    except OSError:
        _discard(part)
        raise
    if durable:
        sync_folder(folder)


def take_lock(folder: str) -> int:
    """Take a session's lock; returns the descriptor that holds it until this process ends, -1 if another shim has it."""
    make_folder(folder)
    fd = posix.open(f"{folder}/{LOCK}", posix.O_RDWR | posix.O_CREAT | posix.O_CLOEXEC, 0o600)
    for _ in range(LOCK_TRIES):
        try:
            flock(fd, LOCK_EX | LOCK_NB)
        except BlockingIOError:
            sleep(LOCK_PAUSE_SECONDS)
        else:
            return fd
    posix.close(fd)
    return -1


def _discard(path: str) -> None:
    try:
        posix.unlink(path)
    except OSError:
        return
