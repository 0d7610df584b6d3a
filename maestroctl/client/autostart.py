"""Starts the daemon for a command that needs it, once for any number of commands, and returns when it answers.

If the user installed the service, its manager starts it. Otherwise the daemon runs detached, in its own process session, with its log
in ``<data>/maestrod.log``. A lock in the data folder lets one of many callers start it; the others find it running.
"""

import fcntl
import math
import os
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import maestrod
from maestroctl.client.channel import RETRY_PAUSE
from maestroctl.client.client import connect
from maestroctl.client.diagnosis import how_ended, why_holder_silent
from maestroctl.client.errors import absent
from maestroctl.output import safe, say
from maestrod.api.errors import BadConfiguration, MaestroError, NoDaemon
from maestrod.api.local.address import Paths
from maestrod.api.local.daemon_lock import LOCK_FILE, Holder, Phase, holder_of, is_held, is_stopped, socket_of

#: Maximum seconds until a daemon answers, counted again whenever it reports progress in starting, and for a whole start.
_READY_WITHIN = 60.0
_STARTED_WITHIN = 600.0

#: Seconds after which a serving daemon that does not answer is said to hang; and seconds to restore its socket, checked every 20 s.
_ANSWER_TIME = 8.0
_SOCKET_TIME = 25.0

#: Seconds between two messages about what takes long.
_WORD = 5.0

#: The minimum time for an answer, and the request.
_RETURN_TIME = 2.0
_HELLO = b'{"jsonrpc":"2.0","id":1,"method":"system.hello","params":{"client":"maestroctl"}}'

#: Lines of the log that are shown if it does not answer.
_TAIL = 15

#: Exit code of a daemon that finds another daemon running on the same data.
_ANOTHER_RUNS = 75

#: The daemon's log, and the file with what it printed before the log was open or when it crashed.
LOG = "maestrod.log"
_START_LOG = "maestrod.start.log"


def ensure(paths: Paths, environ: Mapping[str, str]) -> None:
    """Return when a daemon answers; starts one if none holds the data folder, or once the one that is stopping has ended.

    Raises ``NoDaemon`` with its last output if it does not start, or with the reason if the present one does not answer, and
    ``BadConfiguration`` if it cannot start with this configuration and these folders.
    """
    with _turn(paths.data):
        if _answers(paths):
            return
        if is_held(paths.data) and await_holder(paths):
            return
        say("Starting maestrod…")
        start(paths, environ)


def await_holder(paths: Paths) -> bool:
    """Whether the daemon that holds the data folder answers; False once nothing holds it. Raises ``NoDaemon`` with the reason if it hangs.

    Each holder has its own time, and each of its phases: one that took long to stop takes none from its successor.
    """
    known: tuple[int, Phase] | None = None
    began, last_said = time.monotonic(), -math.inf
    while not _answers(paths):
        holder, now = holder_of(paths.data), time.monotonic()
        if holder is not None and known != (holder.pid, holder.phase):
            known, began = (holder.pid, holder.phase), now
        if holder is None and not is_held(paths.data):
            return False
        if holder is None or not holder.is_here:
            _await_strange_holder(paths, now - began)
        elif paths.is_socket_named and Path(holder.socket) != paths.socket:
            raise _elsewhere(paths, holder)
        elif now - began >= _allowed(paths, holder):
            raise why_holder_silent(holder, now - began)
        elif now - last_said > _WORD:
            last_said = now
            say(f"Waiting for maestrod (process {holder.pid}): {_doing(paths, holder)}.")
        time.sleep(RETRY_PAUSE)
    return True


def _await_strange_holder(paths: Paths, seconds: float) -> None:
    """Raise if a process that does not identify itself, or is on another machine, keeps the lock."""
    if seconds >= _ANSWER_TIME:
        raise NoDaemon(
            "daemon.elsewhere",
            f"a process holds {paths.data / LOCK_FILE} and does not answer on {paths.socket}: is it on another machine, or in a "
            "container that shares the folder? Stop it there, or set MAESTRO_HOME to another folder",
        )


def _allowed(paths: Paths, holder: Holder) -> float:
    """Seconds this daemon may take to answer."""
    if is_stopped(holder.pid):
        return 0.0
    if holder.phase is not Phase.SERVING:
        return _STARTED_WITHIN
    return _ANSWER_TIME if _socket(paths).exists() else _SOCKET_TIME


def _doing(paths: Paths, holder: Holder) -> str:
    if holder.phase is Phase.STARTING:
        return f"it is starting; {holder.progress}" if holder.progress else "it is starting"
    if holder.phase is Phase.SERVING:
        return (
            "it has not answered yet" if _socket(paths).exists() else "its socket was removed, and it creates a new one"
        )
    return "it is stopping" if holder.phase is Phase.STOPPING else "`maestrod store` is using the data"


def _elsewhere(paths: Paths, holder: Holder) -> NoDaemon:
    what = f"maestrod (process {holder.pid}) runs on {paths.data} and listens on {holder.socket}"
    return NoDaemon(
        "daemon.elsewhere",
        f"{what}, not on {paths.socket}: unset MAESTRO_SOCKET, or set MAESTRO_HOME to start a second daemon",
    )


def _socket(paths: Paths) -> Path:
    return paths.socket if paths.is_socket_named else socket_of(paths.data, paths.socket)


def start(paths: Paths, environ: Mapping[str, str]) -> None:
    """Start a daemon and wait until it answers."""
    if _service_starts(environ):
        _wait(paths, None)
        return
    child = _detached(paths, environ)
    try:
        _wait(paths, child)
    finally:
        # It outlives this process by design. Without this line Python would warn at exit that the child was not waited for.
        child.returncode = child.returncode or 0


