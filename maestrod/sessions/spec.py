"""What is said about sessions' processes between the engine and custody: specs in, identities, standings and records
out.

All of it is data (frozen msgspec structs, camelCase in JSON). `LaunchSpec` and `ExitRecord` are also what goes to and
comes from the shim.
"""

import errno
from typing import Literal

import msgspec

EndReason = Literal["exited", "stopped", "interrupted", "failed_to_start", "lost"]
"""Why an attempt ended. *exited*: the agent ended by itself (also by a foreign signal). *stopped*: we stopped it.
*interrupted*: the shim was asked to end, as at a shutdown of the machine. *failed_to_start*: the system refused.
*lost*: the shim died; nobody knows the exit code.
"""

DEFAULT_LADDER: tuple[tuple[str, float], ...] = (("TERM", 5.0), ("KILL", 5.0))
"""Signals and the seconds each is given; five seconds is what process managers commonly grant (pueue, pm2 less,
systemd more).
"""


#: Columns and rows of a terminal until somebody sets them.
FIRST_SIZE = 120, 40


class LaunchSpec(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """One attempt of one session: what to start, where, and how it is to be held.

    `env` is the complete environment of the agent, nothing is inherited; it may hold secrets, so a spec is never
    logged. The shim adds MAESTRO_CUSTODY, by which strays are found. `folder` is the session's folder; custody fills
    it in. The output log keeps at most `log_keep_segments` files of `log_segment_bytes`. `ladder` is (signal name,
    seconds) in order, for a stop and for what the agent leaves behind.

    On pipes only: `stdin` is the path of a file that is the agent's standard input (`/dev/null` for none at all), without
    it a pipe stays open for `Custody.send`; `stream` keeps standard error from breaking into lines of standard output.
    `taken` are keys of input that the start itself brings: `Custody.send` with such a key writes nothing.

    `umask` and `open_files`, the soft limit on descriptors (None: as ours), are what the agent gets instead of the daemon's.
    """

    session_id: str
    attempt: int
    argv: tuple[str, ...]
    env: dict[str, str]
    cwd: str
    folder: str = ""
    terminal: Literal["pty", "pipe"] = "pty"
    cols: int = FIRST_SIZE[0]
    rows: int = FIRST_SIZE[1]
    log_segment_bytes: int = 8 << 20
    log_keep_segments: int = 8
    ladder: tuple[tuple[str, float], ...] = DEFAULT_LADDER
    stdin: str | None = None
    stream: bool = False
    taken: tuple[str, ...] = ()
    umask: int = 0o022
    open_files: int | None = None


class Identity(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """Which processes an attempt is, never by a pid alone. `at` is the start (wall ms), `output_start` the log offset
    it began at.
    """

    boot_id: str
    session_id: str
    attempt: int
    shim_pid: int
    shim_start: str
    agent_pid: int
    agent_start: str
    agent_pgid: int
    at: int
    output_start: int = 0


class EndedProcess(msgspec.Struct, frozen=True):
    """A process that was ended along with an agent: its pid, and what it called itself (at most 15 bytes on Linux)."""

    pid: int
    name: str = ""


class ExitRecord(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """How an attempt ended; written once, durably. Exactly one of `code` and `signal` (a name, `TERM`) is set unless
    the agent's end was not seen.

    `leftovers` counts processes the agent left running and the shim ended; `left` those that could not be ended.
    `ended` names processes besides the agent that the shim ended, at a stop or behind the agent; `ended_count` counts all of them.
    Offsets and `dropped_bytes` are in bytes.
    """

    session_id: str
    attempt: int
    code: int | None
    signal: str | None
    reason: EndReason
    detail: str = ""
    started_at: int | None = None
    ended_at: int
    output_end: int = 0
    dropped_bytes: int = 0
    leftovers: int = 0
    left: int = 0
    ended: tuple[EndedProcess, ...] = ()
    ended_count: int = 0


class StopReport(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """What a stop did. `left` is 0 when nothing of the tree is alive; otherwise `pending` names the pids that even
    KILL has not ended yet.

    `ended` counts processes, `signalled` the rungs that were needed, `escaped` the pids that had left group and tree
    and were found by their tag. `names` has what the ended ones called themselves by pid, where the daemon ended them itself.
    """

    left: int
    pending: tuple[int, ...] = ()
    ended: int = 0
    signalled: tuple[str, ...] = ()
    escaped: tuple[int, ...] = ()
    names: dict[int, str] = {}


class OutputChunk(msgspec.Struct, frozen=True):
    """A piece of a session's output log. `start` is the offset of its first byte: greater than asked when older
    segments were rotated away.

    `end` is the offset behind the log's last byte now, `dropped` the bytes the log ever lost because they could not be
    written.
    """

    start: int
    data: bytes
    end: int
    dropped: int = 0

    @property
    def next(self) -> int:
        """Where to go on reading."""
        return self.start + len(self.data)


class Running(msgspec.Struct, frozen=True):
    """The attempt is alive and held again."""

    identity: Identity


class AlreadyEnded(msgspec.Struct, frozen=True):
    """The attempt is over and its record is known."""

    record: ExitRecord


class NeverStarted(msgspec.Struct, frozen=True):
    """Nothing of this attempt was ever started: it may be launched."""


class ShimGone(msgspec.Struct, frozen=True):
    """The attempt was started and its shim is gone without a record. What it left was ended; `record` (reason `lost`)
    is written.
    """

    detail: str
    record: ExitRecord


Adoption = Running | AlreadyEnded | NeverStarted | ShimGone
"""What `adopt` finds out about an attempt."""


class LaunchError(Exception):
    """An attempt could not be started: the system's error by name (`EAGAIN`) and a sentence for people.

    `record` is the attempt's exit record when there is one: then it is over. Without one nothing was started and the
    same attempt may be tried again.
    """

    def __init__(self, errno_name: str, message: str, record: ExitRecord | None = None) -> None:
        super().__init__(f"{errno_name}: {message}")
        self.errno_name = errno_name
        self.message = message
        self.record = record

    @classmethod
    def from_os_error(cls, error: OSError, doing: str) -> "LaunchError":
        """The failure that a system error means, with what was being done when it came."""
        name = errno.errorcode.get(error.errno or 0, "EUNKNOWN")
        return cls(name, f"{doing}: {error.strerror or error}")

    @classmethod
    def from_record(cls, record: ExitRecord) -> "LaunchError":
        """The failure an exit record tells of: the error's name stands before the colon of its detail."""
        name, colon, message = record.detail.partition(": ")
        if record.reason != "failed_to_start" or not colon:
            return cls(
                "EALREADY", f"attempt {record.attempt} of {record.session_id} has ended: {record.reason}", record
            )
        return cls(name, message, record)


class NotHeld(Exception):
    """The session has no living attempt in this daemon's custody, so nothing can be sent to it."""


class Unanswered(NotHeld):
    """The connection ended before the answer came: nobody knows whether the request was carried out."""


class ShimRefused(Exception):
    """The shim refused a request, by its code (`input_full`, `no_input`, `no_terminal`, `bad_request`) and a sentence."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code
