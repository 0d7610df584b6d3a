"""Turns failures into the contract's errors and reports them: whose fault, what to do next, and the exit code.

With ``--json`` the error is one JSON document on stderr, so that stdout contains results only.
"""

import re
from collections.abc import Mapping
from typing import Any

from maestroctl.output import safe, safe_block, say
from maestrod.api.errors import BY_CODE, Bug, MaestroError, Malformed, NoDaemon, NotAllowed, VersionMismatch

#: Exit codes without an error class: 128 plus the signal's number, as shells report it.
INTERRUPTED = 130
CLOSED_PIPE = 141

#: The reason of a ``NoDaemon`` whose daemon was killed or crashed.
DIED = "daemon.died"

#: The reasons of a ``NoDaemon`` that mean that no daemon runs.
ABSENT = frozenset({"daemon.absent", DIED})

_METHOD_NOT_FOUND = -32601
_UNKNOWN_FIELD = re.compile(r"(Object contains )?unknown field `")  # a daemon of 0.1 passes on msgspec's message
_RESERVED = range(-32700, -32599)  # JSON-RPC 2.0, section 5.1: the bytes were not a request


def failure(code: int, message: str, data: object) -> MaestroError:
    """The exception for the error object of a reply."""
    members: dict[str, Any] = data if isinstance(data, dict) else {}
    if code == _METHOD_NOT_FOUND:
        return _unknown_method(message, members)
    kind = BY_CODE.get(code, Malformed if code in _RESERVED else Bug)
    details = members.get("details")
    return kind(str(members.get("code", "rpc.error")), message, details if isinstance(details, dict) else None)


def _unknown_method(message: str, members: Mapping[str, Any]) -> MaestroError:
    """A mistake if this version does not know the method either; else the daemon has another version."""
    from maestrod.api.protocol.registry import METHODS

    details = members.get("details")
    method = details.get("method") if isinstance(details, dict) else None
    if method is None or method in METHODS:
        text = f"{message}; this daemon has another version: run `maestroctl daemon restart`"
        return VersionMismatch("client.method", text)
    return Malformed("method.not_found", no_method(str(method)))


def unknown_to_an_older(error: Malformed, method: str) -> MaestroError:
    """A version mismatch if the daemon refuses a parameter that this version knows; else the error itself."""
    import msgspec

    from maestroctl.client.reading import row_of

    row = row_of(method)
    path = str((error.details or {}).get("path", ""))
    if row is None or not _UNKNOWN_FIELD.match(error.message):
        return error
    if path.removeprefix("$.") not in {field.encode_name for field in msgspec.structs.fields(row.params)}:
        return error
    text = f"this daemon does not know `{path.removeprefix('$.')}` of {method}: it has another version"
    return VersionMismatch("client.params", f"{text}; run `maestroctl daemon restart`")


def no_method(name: str) -> str:
    """Says that there is no method with this name, and suggests one."""
    import difflib

    from maestrod.api.protocol.registry import METHODS

    near = difflib.get_close_matches(name, METHODS, 1)
    meant = f"did you mean {near[0]}?" if near else "`maestroctl rpc discover` lists them"
    return f"there is no method {safe(name)}; {meant}"


def absent(socket: str) -> NoDaemon:
    """Nothing listens."""
    return NoDaemon("daemon.absent", f"no daemon answers on {socket}; start it with `maestroctl daemon start`")


def died(socket: str) -> NoDaemon:
    """The socket exists but nothing listens: the daemon died, since one that stops removes its socket."""
    error = absent(socket)
    return NoDaemon(DIED, error.message)


def crowded(socket: str) -> NoDaemon:
    """The kernel's queue of connections is full: the daemon accepts none."""
    return NoDaemon(
        "daemon.hung",
        f"the daemon on {socket} accepts no connections: it hangs, or was stopped by a signal; run `maestroctl doctor`",
    )


def unreachable(socket: str, error: OSError) -> NoDaemon:
    """The socket exists but cannot be used."""
    return NoDaemon("daemon.unreachable", f"the daemon's socket {socket} cannot be used: {error.strerror or error}")


def lost(error: Exception) -> NoDaemon:
    """The daemon ended during the call and did not come back."""
    if isinstance(error, NoDaemon):
        return NoDaemon("daemon.lost", f"the daemon went away and did not come back: {error.message}")
    message = f"the daemon went away and did not come back ({error}); start it with `maestroctl daemon start`"
    return NoDaemon("daemon.lost", message)


def unsafe(error: Exception) -> NotAllowed:
    """The socket may belong to another user."""
    return NotAllowed("socket.unsafe", f"{error}; nothing was sent")


def print_error(error: MaestroError, *, as_json: bool) -> int:
    """Print the error on stderr; returns its exit code."""
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
    """Lines beyond the message: the place of a mistake, the linter's findings, the incident of a bug."""
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
