"""All errors, with their codes on every surface.

Each class says whose fault the error is and carries its JSON-RPC code, HTTP status and exit code; these numbers are defined
only here. Application errors use their HTTP status as JSON-RPC code: it is positive and therefore outside the range that
JSON-RPC 2.0 section 5.1 reserves. ``reason`` is a stable name that programs may branch on (``task.not_found``); the message is
for people.
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
    """The request does not fit the method; ``details.path`` names the place."""

    rpc_code = -32602
    http_status = 400
    exit_code = 2


class NotFound(MaestroError):
    """The request names something that does not exist."""

    rpc_code = 404
    http_status = 404
    exit_code = 1


class Conflict(MaestroError):
    """The request contradicts the present state: a cycle, a second answer, a used request id."""

    rpc_code = 409
    http_status = 409
    exit_code = 1


class IllegalTransition(Conflict):
    """The present status does not allow this change."""


class Unprocessable(MaestroError):
    """The request is well-formed but its content is refused, such as a plan with errors; details say why."""

    rpc_code = 422
    http_status = 422
    exit_code = 1


class NotAllowed(MaestroError):
    """The caller is known but not permitted to do this."""

    rpc_code = 403
    http_status = 403
    exit_code = 77


class Busy(MaestroError):
    """No free slot, or too many requests: the same call may succeed later."""

    rpc_code = 429
    http_status = 429
    exit_code = 75
    retryable = True


class TimedOut(MaestroError):
    """The caller's timeout has passed; the awaited change may still happen."""

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
    """The requested events are no longer kept: fetch a snapshot and subscribe from its seq."""

    rpc_code = 410
    http_status = 410
    exit_code = 1
    retryable = True


class Unavailable(MaestroError):
    """A temporary condition of the daemon: stopping, read-only, no disk space."""

    rpc_code = 503
    http_status = 503
    exit_code = 75
    retryable = True


class NoDaemon(MaestroError):
    """No daemon answers on the socket. Raised by clients only."""

    exit_code = 69
    retryable = True


class VersionMismatch(MaestroError):
    """Client and daemon have no protocol version in common."""

    rpc_code = 426
    http_status = 426
    exit_code = 76


class BadConfiguration(MaestroError):
    """A configuration file, an environment variable or a data folder is not usable."""

    exit_code = 78


class Bug(MaestroError):
    """A bug in the daemon; ``details.incident`` is the id to look for in the log."""


#: The class that a client raises for a received error code.
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
