"""Runs the verbs that agents call all day without importing typer, msgspec or the contract.

This path serves only calls inside a session (``MAESTRO_SOCKET`` is set) with the usual arguments. For anything else, such as help
or abbreviated ids, it returns None, and ``app.py`` does the same in full (a test compares both). The table repeats a part of the
method rows, because reading those costs more than the call; a test keeps the two equal.
"""

import os
import time
from collections.abc import Callable, Mapping, Sequence

from maestroctl.client import session_env
from maestroctl.client.channel import AWAY, PROBE_ID, RETRY_PAUSE, Channel, ConnectionLost, Silent, Unsafe
from maestroctl.lines import LINES, explain_empty
from maestroctl.output import answer, answer_json, say, wants_json

TYPE_CHECKING = False  # importing typing takes longer than the call itself; type checkers treat this name as true
if TYPE_CHECKING:
    from typing import Any, NoReturn

#: Bytes that the daemon accepts; ``app.py`` has the better error message for more.
_MESSAGE_LIMIT = 1_048_576

#: Length of ``tsk_`` and the 26 characters after it; anything shorter is an abbreviation.
_ID_LENGTH = 30


class Verb:
    """Positional members and options of a verb. ``options`` maps an option to its member and converter; None marks a flag."""

    def __init__(
        self,
        positional: tuple[str, ...] = (),
        options: "Mapping[str, tuple[str, Callable[[str], Any] | None]] | None" = None,
        *,
        session: bool = False,
    ) -> None:
        self.positional = positional
        self.options = options or {}
        self.session = session


def _names(text: str) -> list[str]:
    return [part for part in text.split(",") if part]


VERBS: Mapping[str, Verb] = {
    "task.start": Verb(("taskId",)),
    "task.progress": Verb(("taskId", "message"), {"--progress": ("progress", float)}),
    "task.complete": Verb(("taskId", "summary")),
    "task.fail": Verb(("taskId", "error")),
    "task.block": Verb(("taskId", "reason"), {"--by-task-id": ("byTaskId", str)}),
    "queue.next": Verb((), {"--wait": ("wait", None), "--timeout-ms": ("timeoutMs", int)}, session=True),
    "queue.complete": Verb(("taskId",), {"--summary": ("summary", str)}, session=True),
    "queue.fail": Verb(("error",), {"--task-id": ("taskId", str)}, session=True),
    "queue.skip": Verb(("taskId",), {"--reason": ("reason", str)}, session=True),
    "session.register": Verb(
        (),
        {
            "--agent": ("agent", str),
            "--agent-session-id": ("agentSessionId", str),
            "--name": ("name", str),
            "--pid": ("pid", int),
        },
        session=True,
    ),
    "session.report": Verb(("message",), {"--type": ("type", str), "--task-id": ("taskId", str)}, session=True),
    "attention.ask": Verb(
        ("message",),
        {
            "--options": ("options", _names),
            "--free-text": ("freeText", None),
            "--kind": ("kind", str),
            "--task-id": ("taskId", str),
            "--timeout-ms": ("timeoutMs", int),
            "--on-timeout": ("onTimeout", str),
        },
        session=True,
    ),
}

#: How many positional members are required.
_REQUIRED = {"task.fail": 2, "task.start": 1, "task.progress": 1, "task.complete": 1, "task.block": 1, "queue.fail": 1}
_REQUIRED |= {"session.report": 1, "attention.ask": 1}


class Unusual(Exception):
    """The call is not for the fast path."""


def run(arguments: Sequence[str], environ: Mapping[str, str]) -> int | None:
    """Run the verb and return its exit code; None if the arguments are not for the fast path."""
    method = ".".join(arguments[:2])
    verb = VERBS.get(method)
    socket = environ.get("MAESTRO_SOCKET", "")
    if verb is None or not socket.startswith("/") or not all(map(_is_text, arguments)):
        return None
    try:
        members, as_json = parse(method, verb, arguments[2:], environ)
        patience = session_env.patience(method, members, environ)
        result, fault = _converse(socket, method, {**members, "requestId": os.urandom(10).hex()}, patience)
        if method == "attention.ask" and result is not None and result.get("answer") is None:
            say(f"Waiting for an answer: maestroctl answer {result['id']} VALUE")
            token = {"sessionToken": members["sessionToken"]} if "sessionToken" in members else {}
            patience = session_env.patience("attention.wait", {}, environ)
            result, fault = _converse(socket, "attention.wait", {"attentionId": result["id"], **token}, patience)
    except Unusual:
        return None
    except OSError as error:
        return _failed(error, as_json=wants_json(arguments))
    if result is None:
        return _refused(fault, as_json=wants_json(arguments))
    show(method, result, as_json=as_json)
    return 0


