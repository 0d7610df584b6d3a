"""Finding out what became of an attempt: is it running, over, never started, or lost?

The order of the questions is the argument. 1. An exit record is final. 2. The session's lock is held exactly as long
as its shim lives (the kernel lets go of it when the process ends, however it ends): held means running, and the shim
is asked who it is. 3. Not held: it may have ended between the two looks, so the record is looked for again. 4. No
record: the start marker, durable since before the agent was started, tells *lost* from *never started*; before either
is said, a shim whose folder was deleted is looked for in the process table. No step trusts a pid: a shim is the one
that answers with the right session, attempt and boot, or the process whose start time was recorded.
"""

import fcntl
import os
from functools import partial
from pathlib import Path
from typing import TypeVar

import msgspec
import trio

from maestrod.sessions import tree
from maestrod.sessions.link import Link, LinkLost, connect
from maestrod.sessions.shim.processes import system
from maestrod.sessions.shim.records import EXIT, IDENTITY, LOCK, MARKER
from maestrod.sessions.shortage import is_shortage, once_possible
from maestrod.sessions.spec import AlreadyEnded, ExitRecord, Identity, NeverStarted

ANSWER_SECONDS = 20.0
"""How long a shim may take to answer before it counts as broken and is ended, so that its session is not stuck
indefinitely.
"""
HELLO_SECONDS = 1.0
"""How long one question may take before the shim gets SIGCONT, in case it is stopped, and is asked to recreate its socket.
"""
LOOK_SECONDS = 0.01
"""Pause between looks at a lock that is held and a socket that is not there yet: a shim between the two, for about a
millisecond.
"""

Kept = TypeVar("Kept", ExitRecord, Identity)


class Found(msgspec.Struct, frozen=True):
    """The attempt is running and answered."""

    identity: Identity
    link: Link


class Vanished(msgspec.Struct, frozen=True):
    """The attempt was started, its shim is gone, and there is no record."""

    detail: str


async def look(folder: Path, session_id: str, attempt: int) -> Found | AlreadyEnded | NeverStarted | Vanished:
    """What became of an attempt. Ends a shim that holds the lock and does not answer."""
    return await once_possible(partial(_look_patiently, folder, session_id, attempt))


async def _look_patiently(
    folder: Path, session_id: str, attempt: int
) -> Found | AlreadyEnded | NeverStarted | Vanished:
    with trio.move_on_after(ANSWER_SECONDS):
        return await _look(folder, session_id, attempt)
    await _end_silent_shim(folder, attempt)
    record = read_record(folder, attempt)
    return AlreadyEnded(record) if record is not None else Vanished("its shim did not answer and was ended")


async def _look(folder: Path, session_id: str, attempt: int) -> Found | AlreadyEnded | NeverStarted | Vanished:
    asked_again = False
    while True:
        record = read_record(folder, attempt)
        if record is not None:
            return AlreadyEnded(record)
        held = lock_held(folder)
        standing = await _ask(folder, session_id, attempt) if held else None
        if standing is not None:
            return standing
        if not held and (record := read_record(folder, attempt)) is not None:
            return AlreadyEnded(record)
        if not asked_again:
            asked_again = True
            if await _wake_shim(folder, attempt):
                continue
        if not held and not await trio.to_thread.run_sync(tree.find_shim, folder, attempt):
            return _without_shim(folder, attempt)
        await trio.sleep(LOOK_SECONDS)


def _without_shim(folder: Path, attempt: int) -> NeverStarted | Vanished:
    if not (folder / MARKER.format(attempt=attempt)).exists():
        return NeverStarted()
    identity = read_identity(folder, attempt)
    if identity is not None and not tree.this_boot(identity):
        return Vanished("the machine was restarted while it ran")
    return Vanished("its shim is gone without an exit record: it was killed, or the machine was restarted")


async def _ask(folder: Path, session_id: str, attempt: int) -> Found | AlreadyEnded | NeverStarted | Vanished | None:
    """What the shim that holds the lock says; None when nobody answers (yet)."""
    try:
        link = Link(connect(folder))
    except OSError as error:
        if is_shortage(error):
            raise
        return None
    found = None
    try:
        with trio.move_on_after(HELLO_SECONDS):
            found = await _hello(link, folder, session_id, attempt)
    except (LinkLost, msgspec.ValidationError):
        return None
    finally:
        if not isinstance(found, Found):
            link.close()
    return found


async def _hello(
    link: Link, folder: Path, session_id: str, attempt: int
) -> Found | AlreadyEnded | NeverStarted | Vanished:
    await link.send({"id": 0, "op": "hello"})
    answer = await link.receive_line()
    if answer is None:
        raise LinkLost
    identity = msgspec.convert(answer, Identity)
    if (identity.session_id, identity.attempt, identity.boot_id) != (session_id, attempt, system.boot_id()):
        return _without_shim(folder, attempt)
    if answer["exit"] is not None:
        return AlreadyEnded(msgspec.convert(answer["exit"], ExitRecord))
    return Found(identity, link)


async def _wake_shim(folder: Path, attempt: int) -> bool:
    """Have a living shim make its socket and files anew (SIGHUP); whether there is one."""
    shim = await _locate_shim(folder, attempt)
    if shim is None:
        return False
    tree.send_signal(*shim, "CONT")
    return tree.send_signal(*shim, "HUP")


async def _end_silent_shim(folder: Path, attempt: int) -> None:
    shim = await _locate_shim(folder, attempt)
    if shim is not None:
        tree.send_signal(*shim, "KILL")
        with trio.move_on_after(HELLO_SECONDS):
            while system.start_of(shim[0]) == shim[1]:  # noqa: ASYNC110  # a process that is no child gives no event everywhere
                await trio.sleep(LOOK_SECONDS)


async def _locate_shim(folder: Path, attempt: int) -> tuple[int, str] | None:
    identity = read_identity(folder, attempt)
    if identity is not None and tree.shim_alive(identity):
        return identity.shim_pid, identity.shim_start
    return await trio.to_thread.run_sync(tree.find_shim, folder, attempt)


def lock_held(folder: Path) -> bool:
    """Whether a shim lives in this folder. Takes the lock for an instant itself; a starting shim waits for that."""
    try:
        descriptor = os.open(folder / LOCK, os.O_RDWR | os.O_CLOEXEC)
    except FileNotFoundError:
        return False
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    else:
        return False
    finally:
        os.close(descriptor)


def read_record(folder: Path, attempt: int) -> ExitRecord | None:
    """The exit record of an attempt; None when there is none, or when it cannot be read as one (then the attempt
    counts as lost).
    """
    return _read(folder / EXIT.format(attempt=attempt), ExitRecord)


def read_identity(folder: Path, attempt: int) -> Identity | None:
    """Which processes the attempt was, if the file that says so is there and whole."""
    identity = _read(folder / IDENTITY, Identity)
    return identity if identity is not None and identity.attempt == attempt else None


def _read(path: Path, kind: type[Kept]) -> Kept | None:
    """A file of a session's folder; None when it is not there or not whole. Raises when the system is short of something."""
    try:
        return msgspec.json.decode(path.read_bytes(), type=kind)
    except msgspec.DecodeError:
        return None
    except OSError as error:
        if is_shortage(error):
            raise
        return None


def last_attempt(folder: Path) -> int:
    """The highest attempt that was ever started in this folder, 0 when none was."""
    prefix = MARKER.format(attempt="")
    numbers = [path.name[len(prefix) :] for path in folder.glob(f"{prefix}*")]
    return max((int(number) for number in numbers if number.isdigit()), default=0)
