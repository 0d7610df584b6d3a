"""Starting a shim: one posix_spawn, one socket pair.

The launch spec holds secrets, so it travels over the pair and nowhere else; arguments carry only the session's folder
and attempt, for people who read process lists and for `tree.find_shim`. The shim begins its own session, so no signal
meant for the daemon's group or terminal reaches it, and no parent-death signal is ever set. posix_spawn does not copy
the daemon: its cost does not grow with the daemon's memory. It must be called from the main thread (the rule for all
children).
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
    """Start an attempt: the pid of our child to be reaped (0: the shim is not our child), who runs, and the connection
    to it.

    LaunchError when it does not run afterwards. When an earlier daemon's shim was faster, that one is taken.
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
    """Give a shim that waits for its spec, and so the agent it will start, another soft limit on descriptors.

    A shim that ended at once is told of by who waits for its answer.
    """
    with suppress(ProcessLookupError):
        _, hard = resource.prlimit(pid, resource.RLIMIT_NOFILE)
        resource.prlimit(pid, resource.RLIMIT_NOFILE, (soft, hard))


def _line(spec: LaunchSpec) -> bytes:
    """The spec as JSON. A variable may hold bytes that are no text (a PATH with such a folder): it gets to the agent as it is, in the
    spelling that Python has for such bytes, which the shim's decoder takes.
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
    """Give the shim its spec; its answer, empty when it died without one."""
    try:
        await send_all(connection, line)
    except LinkLost:
        return {}
    return await link.receive_line() or {}


async def _take_other(folder: Path, spec: LaunchSpec, refused: str) -> tuple[int, Identity, Link]:
    """The shim we started did not start the agent: another one did, or nobody."""
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
    """Collect a shim that is ending, so that it leaves no zombie; by pidfd where there is one, else in a thread."""
    if pid == 0:
        return
    try:
        descriptor = os.pidfd_open(pid)
    except (AttributeError, OSError):  # a system without pidfds, or no descriptor left
        await trio.to_thread.run_sync(os.waitpid, pid, 0, abandon_on_cancel=True)
        return
    try:
        await trio.lowlevel.wait_readable(descriptor)
        os.waitpid(pid, 0)  # noqa: ASYNC222  # the pidfd said it has ended: this does not wait
    finally:
        os.close(descriptor)


def start_shim(folder: Path, attempt: int, python: str) -> tuple[int, socket.socket]:
    """Start a shim that waits for its spec: its pid and our end of the pair (non-blocking). LaunchError when the
    system refuses.
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
    # -I: no environment, no user site, no current folder; -S: no site packages. Nothing but the standard library can be
    # imported.
    argv = [python, "-I", "-S", "-X", "utf8", str(SHIM), str(folder), str(attempt)]
    actions = [
        (os.POSIX_SPAWN_DUP2, channel, 0),
        (os.POSIX_SPAWN_OPEN, 1, log, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600),
        (os.POSIX_SPAWN_DUP2, 1, 2),
    ]
    return os.posix_spawn(python, argv, {}, file_actions=actions, setsid=True, setsigmask=(), setsigdef=_RESET)


def last_words(folder: Path, limit: int = 2000) -> str:
    """The end of what the session's shims ever complained about."""
    try:
        return (folder / LOG_NAME).read_bytes()[-limit:].decode(errors="replace").strip()
    except OSError:
        return ""
