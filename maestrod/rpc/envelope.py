"""The outer shape of JSON-RPC 2.0 messages (jsonrpc.org/specification, sections 4 and 6): what is a request, what a batch.

Parameters stay bytes here; the method's row decides what they have to be. Unknown members of a request are ignored, so that
clients of a later version are understood.
"""

from typing import Literal

import msgspec
from msgspec import UNSET, Raw, UnsetType

from maestrod.api.errors import MaestroError

#: Section 4: a string, a number (which should have no fraction; ours must not) or null. Absent means a notification.
Id = int | str | None

#: Integers outside of this range are no ids that a client could read back.
_ID_RANGE = range(-(2**63), 2**64)
_ID_LENGTH = 1024


class Request(msgspec.Struct, gc=False):
    """A request, or without an ``id`` a notification."""

    jsonrpc: Literal["2.0"]
    method: str
    id: Id | UnsetType = UNSET
    params: Raw = Raw()


class _Identified(msgspec.Struct):
    id: Id = None


class ParseError(MaestroError):
    """The bytes are not JSON text in UTF-8 (RFC 8259)."""

    rpc_code = -32700
    http_status = 400
    exit_code = 2


class InvalidRequest(MaestroError):
    """JSON, but not a request of JSON-RPC 2.0, or not one that can be served."""

    rpc_code = -32600
    http_status = 400
    exit_code = 2


_request = msgspec.json.Decoder(Request)
_batch = msgspec.json.Decoder(list[Raw])
_identified = msgspec.json.Decoder(_Identified)


def read(message: bytes) -> Request | list[Raw]:
    """One message: a request, or the items of a batch, undecoded. Raises ``ParseError`` or ``InvalidRequest``."""
    try:
        if not message.isascii():
            message.decode()
        request = _request.decode(message)
    except msgspec.ValidationError as error:
        if message.lstrip()[:1] == b"[":
            return _read_batch(message)
        raise _invalid(str(error)) from None
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise _unreadable(error) from None
    return _checked(request)


def read_item(item: bytes) -> Request:
    """One item of a batch. Raises ``InvalidRequest``."""
    try:
        return _checked(_request.decode(item))
    except (msgspec.ValidationError, RecursionError) as error:
        raise _invalid(str(error)) from None


def read_id(message: bytes) -> Id:
    """The id of a message that is no request, as far as there is one (section 5: null otherwise)."""
    try:
        found = _identified.decode(message).id
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return None
    return found if _is_id(found) else None


def _read_batch(message: bytes) -> list[Raw]:
    try:
        return _batch.decode(message)
    except (msgspec.DecodeError, RecursionError) as error:
        raise _unreadable(error) from None


def _checked(request: Request) -> Request:
    if not _is_id(request.id):
        raise _invalid("the id is a number that no client could read back, or a text longer than 1024 characters")
    return request


def _is_id(value: Id | UnsetType) -> bool:
    if isinstance(value, int):
        return value in _ID_RANGE
    return not isinstance(value, str) or len(value) <= _ID_LENGTH


def _invalid(why: str) -> InvalidRequest:
    return InvalidRequest("request.invalid", f"not a JSON-RPC 2.0 request: {why[:500]}")


def _unreadable(error: Exception) -> ParseError:
    if isinstance(error, RecursionError):
        return ParseError("request.too_deep", "the message is nested too deeply")
    if isinstance(error, UnicodeDecodeError):
        return ParseError("request.encoding", "the message is not UTF-8")
    return ParseError("request.unreadable", f"not JSON: {error}"[:500])