def parse(
    method: str, verb: Verb, arguments: Sequence[str], environ: Mapping[str, str]
) -> "tuple[dict[str, Any], bool]":
    """The method's parameters, and whether to print JSON. Raises ``Unusual``."""
    values: list[str] = []
    members: dict[str, Any] = {}
    as_json = False
    rest = iter(arguments)
    for argument in rest:
        name, equals, value = argument.partition("=")
        if argument == "--json":
            as_json = True
        elif name in verb.options:
            _option(members, verb.options[name], value if equals else None, rest)
        elif argument.startswith("-"):
            raise Unusual
        else:
            values.append(argument)
    members.update(_placed(method, verb, values, environ))
    if any(len(members.get(name, "x" * _ID_LENGTH)) != _ID_LENGTH for name in ("taskId", "byTaskId")):
        raise Unusual
    session_env.fill(members, environ, session=verb.session)
    return members, as_json


def show(method: str, reply: "Mapping[str, Any]", *, as_json: bool) -> None:
    """Print the reply of a worker's verb."""
    if as_json:
        answer_json(reply)
        return
    line = LINES[method](reply)
    if line:
        answer(line)
    else:
        say(explain_empty(method, reply))


def _option(members: "dict[str, Any]", option: "tuple[str, Any]", value: str | None, rest: "Any") -> None:
    member, convert = option
    if convert is None:
        if value is not None:
            _unusual()
        members[member] = True
        return
    text = next(rest, None) if value is None else value
    if text is None or (value is None and text.startswith("-")):
        _unusual()
    try:
        converted = convert(text)
    except ValueError:
        _unusual()
    members[member] = members.get(member, []) + converted if convert is _names else converted


def _placed(method: str, verb: Verb, values: Sequence[str], environ: Mapping[str, str]) -> dict[str, str]:
    """The positional members, complete and with full ids."""
    own = environ if method.startswith("task.") else {}
    try:
        placed = session_env.place(verb.positional, values, own)
    except ValueError:
        _unusual()
    if len(placed) < _REQUIRED.get(method, 0):
        _unusual()
    return placed


def _is_text(argument: str) -> bool:
    """Whether UTF-8 can encode the argument; ``app.py`` handles the others."""
    try:
        argument.encode()
    except UnicodeEncodeError:
        return False
    return True


def _unusual() -> "NoReturn":
    raise Unusual


def _converse(
    socket: str, method: str, members: "Mapping[str, Any]", patience: float
) -> "tuple[Any, Mapping[str, Any]]":
    """The result (None if refused) and the error object of the call, which is repeated until a lost daemon is back.

    Raises ``OSError`` if it does not come back.
    """
    import json

    line = json.dumps({"jsonrpc": "2.0", "id": 1, "method": method, "params": members}).encode()
    if len(line) > _MESSAGE_LIMIT:
        raise Unusual
    give_up = time.monotonic() + patience
    reported = False
    while True:
        try:
            reply = _exchange(socket, line)
            fault = reply.get("error") or {}
            if (fault.get("data") or {}).get("code") in AWAY:
                raise ConnectionLost(fault["message"])
            return reply.get("result"), fault
        except Unsafe:
            raise
        except OSError as error:
            if time.monotonic() > give_up:
                raise
            reported = _report_silence(error, patience, reported=reported)
            time.sleep(RETRY_PAUSE)


def _report_silence(error: OSError, patience: float, *, reported: bool) -> bool:
    """Say once that a daemon exists but does not answer. Raises the error instead for a person, who has less patience than an agent."""
    if not isinstance(error, Silent) or reported:
        return reported
    from maestroctl.client.diagnosis import why_silent

    if patience <= session_env.PATIENCE:
        raise error
    say(f"{why_silent(error, None).message}. Waiting for it.")
    return True


def _exchange(socket: str, line: bytes) -> "dict[str, Any]":
    """The reply. Raises ``Silent`` if the daemon exists but does not answer."""
    import json

    channel = Channel(socket)
    try:
        channel.send(line)
        while True:
            reply = channel.receive()
            if reply is None:
                raise channel.silent()
            message: dict[str, Any] = json.loads(reply)
            if message.get("id") != PROBE_ID:
                return message
    finally:
        channel.close()


def _failed(error: OSError, *, as_json: bool) -> int:
    from maestroctl.client.errors import lost, print_error, unsafe

    if isinstance(error, Silent):
        from maestroctl.client.diagnosis import why_silent

        return print_error(why_silent(error, None), as_json=as_json)
    return print_error(unsafe(error) if isinstance(error, Unsafe) else lost(error), as_json=as_json)


def _refused(fault: "Mapping[str, Any]", *, as_json: bool) -> int:
    from maestroctl.client.errors import failure, print_error

    return print_error(failure(fault["code"], fault.get("message", ""), fault.get("data")), as_json=as_json)
