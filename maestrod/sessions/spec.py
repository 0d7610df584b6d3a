"""The data that engine and custody exchange about sessions' processes: specs in; identities, adoptions and records out.

All are frozen msgspec structs, camelCase in JSON. `LaunchSpec` and `ExitRecord` also travel to and from the shim.
"""

import errno
from typing import Literal

import msgspec

EndReason = Literal["exited", "stopped", "interrupted", "failed_to_start", "lost"]
"""Why an attempt ended. *exited*: the agent ended by itself or by someone else's signal. *stopped*: we stopped it.
*interrupted*: the shim was asked to end, as at a shutdown of the machine. *failed_to_start*: the system refused to
start it. *lost*: the shim died, so nobody knows the exit code.
"""

DEFAULT_LADDER: tuple[tuple[str, float], ...] = (("TERM", 5.0), ("KILL", 5.0))
"""Signals, and the seconds to wait after each. Process managers commonly wait five (pueue, pm2 less, systemd more)."""


#: Columns and rows of a terminal until a client sets them.
FIRST_SIZE = 120, 40


class LaunchSpec(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """One attempt of one session: what to start, where, and how to hold it.

    `env` is the agent's complete environment: it inherits nothing. It may hold secrets, so a spec is never logged. The
    shim adds MAESTRO_CUSTODY, the tag by which strays are found. `folder` is the session's folder; custody fills it in.
    The output log keeps at most `log_keep_segments` files of `log_segment_bytes`. `ladder` is a sequence of (signal
    name, seconds), used for a stop and for what the agent leaves behind.

    On pipes only: `stdin` is the path of a file for the agent's standard input (`/dev/null` for none); without it a
    pipe stays open for `Custody.send`. `stream` keeps standard error from breaking into lines of standard output.
    `taken` are keys of input that the start already delivers: `Custody.send` with such a key writes nothing.

    The agent gets `umask` and `open_files` (its soft limit on descriptors; None: the daemon's) instead of the daemon's
    own.
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
    """The processes of an attempt, never identified by a pid alone. `at` is when it started (wall clock, ms),
    `output_start` the log offset at which its output begins.
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
    """A process that was ended along with an agent: its pid and command name (at most 15 bytes on Linux)."""

    pid: int
    name: str = ""


class ExitRecord(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """How an attempt ended; written once, durably. Exactly one of `code` and `signal` (a name, `TERM`) is set unless
    the agent's end was not seen.

    `leftovers` counts processes that the agent left running and the shim ended; `left` those that could not be ended.
    `ended` names processes other than the agent that the shim ended, at a stop or afterwards; `ended_count` counts all
    of them. Offsets and `dropped_bytes` are in bytes.
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
    """What a stop did. `left` is 0 when nothing of the tree is alive; otherwise `pending` lists the pids that even
    KILL has not ended yet.

    `ended` counts processes. `signalled` lists the signals that were needed. `escaped` lists the pids that had left
    group and tree and were found by their tag. `names` has the command names of the ended processes by pid, if the
    daemon ended them itself.
    """

    left: int
    pending: tuple[int, ...] = ()
    ended: int = 0
    signalled: tuple[str, ...] = ()
    escaped: tuple[int, ...] = ()
    names: dict[int, str] = {}


class OutputChunk(msgspec.Struct, frozen=True):
    """A piece of a session's output log. `start` is the offset of its first byte: greater than requested if rotation
    has deleted older segments.

    `end` is the offset after the log's last byte now, `dropped` how many bytes were ever lost because they could not
    be written.
    """

    start: int
    data: bytes
    end: int
    dropped: int = 0

    @property
    def next(self) -> int:
        """The offset at which to continue reading."""
        return self.start + len(self.data)


class Running(msgspec.Struct, frozen=True):
    """The attempt is alive and held again."""

    identity: Identity


class AlreadyEnded(msgspec.Struct, frozen=True):
    """The attempt has ended and its record is known."""

    record: ExitRecord


class NeverStarted(msgspec.Struct, frozen=True):
    """The attempt was never started: it may be launched."""


class ShimGone(msgspec.Struct, frozen=True):
    """The attempt was started and its shim is gone without a record. Custody has ended what was left and written
    `record` (reason `lost`).
    """

    detail: str
    record: ExitRecord


Adoption = Running | AlreadyEnded | NeverStarted | ShimGone
"""What `adopt` finds out about an attempt."""


class LaunchError(Exception):
    """An attempt could not be started: the system's error by name (`EAGAIN`) and a sentence for people.

    If `record` is set, the attempt has ended with that exit record. Otherwise nothing was started and the same attempt
    may be tried again.
    """

    def __init__(self, errno_name: str, message: str, record: ExitRecord | None = None) -> None:
        super().__init__(f"{errno_name}: {message}")
        self.errno_name = errno_name
        self.message = message
        self.record = record

    @classmethod
    def from_os_error(cls, error: OSError, doing: str) -> "LaunchError":
        """Convert a system error; `doing` says what was being done."""
        name = errno.errorcode.get(error.errno or 0, "EUNKNOWN")
        return cls(name, f"{doing}: {error.strerror or error}")

    @classmethod
    def from_record(cls, record: ExitRecord) -> "LaunchError":
        """Convert the exit record of a failed start: its detail has the error's name before the colon."""
        name, colon, message = record.detail.partition(": ")
        if record.reason != "failed_to_start" or not colon:
            return cls(
                "EALREADY", f"attempt {record.attempt} of {record.session_id} has ended: {record.reason}", record
            )
        return cls(name, message, record)


class NotHeld(Exception):
    """The session has no living attempt in this daemon's custody, so nothing can be sent to it."""


class Unanswered(NotHeld):
    """The connection ended before the answer arrived: it is unknown whether the request was carried out."""


class ShimRefused(Exception):
    """The shim refused a request: a code (`input_full`, `no_input`, `no_terminal`, `bad_request`) and a sentence."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code