def await_return(paths: Paths, patience: float) -> None:
    """Wait up to ``patience`` seconds for a daemon that is being restarted. Raises ``NoDaemon`` if it does not come back.

    Inside a session no daemon is started: only the socket of its daemon is known, not the data, so it could be the wrong daemon.
    """
    deadline = time.monotonic() + patience
    while not _answers(paths):
        if time.monotonic() > deadline:
            raise absent(str(paths.socket))
        time.sleep(RETRY_PAUSE)


def last_words(paths: Paths) -> list[str]:
    """What the daemon that was just started printed; if it printed nothing, the last lines of its log."""
    for name in (_START_LOG, LOG):
        try:
            lines = (paths.data / name).read_text("utf-8", "replace").splitlines()[-_TAIL:]
        except OSError:  # it ended before it wrote the file
            continue
        if lines:
            return [safe(line) for line in lines]
    return []


@contextmanager
def _turn(data: Path) -> Iterator[None]:
    """Wait for this caller's turn among all that want to start a daemon on this data."""
    try:
        data.mkdir(mode=0o700, parents=True, exist_ok=True)
        descriptor = os.open(data / "autostart.lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW, 0o600)
    except OSError as error:
        message = f"the data folder {data} cannot be used: {error.strerror}; set MAESTRO_HOME to a folder that you own"
        raise BadConfiguration("places.data", message) from error
    try:
        _take_turn(descriptor)
        yield
    finally:
        os.close(descriptor)


def _take_turn(descriptor: int) -> None:
    """Take the lock, with a message while waiting. Raises ``NoDaemon`` if its holder makes no progress."""
    began = time.monotonic()
    said = False
    while True:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            waited = time.monotonic() - began
            if waited > _STARTED_WITHIN:
                message = f"another maestroctl has been starting maestrod for {waited:.0f} s; stop it and try again"
                raise NoDaemon("daemon.start", message) from None
            if waited > _WORD and not said:
                said = True
                say("Waiting for another maestroctl that is starting maestrod.")
            time.sleep(RETRY_PAUSE)
        else:
            return


def _answers(paths: Paths) -> bool:
    """Whether a daemon answers. A connection is not enough: a service manager also listens for a daemon that may never start."""
    try:
        channel = connect(_socket(paths))
    except NoDaemon:
        return False
    try:
        channel.send(_HELLO)
        return channel.receive(_RETURN_TIME) is not None
    except OSError:
        return False
    finally:
        channel.close()


def _service_starts(environ: Mapping[str, str]) -> bool:
    """Start the user's service if there is one. It serves only the standard folders."""
    if environ.get("MAESTRO_HOME") or environ.get("MAESTRO_SOCKET"):
        return False
    from maestroctl.install.service_manager import service_manager

    try:
        manager = service_manager(environ)
        state = manager.status()
        if not (state.installed and state.reachable):
            return False
        manager.start()
    except MaestroError as error:
        say(f"The service did not start ({safe(error.message)}); starting the daemon without it.")
        return False
    return True


def _detached(paths: Paths, environ: Mapping[str, str]) -> "subprocess.Popen[bytes]":
    """The daemon in its own process session, detached from the caller's terminal, folder and pipes."""
    source = Path(maestrod.__file__).resolve().parent.parent
    inherited = dict(environ)
    if (source / "pyproject.toml").exists():  # from / Python does not find a checkout that is not installed
        inherited["PYTHONPATH"] = str(source)
    flags = os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC | os.O_NOFOLLOW
    log = os.open(paths.data / _START_LOG, flags, 0o600)
    try:
        return subprocess.Popen(
            [sys.executable, "-X", "utf8", "-m", "maestrod", "--log", "file"],
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            cwd="/",
            env=inherited,
            start_new_session=True,
        )
    finally:
        os.close(log)


def _wait(paths: Paths, child: "subprocess.Popen[bytes] | None") -> None:
    """Return when the daemon answers. If it ends because another daemon holds the data folder, wait for that one."""
    deadline = time.monotonic() + _READY_WITHIN
    last = time.monotonic() + _STARTED_WITHIN
    while not _answers(paths):
        code = None if child is None else child.poll()
        if code == BadConfiguration.exit_code:
            words = "\n".join(line.removeprefix("maestrod: ") for line in last_words(paths))
            raise BadConfiguration("daemon.configuration", words or "maestrod rejected its configuration")
        if code == _ANOTHER_RUNS and is_held(paths.data):
            if not await_holder(paths):
                raise absent(str(paths.socket))
            return
        if code is not None:
            raise _failed(paths, f"maestrod {how_ended(code)} right after it was started")
        holder, now = holder_of(paths.data), time.monotonic()
        if holder is not None and holder.phase is Phase.STARTING and not is_stopped(holder.pid):
            deadline = min(now + _READY_WITHIN, last)
        if now > deadline:
            raise _failed(paths, f"maestrod does not answer on {_socket(paths)} after {_READY_WITHIN:.0f} seconds")
        time.sleep(RETRY_PAUSE)


def _failed(paths: Paths, problem: str) -> NoDaemon:
    words = last_words(paths) or ["no output: is the disk full?"]
    log = "\n".join(f"  | {line}" for line in words)
    return NoDaemon("daemon.start", f"{problem}. Its log is {paths.data / LOG}; it ended with:\n{log}")
