"""The start of a shim: read the launch spec, refuse a second start, start the agent, hold it.

The spec comes as one line on standard input, a socket pair whose other end is the daemon. It holds secrets, so it is
never an argument and never on disk. The answer goes back the same way, and the pair then becomes the first control
connection. Answers: `{"started": identity}`, `{"refused": "locked" | "already_started"}`, `{"exit": record}` when the
agent could not be started. If the daemon dies before it has sent the whole line, nothing is started.
"""

import posix
from fcntl import F_DUPFD_CLOEXEC, fcntl

from .agent import Agent, StartError, start_agent
from .clock import now_ms
from .codec import decode, encode
from .door import Door
from .outputlog import log_end
from .process import TAG, tag_of
from .processes import system
from .records import EXIT, IDENTITY, create_marker, replace, take_lock
from .signals import kernel
from .subreaper import become_subreaper

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

EXIT_DONE = 0
EXIT_NO_SPEC = 64
EXIT_REFUSED = 75


def main() -> int:
    """Run one shim from its spec to its exit record; returns the process exit code."""
    posix.closerange(
        3, 65536
    )  # descriptors that the daemon itself inherited (socket activation) must not reach the agent
    wakeup = _catch_signals()
    channel = fcntl(0, F_DUPFD_CLOEXEC, 3)
    _nothing_on_stdin()
    line = _read_line(channel)
    if not line:
        return EXIT_NO_SPEC
    spec: dict[str, Any] = decode(line)
    if take_lock(spec["folder"]) < 0:
        return _say(channel, {"refused": "locked"}, EXIT_REFUSED)
    return _start(spec, channel, wakeup)


def _start(spec: "dict[str, Any]", channel: int, wakeup: int) -> int:
    door = Door(spec["folder"])
    boot_id = system.boot_id()
    try:
        create_marker(spec["folder"], spec["attempt"], encode({"bootId": boot_id, "shimPid": posix.getpid()}))
    except FileExistsError:
        return _say(channel, {"refused": "already_started"}, EXIT_REFUSED)
    subreaper = become_subreaper()
    spec["env"][TAG] = tag_of(spec["folder"], spec["attempt"])
    identity = _identity(spec, boot_id)
    try:
        agent = start_agent(spec)
    except StartError as error:
        return _could_not_start(spec, identity, error, door, channel)
    spec["env"] = {}  # only the agent keeps the secrets
    return _hold(spec, agent, identity, door, wakeup, channel, subreaper)


def _hold(
    spec: "dict[str, Any]",
    agent: Agent,
    identity: "dict[str, Any]",
    door: Door,
    wakeup: int,
    channel: int,
    subreaper: bool,
) -> int:
    identity.update(agentPid=agent.pid, agentPgid=agent.pid, agentStart=system.start_of(agent.pid, ended=True) or "")
    _record_quietly(spec["folder"], IDENTITY, identity)
    _say(channel, {"started": identity}, EXIT_DONE)
    posix.set_blocking(channel, False)
    # The agent runs now. Load what holding it needs here: earlier would delay the start, later would delay the end.
    from .custodian import Custodian

    posix.chdir("/")
    Custodian(spec, identity, agent, door, wakeup, subreaper=subreaper).serve(channel)
    return EXIT_DONE


def _could_not_start(
    spec: "dict[str, Any]", identity: "dict[str, Any]", error: StartError, door: Door, channel: int
) -> int:
    moment = now_ms()
    record = {
        "sessionId": spec["sessionId"],
        "attempt": spec["attempt"],
        "code": None,
        "signal": None,
        "reason": "failed_to_start",
        "detail": f"{error.errno_name}: {error.message}",
        "startedAt": identity["at"],
        "endedAt": moment,
        "outputEnd": identity["outputStart"],
        "droppedBytes": 0,
        "leftovers": 0,
        "left": 0,
    }
    replace(spec["folder"], EXIT.format(attempt=spec["attempt"]), encode(record), durable=True)
    door.close()
    return _say(channel, {"exit": record}, EXIT_DONE)


def _identity(spec: "dict[str, Any]", boot_id: str) -> "dict[str, Any]":
    return {
        "bootId": boot_id,
        "sessionId": spec["sessionId"],
        "attempt": spec["attempt"],
        "shimPid": posix.getpid(),
        "shimStart": system.start_of(posix.getpid()) or "",
        "agentPid": 0,
        "agentStart": "",
        "agentPgid": 0,
        "at": now_ms(),
        "outputStart": log_end(f"{spec['folder']}/output"),
    }


def _record_quietly(folder: str, name: str, value: "dict[str, Any]") -> None:
    """Write a file that helps but is not required: while the shim lives, its socket gives the same answer."""
    try:
        replace(folder, name, encode(value), durable=False)
    except OSError:
        return


def _catch_signals() -> int:
    """A descriptor from which child exits, TERM and HUP can be read. INT, typed at the daemon's terminal, is ignored."""
    reader, writer = posix.pipe()
    posix.set_blocking(reader, False)
    posix.set_blocking(writer, False)
    kernel.set_wakeup_fd(writer, warn_on_full_buffer=False)
    for number in (kernel.SIGCHLD, kernel.SIGTERM, kernel.SIGHUP):
        kernel.signal(number, _noted)
    kernel.signal(kernel.SIGINT, kernel.SIG_IGN)
    return reader


def _noted(number: int, frame: object) -> None:
    """The signal's number is in the wakeup descriptor; the handler does nothing."""


def _nothing_on_stdin() -> None:
    null = posix.open("/dev/null", posix.O_RDONLY | posix.O_CLOEXEC)
    posix.dup2(null, 0)
    posix.close(null)


def _read_line(fd: int) -> bytes:
    """Read the spec's line; empty when the daemon closes the connection before the line is complete."""
    parts: list[bytes] = []
    while not parts or not parts[-1].endswith(b"\n"):
        part = posix.read(fd, 65536)
        if not part:
            return b""
        parts.append(part)
    return b"".join(parts)


def _say(fd: int, message: "dict[str, Any]", code: int) -> int:
    """Answer the daemon if it is still there; returns the code."""
    try:
        posix.write(fd, encode(message))
    except OSError:
        pass
    return code
