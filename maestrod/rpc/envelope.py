"""The envelope of JSON-RPC 2.0 messages (jsonrpc.org/specification, sections 4 and 6): requests and batches.

Parameters stay bytes here; the method's row defines their type. Unknown members of a request are ignored, so that
clients of a later version are understood. Bytes that are not UTF-8 are refused (RFC 8259, section 8.1). The escape of a lone
surrogate, which is valid JSON but not valid text, is read as U+FFFD. A byte order mark is ignored.
"""

from typing import Annotated, Literal

import msgspec
from msgspec import UNSET, Meta, Raw, UnsetType

from maestrod.api.errors import MaestroError
from maestrod.api.text.json_text import repeated
from maestrod.api.text.outside_text import sound_json

#: Section 4: a string, a number (here: an integer) or null. Its size is limited, because it is sent back.
Id = Annotated[int, Meta(ge=-(2**63), le=2**63 - 1)] | Annotated[str, Meta(max_length=1024)] | None


class Request(msgspec.Struct, gc=False):
    """A request; without an ``id``, a notification."""

    jsonrpc: Literal["2.0"]
    method: str
    id: Id | UnsetType = UNSET
    params: Raw = Raw(b"{}")


class _Identified(msgspec.Struct):
    id: Id = None


class ParseError(MaestroError):
    """The bytes are not JSON text in UTF-8 (RFC 8259)."""

    rpc_code = -32700
    http_status = 400
    exit_code = 2


class InvalidRequest(MaestroError):
    """The JSON is not a JSON-RPC 2.0 request, or cannot be served."""

    rpc_code = -32600
    http_status = 400
    exit_code = 2


_request = msgspec.json.Decoder(Request)
_batch = msgspec.json.Decoder(list[Raw])
_json = msgspec.json.Decoder(Raw)
_identified = msgspec.json.Decoder(_Identified)


def read(message: bytes) -> Request | list[Raw]:
    """One message: a request, or the items of a batch, undecoded. Raises ``ParseError`` or ``InvalidRequest``."""
    if not message.isascii():
        _check_encoding(message)
    try:
        return _read(message)
    except ParseError:
        mended = sound_json(message)
        if mended == message:
            raise
    return _read(mended)


def _check_encoding(message: bytes) -> None:
    try:
        message.decode()
    except UnicodeDecodeError as error:
        text = f"the message is not UTF-8: byte {error.start} is 0x{message[error.start]:02x}"
        raise ParseError("request.encoding", text) from None


def _read(message: bytes) -> Request | list[Raw]:
    try:
        return _whole(_request.decode(message), message)
    except msgspec.ValidationError as error:
        return _read_batch(message, _invalid(str(error)))
    except (msgspec.DecodeError, RecursionError) as error:
        raise _unreadable(error) from None


def read_item(item: bytes) -> Request:
    """One item of a batch. Raises ``InvalidRequest``."""
    try:
        return _whole(_request.decode(item), item)
    except (msgspec.ValidationError, RecursionError) as error:
        raise _invalid(str(error)) from None


def read_id(message: bytes) -> Id:
    """The id of an invalid request, if it has one; null otherwise (section 5)."""
    try:
        return _identified.decode(message).id
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return None


def _read_batch(message: bytes, otherwise: InvalidRequest) -> list[Raw]:
    """The items of a batch. Raises ``ParseError`` if the message is not JSON, and ``otherwise`` if it is not a batch."""
    try:
        if message.lstrip()[:1] == b"[":
            return _batch.decode(message)
        _json.decode(message)
    except (msgspec.DecodeError, RecursionError) as error:
        raise _unreadable(error) from None
    raise otherwise


def _whole(request: Request, message: bytes) -> Request:
    """The request. Raises ``InvalidRequest`` if a member appears twice, because one would be lost (RFC 8259, section 4)."""
    place = repeated(message)
    if place is not None:
        raise InvalidRequest("request.repeated_member", f"`{place}` appears twice", {"path": f"$.{place}"})
    return request


def _invalid(why: str) -> InvalidRequest:
    return InvalidRequest("request.invalid", f"not a JSON-RPC 2.0 request: {why[:500]}")


def _unreadable(error: Exception) -> ParseError:
    if isinstance(error, RecursionError):
        return ParseError("request.too_deep", "the message is nested too deeply")
    return ParseError("request.unreadable", f"not JSON: {error}"[:500])
