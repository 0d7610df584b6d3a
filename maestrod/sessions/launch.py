"""Start a shim: one posix_spawn, one socket pair.

The launch spec holds secrets, so it travels over the pair and nowhere else. The arguments carry only the session's
folder and attempt, for people who read process lists and for `tree.find_shim`. The shim begins its own session, so no
signal meant for the daemon's group or terminal reaches it, and no parent-death signal is ever set. posix_spawn does not
copy the daemon, so its cost does not grow with the daemon's memory. Like every start of a child it must be called from
the main thread.
"""

import json
import os
import resource
import socket
import sys
from contextlib import suppress
from pathlib import Path
from typing import Any

import msgspec
import trio

from maestrod.sessions.adopt import Found, Vanished, look
from maestrod.sessions.link import Link, LinkLost, send_all
from maestrod.sessions.lost import record_lost
from maestrod.sessions.spec import AlreadyEnded, ExitRecord, Identity, LaunchError, LaunchSpec

SHIM = Path(__file__).parent / "shim" / "__main__.py"
LOG_NAME = "shim.log"
_RESET = [number for number in range(1, 32) if number not in (9, 17 if sys.platform == "darwin" else 19)]


async def start(spec: LaunchSpec, python: str = sys.executable) -> tuple[int, Identity, Link]:
    """Start an attempt. Returns the pid of the child to reap (0: the shim is not our child), the identity of what runs,
    and the connection to it.

    LaunchError when the attempt does not run afterwards. If an earlier daemon's shim was faster, that one is used.
    """
    line = _line(spec)
    folder = Path(spec.folder)
    pid, connection = start_shim(folder, spec.attempt, python)
    if spec.open_files is not None:
        _limit_open_files(pid, spec.open_files)
    link = Link(connection)
    started = False
    try:
        answer = await _hand_over(link, connection, line)
        started = "started" in answer
    finally:
        if not started:
            link.close()
    if started:
        return pid, msgspec.convert(answer["started"], Identity), link
    await reap(pid)
    if "exit" in answer:
        raise LaunchError.from_record(msgspec.convert(answer["exit"], ExitRecord))
    return await _take_other(folder, spec, refused=answer.get("refused", ""))


def _limit_open_files(pid: int, soft: int) -> None:
    """Set the soft limit on descriptors of a shim that waits for its spec; the agent will inherit it.

    A shim that has already ended is ignored here: the caller notices when it waits for the answer.
    """
    with suppress(ProcessLookupError):
        _, hard = resource.prlimit(pid, resource.RLIMIT_NOFILE)
        resource.prlimit(pid, resource.RLIMIT_NOFILE, (soft, hard))


def _line(spec: LaunchSpec) -> bytes:
    """The spec as one line of JSON.

    A variable may hold bytes that are not valid UTF-8, such as a PATH with such a folder. They reach the agent
    unchanged, as surrogate escapes, which the shim's decoder accepts.
    """
    try:
        return msgspec.json.encode(spec) + b"\n"
    except UnicodeEncodeError:
        pass
    try:
        for word in (*spec.argv, *spec.env, *spec.env.values(), spec.cwd):
            os.fsencode(word)
    except UnicodeEncodeError as error:
        raise LaunchError("EILSEQ", f"arguments and environment must be text: {error}") from error
    return json.dumps(msgspec.to_builtins(spec)).encode() + b"\n"


async def _hand_over(link: Link, connection: socket.socket, line: bytes) -> dict[str, Any]:
    """Send the shim its spec; returns its answer, empty when it died without one."""
    try:
        await send_all(connection, line)
    except LinkLost:
        return {}
    return await link.receive_line() or {}


async def _take_other(folder: Path, spec: LaunchSpec, refused: str) -> tuple[int, Identity, Link]:
    """Our shim did not start the agent: take the one that did, or raise LaunchError."""
    adoption = await look(folder, spec.session_id, spec.attempt)
    if isinstance(adoption, Found):
        return 0, adoption.identity, adoption.link
    if isinstance(adoption, AlreadyEnded):
        raise LaunchError.from_record(adoption.record)
    if isinstance(adoption, Vanished):
        raise LaunchError.from_record(await record_lost(folder, spec.attempt, adoption.detail))
    if refused == "locked":
        raise LaunchError("EBUSY", f"another attempt of {spec.session_id} is alive")
    words = last_words(folder) or "it left no message"
    raise LaunchError("ECHILD", f"the session's shim ended before it started the agent: {words}")


async def reap(pid: int) -> None:
    """Reap a shim that is ending, so that it leaves no zombie; with a pidfd where possible, else in a thread."""
    if pid == 0:
        return
    try:
        descriptor = os.pidfd_open(pid)
    except (AttributeError, OSError):  # a system without pidfds, or no descriptor left
        await trio.to_thread.run_sync(os.waitpid, pid, 0, abandon_on_cancel=True)
        return
    try:
        await trio.lowlevel.wait_readable(descriptor)
        os.waitpid(pid, 0)  # noqa: ASYNC222  # the pidfd says that it has ended: this does not block
    finally:
        os.close(descriptor)


def start_shim(folder: Path, attempt: int, python: str) -> tuple[int, socket.socket]:
    """Start a shim that waits for its spec. Returns its pid and our end of the socket pair (non-blocking). LaunchError
    when the system refuses.
    """
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        ours, theirs = socket.socketpair()
    except OSError as error:
        raise LaunchError.from_os_error(error, "preparing the session's shim") from error
    with theirs:
        try:
            pid = _spawn(folder, attempt, python, theirs.fileno())
        except OSError as error:
            ours.close()
            raise LaunchError.from_os_error(error, "starting the session's shim") from error
    ours.setblocking(False)
    return pid, ours


def _spawn(folder: Path, attempt: int, python: str, channel: int) -> int:
    log = str(folder / LOG_NAME)
    # -I ignores the environment, user site and current folder, -S site-packages: only the standard library is left.
    argv = [python, "-I", "-S", "-X", "utf8", str(SHIM), str(folder), str(attempt)]
    actions = [
        (os.POSIX_SPAWN_DUP2, channel, 0),
        (os.POSIX_SPAWN_OPEN, 1, log, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600),
        (os.POSIX_SPAWN_DUP2, 1, 2),
    ]
    return os.posix_spawn(python, argv, {}, file_actions=actions, setsid=True, setsigmask=(), setsigdef=_RESET)


def last_words(folder: Path, limit: int = 2000) -> str:
    """The last `limit` bytes that the session's shims wrote to stderr."""
    try:
        return (folder / LOG_NAME).read_bytes()[-limit:].decode(errors="replace").strip()
    except OSError:
        return ""
