"""Starts the daemon for a command that needs it: once, however many commands ask, and returns when it answers.

A service of the user is started by its manager; otherwise the daemon runs detached, in a session of its own, with its log in
``<data>/maestrod.log``. A lock in the data folder lets one of many callers do it; the others find the daemon running.
"""

import fcntl
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

#: Seconds a daemon may take until it answers, counted anew while it says that it is still starting, and for a whole start.
_READY_WITHIN = 60.0
_STARTED_WITHIN = 600.0

#: Seconds a daemon that serves may take to answer before it hangs; and to put its socket back, which it looks at every 20 s.
_ANSWER_TIME = 8.0
_SOCKET_TIME = 25.0

#: Seconds between two words about what takes long.
_WORD = 5.0

#: The least time for an answer, and what is asked.
_RETURN_TIME = 2.0
_HELLO = b'{"jsonrpc":"2.0","id":1,"method":"system.hello","params":{"client":"maestroctl"}}'

#: Lines of the log shown when it does not.
_TAIL = 15

#: Exit code of a daemon that found another one running on the same data.
_ANOTHER_RUNS = 75

#: The daemon's own log, and what it printed before it had one or when it broke.
LOG = "maestrod.log"
_START_LOG = "maestrod.start.log"


def ensure(paths: Paths, environ: Mapping[str, str]) -> None:
    """Return when a daemon answers, having started it if none has the data folder.

    Raises ``NoDaemon`` with its last words when it does not come up, or with the reason when the one that is there does not
    answer; ``BadConfiguration`` when it cannot start with this configuration and these folders.
    """
    with _turn(paths.data):
        if _answers(paths):
            return
        if is_held(paths.data):
            await_holder(paths)
            return
        say("Starting maestrod…")
        start(paths, environ)


def await_holder(paths: Paths) -> None:
    """Return when the daemon that has the data folder answers. Raises ``NoDaemon`` with the reason why it does not."""
    began = last_said = time.monotonic()
    while not _answers(paths):
        holder, now = holder_of(paths.data), time.monotonic()
        if holder is None or not holder.is_here:
            _await_strange_holder(paths, now - began)
        elif paths.is_socket_named and Path(holder.socket) != paths.socket:
            raise _elsewhere(paths, holder)
        elif now - began > _allowed(paths, holder):
            raise why_holder_silent(holder, now - began)
        elif now - last_said > _WORD or began == last_said:
            last_said = now
            say(f"Waiting for maestrod (process {holder.pid}): {_doing(paths, holder)}.")
        time.sleep(RETRY_PAUSE)


def _await_strange_holder(paths: Paths, seconds: float) -> None:
    """Raise when a lock stays held by who does not say who it is, or is on another machine."""
    if is_held(paths.data) and seconds > _ANSWER_TIME:
        raise NoDaemon(
            "daemon.elsewhere",
            f"a process holds {paths.data / LOCK_FILE} and does not answer on {paths.socket}: is it on another machine, or in a "
            "container that shares the folder? Stop it there, or set MAESTRO_HOME to another folder",
        )
    if not is_held(paths.data) and seconds > _ANSWER_TIME:
        raise absent(str(paths.socket))


def _allowed(paths: Paths, holder: Holder) -> float:
    """Seconds this daemon may be without an answer."""
    if is_stopped(holder.pid):
        return 0.0
    if holder.phase is not Phase.SERVING:
        return _STARTED_WITHIN
    return _ANSWER_TIME if _socket(paths).exists() else _SOCKET_TIME


def _doing(paths: Paths, holder: Holder) -> str:
    if holder.phase is Phase.STARTING:
        return f"it is starting; {holder.progress}" if holder.progress else "it is starting"
    if holder.phase is Phase.SERVING:
        return "it has not answered yet" if _socket(paths).exists() else "its socket was removed, it makes another one"
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
        # It outlives us by design: without this, Python would warn at exit that nobody waited for it.
        child.returncode = child.returncode or 0


def await_return(paths: Paths, patience: float) -> None:
    """Wait for a daemon that is being restarted, for ``patience`` seconds. Raises ``NoDaemon`` when it does not come back.

    Inside of a session nothing is started: we know the socket of its daemon and not its data, another daemon would be wrong.
    """
    deadline = time.monotonic() + patience
    while not _answers(paths):
        if time.monotonic() > deadline:
            raise absent(str(paths.socket))
        time.sleep(RETRY_PAUSE)


def last_words(paths: Paths) -> list[str]:
    """What the daemon that was just started printed; when it kept silent, the last lines of its log."""
    for name in (_START_LOG, LOG):
        try:
            lines = (paths.data / name).read_text("utf-8", "replace").splitlines()[-_TAIL:]
        except OSError:  # it had not come that far
            continue
        if lines:
            return [safe(line) for line in lines]
    return []


@contextmanager
def _turn(data: Path) -> Iterator[None]:
    """Wait for our turn among all who would start a daemon on this data."""
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
    """Lock it, saying what is waited for. Raises ``NoDaemon`` when who has the turn does not get anywhere."""
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
    """Whether a daemon answers. Being connected is not enough: a service manager listens for one that may never come up."""
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
    """Start the user's service if there is one; it serves the standard places only."""
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
    """The daemon in a session of its own, tied to no terminal, folder or pipe of ours."""
    source = Path(maestrod.__file__).resolve().parent.parent
    inherited = dict(environ)
    if (source / "pyproject.toml").exists():  # a checkout that is not installed is not found from the root folder
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
    """Return when the daemon answers. One that ends because another one has the data folder leaves us to that one."""
    deadline = time.monotonic() + _READY_WITHIN
    last = time.monotonic() + _STARTED_WITHIN
    while not _answers(paths):
        code = None if child is None else child.poll()
        if code == BadConfiguration.exit_code:
            words = "\n".join(line.removeprefix("maestrod: ") for line in last_words(paths))
            raise BadConfiguration("daemon.configuration", words or "maestrod rejected its configuration")
        if code == _ANOTHER_RUNS and is_held(paths.data):
            await_holder(paths)
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
