"""What went wrong, as the contract's errors, and how it is told: whose fault, what to do next, and the exit code.

With ``--json`` the error is one JSON document on stderr, so that stdout never holds anything but an answer.
"""

from collections.abc import Mapping
from typing import Any

from maestroctl.output import safe, safe_block, say
from maestrod.api.errors import BY_CODE, Bug, MaestroError, Malformed, NoDaemon, NotAllowed, VersionMismatch

#: Exit codes that no error class carries: sysexits.h, and 128 plus the signal as shells count.
INTERRUPTED = 130
CLOSED_PIPE = 141

#: The reason of a ``NoDaemon`` whose daemon was killed, or broke.
DIED = "daemon.died"

#: The reasons of a ``NoDaemon`` that mean that none runs.
ABSENT = frozenset({"daemon.absent", DIED})

_METHOD_NOT_FOUND = -32601
_UNKNOWN_FIELD = "Object contains unknown field"  # msgspec's words
_RESERVED = range(-32700, -32599)  # JSON-RPC 2.0, section 5.1: the bytes were not a request


def failure(code: int, message: str, data: object) -> MaestroError:
    """The error of our own family for the error object of a reply."""
    members: dict[str, Any] = data if isinstance(data, dict) else {}
    if code == _METHOD_NOT_FOUND:
        return _unknown_method(message, members)
    kind = BY_CODE.get(code, Malformed if code in _RESERVED else Bug)
    details = members.get("details")
    return kind(str(members.get("code", "rpc.error")), message, details if isinstance(details, dict) else None)


def _unknown_method(message: str, members: Mapping[str, Any]) -> MaestroError:
    """A method that this version does not know either is a mistake; else the daemon is of another version."""
    from maestrod.api.protocol.registry import METHODS

    details = members.get("details")
    method = details.get("method") if isinstance(details, dict) else None
    if method is None or method in METHODS:
        text = f"{message}; this daemon is of another version: run `maestroctl daemon restart`"
        return VersionMismatch("client.method", text)
    return Malformed("method.not_found", no_method(str(method)))


def unknown_to_an_older(error: Malformed, method: str) -> MaestroError:
    """A parameter of this version that the daemon refuses as unknown: the daemon is of another version; else the error itself."""
    import msgspec

    from maestroctl.client.reading import row_of

    row = row_of(method)
    path = str((error.details or {}).get("path", ""))
    if row is None or not error.message.startswith(_UNKNOWN_FIELD):
        return error
    if path.removeprefix("$.") not in {field.encode_name for field in msgspec.structs.fields(row.params)}:
        return error
    text = f"this daemon does not know `{path.removeprefix('$.')}` of {method}: it is of another version"
    return VersionMismatch("client.params", f"{text}; run `maestroctl daemon restart`")


def no_method(name: str) -> str:
    """That there is no method of this name, and which may be meant."""
    import difflib

    from maestrod.api.protocol.registry import METHODS

    near = difflib.get_close_matches(name, METHODS, 1)
    meant = f"did you mean {near[0]}?" if near else "`maestroctl rpc discover` lists them"
    return f"there is no method {safe(name)}; {meant}"


def absent(socket: str) -> NoDaemon:
    """Nothing listens."""
    return NoDaemon("daemon.absent", f"no daemon answers on {socket}; start it with `maestroctl daemon start`")


def died(socket: str) -> NoDaemon:
    """Nothing listens on a socket that is still there: a daemon that ends by itself takes it away."""
    error = absent(socket)
    return NoDaemon(DIED, error.message)


def crowded(socket: str) -> NoDaemon:
    """So many wait already that the kernel takes no more: nobody reads."""
    return NoDaemon(
        "daemon.hung",
        f"the daemon on {socket} takes no more connections: it hangs, or was stopped; `maestroctl doctor` says more",
    )


def unreachable(socket: str, error: OSError) -> NoDaemon:
    """Something is in the way."""
    return NoDaemon("daemon.unreachable", f"the daemon's socket {socket} cannot be used: {error.strerror or error}")


def lost(error: Exception) -> NoDaemon:
    """The daemon ended in the middle of it and stayed away."""
    if isinstance(error, NoDaemon):
        return NoDaemon("daemon.lost", f"the daemon went away and did not come back: {error.message}")
    message = f"the daemon went away and did not come back ({error}); start it with `maestroctl daemon start`"
    return NoDaemon("daemon.lost", message)


def unsafe(error: Exception) -> NotAllowed:
    """The socket may be somebody else's."""
    return NotAllowed("socket.unsafe", f"{error}; nothing was sent")


def tell(error: MaestroError, *, as_json: bool) -> int:
    """Tell the user on stderr; the exit code for it."""
    if as_json:
        import json

        document = {**error.data(), "message": error.message, "exitCode": error.exit_code}
        say(json.dumps({"error": document}, indent=2))
        return error.exit_code
    say(f"maestroctl: {safe_block(error.message)}")
    for line in _explanation(error):
        say(f"  {line}")
    return error.exit_code


def finding_line(finding: Mapping[str, Any]) -> str:
    """One finding of the linter."""
    severity, path = safe(finding.get("severity", "error")), safe(finding.get("path", ""))
    return f"{severity}: {path}: {safe(finding.get('message', ''))} ({safe(finding.get('code', ''))})"


def _explanation(error: MaestroError) -> list[str]:
    """Lines that help beyond the message: the place of a mistake, findings of the linter, the incident of a bug."""
    lines = []
    details = error.details
    if details.get("path"):
        lines.append(f"at: {safe(details['path'])}")
    diagnostics = details.get("diagnostics")
    if isinstance(diagnostics, list):
        lines += [finding_line(finding) for finding in diagnostics if isinstance(finding, dict)]
    if isinstance(error, Bug):
        incident = details.get("incident", "none given")
        lines.append(f"This is a bug in maestrod; incident {safe(incident)} is in its log (see `maestroctl doctor`).")
    return lines
