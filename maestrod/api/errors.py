"""One family of errors, one table to every surface.

Each class says whose fault it is and carries its JSON-RPC code, HTTP status and command-line exit code; nobody else writes
such a number. Application errors use their HTTP status as JSON-RPC code: positive, so never inside the range that JSON-RPC
2.0 section 5.1 reserves. ``reason`` is the stable name a program may branch on (``task.not_found``); the message is for people.
"""

from collections.abc import Mapping
from typing import Any, ClassVar


class MaestroError(Exception):
    """Base of every error that may reach a caller."""

    rpc_code: ClassVar[int] = -32603
    http_status: ClassVar[int] = 500
    exit_code: ClassVar[int] = 70
    retryable: ClassVar[bool] = False

    def __init__(self, reason: str, message: str, details: Mapping[str, Any] | None = None) -> None:
        super().__init__(message)
        self.reason = reason
        self.message = message
        self.details = dict(details or {})

    def data(self) -> dict[str, Any]:
        """The ``data`` member of the JSON-RPC error object."""
        body: dict[str, Any] = {"code": self.reason, "retryable": self.retryable}
        if self.details:
            body["details"] = self.details
        return body


class Malformed(MaestroError):
    """The caller's bytes are not what the method takes; ``details.path`` names the place."""

    rpc_code = -32602
    http_status = 400
    exit_code = 2


class NotFound(MaestroError):
    """The caller named something that is not there."""

    rpc_code = 404
    http_status = 404
    exit_code = 1


class Conflict(MaestroError):
    """The caller asked for something that contradicts what is: a cycle, a second answer, a used request id."""

    rpc_code = 409
    http_status = 409
    exit_code = 1


class IllegalTransition(Conflict):
    """The state the thing is in does not allow this event."""


class Unprocessable(MaestroError):
    """The request is well-formed and its content is refused, as of a plan the linter rejects; details say why."""

    rpc_code = 422
    http_status = 422
    exit_code = 1


class NotAllowed(MaestroError):
    """The caller is known and may not do this."""

    rpc_code = 403
    http_status = 403
    exit_code = 77


class Busy(MaestroError):
    """No slot, or too many requests: the same call may succeed later."""

    rpc_code = 429
    http_status = 429
    exit_code = 75
    retryable = True


class TimedOut(MaestroError):
    """The time the caller gave has passed; what was waited for may still happen."""

    rpc_code = 408
    http_status = 408
    exit_code = 124
    retryable = True


class Cancelled(MaestroError):
    """The caller cancelled this request with ``$/cancelRequest``; the code is the Language Server Protocol's."""

    rpc_code = -32800
    http_status = 499
    exit_code = 130


class ResyncRequired(MaestroError):
    """The events asked for are gone; ask for a snapshot and subscribe from its seq."""

    rpc_code = 410
    http_status = 410
    exit_code = 1
    retryable = True


class Unavailable(MaestroError):
    """Ours, and it passes: stopping, read-only, no space."""

    rpc_code = 503
    http_status = 503
    exit_code = 75
    retryable = True


class NoDaemon(MaestroError):
    """Nothing answers on the socket. Raised by clients only."""

    exit_code = 69
    retryable = True


class VersionMismatch(MaestroError):
    """Client and daemon do not speak the same protocol version."""

    rpc_code = 426
    http_status = 426
    exit_code = 76


class BadConfiguration(MaestroError):
    """A configuration file, an environment variable or a data folder cannot be used as it is."""

    exit_code = 78


class Bug(MaestroError):
    """Ours, and it should not have happened; ``details.incident`` is the id to look for in the log."""


#: Which class a client raises for an error code it receives.
BY_CODE: Mapping[int, type[MaestroError]] = {
    cls.rpc_code: cls
    for cls in (
        Malformed,
        NotFound,
        Conflict,
        Unprocessable,
        NotAllowed,
        Busy,
        TimedOut,
        Cancelled,
        ResyncRequired,
        Unavailable,
        Bug,
    )
}
