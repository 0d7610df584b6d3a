"""Find out what became of an attempt: is it running, has it ended, was it never started, or is it lost?

The order of the steps matters. 1. An exit record is final. 2. A shim holds the session's lock for exactly as long as
it lives (the kernel releases it however the process ends). If the lock is held, the attempt is running, and we ask the
shim to identify itself. 3. If it is not held, the attempt may have ended between the two looks, so we look for the
record again. 4. Without a record, the start marker distinguishes *lost* from *never started*: it was made durable
before the agent was started. Before we conclude either, we search the process table for a shim whose folder was
deleted. No step trusts a pid: a shim must answer with the right session, attempt and boot, or be the process whose
start time was recorded.
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
"""How long a shim may take to answer. After that it counts as broken and is ended, so that no session hangs."""
HELLO_SECONDS = 1.0
"""How long one request may take. After that the shim gets SIGCONT, in case it is stopped, and recreates its socket."""
LOOK_SECONDS = 0.01
"""Pause between looks while the lock is held but the socket is missing: a starting shim needs about a millisecond."""

Kept = TypeVar("Kept", ExitRecord, Identity)


class Found(msgspec.Struct, frozen=True):
    """The attempt is running and answered."""

    identity: Identity
    link: Link


class Vanished(msgspec.Struct, frozen=True):
    """The attempt was started, its shim is gone, and there is no exit record."""

    detail: str


async def look(folder: Path, session_id: str, attempt: int) -> Found | AlreadyEnded | NeverStarted | Vanished:
    """Find out what became of an attempt. Ends a shim that holds the lock but does not answer."""
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
    """What the shim that holds the lock answers; None when there is no answer yet."""
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
    """Make a living shim recreate its socket and files (SIGHUP); returns whether there is such a shim."""
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
            while system.start_of(shim[0]) == shim[1]:  # noqa: ASYNC110  # not every system reports the end of a process that is not our child
                await trio.sleep(LOOK_SECONDS)


async def _locate_shim(folder: Path, attempt: int) -> tuple[int, str] | None:
    identity = read_identity(folder, attempt)
    if identity is not None and tree.shim_alive(identity):
        return identity.shim_pid, identity.shim_start
    return await trio.to_thread.run_sync(tree.find_shim, folder, attempt)


def lock_held(folder: Path) -> bool:
    """Whether a living shim holds this folder's lock. The check itself takes it for an instant; a starting shim waits."""
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
    """The exit record of an attempt; None when it is missing or unreadable (then the attempt counts as lost)."""
    return _read(folder / EXIT.format(attempt=attempt), ExitRecord)


def read_identity(folder: Path, attempt: int) -> Identity | None:
    """The identity of the attempt's processes; None when its file is missing, damaged or about another attempt."""
    identity = _read(folder / IDENTITY, Identity)
    return identity if identity is not None and identity.attempt == attempt else None


def _read(path: Path, kind: type[Kept]) -> Kept | None:
    """Decode a file of a session's folder; None when it is missing or damaged. Raises OSError on a shortage."""
    try:
        return msgspec.json.decode(path.read_bytes(), type=kind)
    except (msgspec.DecodeError, UnicodeDecodeError):
        return None
    except OSError as error:
        if is_shortage(error):
            raise
        return None


def last_attempt(folder: Path) -> int:
    """The highest attempt ever started in this folder, 0 when there was none."""
    prefix = MARKER.format(attempt="")
    numbers = [path.name[len(prefix) :] for path in folder.glob(f"{prefix}*")]
    return max((int(number) for number in numbers if number.isdigit()), default=0)
