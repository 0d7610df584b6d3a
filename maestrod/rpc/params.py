"""Decodes a request's parameters into the row's struct. Errors name the path of the wrong value."""

import re
from typing import Any

import msgspec
from msgspec import Raw

from maestrod.api.errors import Malformed
from maestrod.api.model.misfit import misfit
from maestrod.api.protocol.wire import excess
from maestrod.rpc.bind import Binding
from maestrod.rpc.envelope import InvalidRequest

_MEMBER = re.compile(r"(?:unknown|required) field `(?P<name>[^`]*)`")

_array = msgspec.json.Decoder(list[Raw])


def read_params(binding: Binding, raw: Raw, size: int) -> Any:
    """The parameters as the row's struct: an object by name, an array by position (specification, section 4.2).

    ``size`` is the length of the request in bytes. Raises ``InvalidRequest`` for a request that is too long or whose parameters
    are neither an object nor an array, ``Malformed`` with ``details.path`` for a value that does not fit the row.
    """
    if size > binding.limit:
        message = f"a request of {binding.row.name} may have {binding.limit} bytes; this one has {size}"
        raise InvalidRequest("request.too_large", message, {"limit": binding.limit})
    if binding.loose and (reason := excess(bytes(raw))):
        raise Malformed("params.excess", reason, {"path": "$"})
    try:
        return binding.decoder.decode(raw)
    except msgspec.ValidationError as error:
        return _read_otherwise(binding, bytes(raw), error)
    except RecursionError:
        raise _too_deep() from None


def _read_otherwise(binding: Binding, document: bytes, error: msgspec.ValidationError) -> Any:
    """Decode parameters by position, or raise the error in them."""
    if document[:1] == b"{":
        raise malformed(error, binding.row.params) from None
    if document[:1] != b"[":
        raise InvalidRequest("request.invalid", "params must be an object or an array")
    values = _array.decode(document)
    if len(values) > len(binding.names):
        message = f"{binding.row.name} takes at most {len(binding.names)} parameters; {len(values)} were given"
        raise Malformed("params.invalid", message, {"path": f"$[{len(binding.names)}]"})
    members = (b'"%b":%b' % (name.encode(), bytes(value)) for name, value in zip(binding.names, values, strict=False))
    try:
        return binding.decoder.decode(b"{" + b",".join(members) + b"}")
    except msgspec.ValidationError as unfit:
        raise malformed(unfit, binding.row.params) from None
    except RecursionError:
        raise _too_deep() from None


def malformed(error: msgspec.ValidationError, kind: Any) -> Malformed:
    """The error for a value that does not fit its type, with its path in the details."""
    message, path = misfit(error, kind)
    member = _MEMBER.search(message)
    if member:
        path = f"{path}.{member['name']}"
    return Malformed("params.invalid", f"{message[:500]} at {path[:200]}", {"path": path[:200]})


def _too_deep() -> Malformed:
    return Malformed("params.excess", "the parameters are nested too deeply", {"path": "$"})
