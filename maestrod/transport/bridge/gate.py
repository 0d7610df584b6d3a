"""Decides which requests the bridge accepts: one pure function of the request's head, before routing and reading the body.

Any web page that the user visits can make the browser send requests to this machine (DNS rebinding, form posts,
WebSockets), and any program on it can connect. So every request, upgrades included, must come from the loopback
interface, name exactly one of our own addresses as its Host, have no foreign Origin, make changes only with JSON (which
no form can send), and carry a credential that only the user's own programs can read. Every known hole of a local server
(``docs/security.md`` lists them) was one of these checks missing, or missing on some routes. The function never raises,
whatever the bytes.
"""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from ipaddress import ip_address
from typing import NamedTuple

from maestrod.api.model.method import Scope

#: Maximum number of headers in a request; our clients and browsers send about twenty.
HEADER_LIMIT = 100

#: Verbs that change something, and so have a JSON body.
WRITES = frozenset({b"POST", b"PUT", b"PATCH"})
_READS = frozenset({b"GET", b"HEAD"})
_VERBS = WRITES | _READS | {b"DELETE", b"OPTIONS"}

#: An origin-form target (RFC 9112, section 3.2.1) of plain characters. No client needs encoded slashes, backslashes or
#: dots here, and two readers of a path must not see two paths.
_TARGET = re.compile(rb"/[!$&-;=@-\[\]_a-z~%?]*")
_ENCODED_SEPARATOR = re.compile(rb"%(?:2[ef]|5c|00)", re.IGNORECASE)
_DOTTED = re.compile(rb"/\.\.?(?:/|$)")

#: Prefixes of the headers of a WebSocket handshake; they are read as ASCII.
_HANDSHAKE = (b"connection", b"upgrade", b"sec-websocket-")

#: The headers that the gate reads; repeating one is an attempt to be read in two ways.
_SINGLE = frozenset(
    {
        *(b"host", b"origin", b"authorization", b"content-type", b"content-length", b"transfer-encoding"),
        *(b"sec-fetch-site", b"upgrade", b"sec-websocket-key", b"sec-websocket-version"),
    }
)


class Head(NamedTuple):
    """The head of a request, with header names in lower case; ``peer`` is the address of the other end."""

    peer: str
    verb: bytes
    target: bytes
    headers: Sequence[tuple[bytes, bytes]]


@dataclass(frozen=True, slots=True)
class ClientIdentity:
    """The accepted caller: a name for the log, and the scope of what it may call."""

    name: str
    scope: Scope


@dataclass(frozen=True, slots=True)
class GatePolicy:
    """What the gate accepts.

    ``hosts`` are the exact values of a Host header, ``own_origins`` the origins of our own page, ``other_origins`` those
    that the user allowed. ``token_caller`` and ``cookie_caller`` look up a credential, in the same time for every wrong
    one; ``is_public`` says which paths need no credential. With ``remote``, clients on other machines are accepted too.
    """

    hosts: frozenset[bytes]
    own_origins: frozenset[bytes]
    other_origins: frozenset[bytes]
    token_caller: Callable[[bytes], ClientIdentity | None]
    cookie_caller: Callable[[bytes], ClientIdentity | None]
    is_public: Callable[[str], bool]
    cookie_name: bytes
    remote: bool = False


@dataclass(frozen=True, slots=True)
class Refusal:
    """A refusal: the HTTP status, a stable code for programs, and a sentence for people that quotes no request data."""

    status: int
    code: str
    message: str


@dataclass(frozen=True, slots=True)
class Admitted:
    """An accepted request. ``caller`` is None on public paths; ``origin`` is the foreign origin that may read the answer.

    ``preflight`` marks a browser's CORS-preflight request (Fetch standard): answer it and do nothing else.
    """

    path: str
    query: str
    caller: ClientIdentity | None
    origin: bytes | None = None
    upgrade: bool = False
    preflight: bool = False


_NO_TOKEN = Refusal(
    401,
    "bridge.unauthorized",
    "send the token from run/bridge.token as `Authorization: Bearer`, or sign in with `maestroctl ui`",
)
_NOT_OURS = Refusal(400, "bridge.target", "the target of a request must be a path on this server that begins with /")
_FRAMING = Refusal(400, "bridge.framing", "the request has conflicting or invalid length headers")
_NOT_READABLE = Refusal(
    400, "bridge.upgrade", "the headers of a WebSocket handshake must be ASCII (RFC 6455, section 4.3)"
)


def gate(head: Head, policy: GatePolicy) -> Refusal | Admitted:
    """Accept or refuse a request."""
    found = dict(head.headers)
    if len(found) < len(head.headers) and _repeats(head.headers):
        return Refusal(400, "bridge.repeated_header", "a header that may appear only once appears twice")
    refusal = _wrong_form(head, found, policy) or _wrong_place(found, policy) or _wrong_write(head, found)
    if refusal is not None:
        return refusal
    path, _, query = head.target.decode("ascii").partition("?")
    foreign = found.get(b"origin")
    origin = foreign if foreign in policy.other_origins else None
    if head.verb == b"OPTIONS":
        if origin is None or b"access-control-request-method" not in found:
            return Refusal(403, "bridge.preflight", "pages of other origins may not send this request")
        return Admitted(path, query, None, origin, preflight=True)
    upgrade = b"upgrade" in found
    if not upgrade and head.verb in _READS and policy.is_public(path):
        return Admitted(path, query, None, origin)
    caller = _caller(head, found, policy, upgrade=upgrade)
    return caller if isinstance(caller, Refusal) else Admitted(path, query, caller, origin, upgrade=upgrade)


def _repeats(headers: Sequence[tuple[bytes, bytes]]) -> bool:
    names = [name for name, _ in headers if name in _SINGLE]
    return len(set(names)) < len(names)


def _wrong_form(head: Head, fields: dict[bytes, bytes], policy: GatePolicy) -> Refusal | None:
    """Refuse what no honest client sends: from another machine, with another form of target, or with two body lengths."""
    if not policy.remote and not is_loopback(head.peer):
        return Refusal(403, "bridge.not_local", "this port serves only programs on this machine")
    if head.verb not in _VERBS:
        return Refusal(405, "bridge.verb", "supported methods are GET, HEAD, POST, PUT, PATCH, DELETE and OPTIONS")
    if len(head.headers) > HEADER_LIMIT:
        return Refusal(431, "bridge.headers", f"a request may have at most {HEADER_LIMIT} headers")
    path = head.target.partition(b"?")[0]
    if not _TARGET.fullmatch(head.target) or b"//" in path or (b"/." in path and _DOTTED.search(path)):
        return _NOT_OURS
    if b"%" in path and _ENCODED_SEPARATOR.search(path):
        return _NOT_OURS
    if b"transfer-encoding" in fields and (
        b"content-length" in fields or fields[b"transfer-encoding"].lower() != b"chunked"
    ):
        return _FRAMING
    if b"upgrade" in fields:
        if b"transfer-encoding" in fields or fields.get(b"content-length", b"0") != b"0":
            return _FRAMING
        if not all(value.isascii() for name, value in head.headers if name.startswith(_HANDSHAKE)):
            return _NOT_READABLE
    return None


def _wrong_place(fields: dict[bytes, bytes], policy: GatePolicy) -> Refusal | None:
    """Refuse names that are not ours: the Host of a rebound DNS name, or the Origin of another page."""
    if fields.get(b"host") not in policy.hosts:
        return Refusal(421, "bridge.host", "the Host header names another server")
    origin = fields.get(b"origin")
    if origin is not None and origin not in policy.own_origins and origin not in policy.other_origins:
        return Refusal(403, "bridge.origin", "pages of this origin are refused (see bridge_origins)")
    site = fields.get(b"sec-fetch-site")
    if site not in {None, b"same-origin", b"none"} and origin not in policy.other_origins:
        return Refusal(403, "bridge.site", "requests from pages of other sites are refused")
    return None


def _wrong_write(head: Head, fields: dict[bytes, bytes]) -> Refusal | None:
    """Refuse changes without JSON: a web page's form can post text but not JSON."""
    if head.verb in WRITES and not _is_json(fields.get(b"content-type", b"")):
        return Refusal(415, "bridge.content_type", "the body must be application/json")
    return None


def _caller(head: Head, fields: dict[bytes, bytes], policy: GatePolicy, *, upgrade: bool) -> ClientIdentity | Refusal:
    """Identify the caller by a program's token or our page's cookie."""
    authorization = fields.get(b"authorization")
    if authorization is not None:
        scheme, _, token = authorization.partition(b" ")
        caller = policy.token_caller(token.strip()) if scheme.lower() == b"bearer" else None
        return caller or _NO_TOKEN
    value = _cookie(head.headers, policy.cookie_name)
    caller = policy.cookie_caller(value) if value is not None else None
    if caller is None:
        return _NO_TOKEN
    # Browsers send cookies unasked, so a cookie counts only when the browser says that our own page sent the request.
    from_page = fields.get(b"origin") in policy.own_origins
    reads = head.verb in _READS and not upgrade and fields.get(b"sec-fetch-site") == b"same-origin"
    if not from_page and not reads:
        return Refusal(403, "bridge.cookie", "the cookie is valid only for requests of the page itself")
    return caller


def _cookie(headers: Sequence[tuple[bytes, bytes]], name: bytes) -> bytes | None:
    """The value of a cookie; None when it is missing or appears twice."""
    values = [
        pair.partition(b"=")[2]
        for header, line in headers
        if header == b"cookie"
        for pair in map(bytes.strip, line.split(b";"))
        if pair.partition(b"=")[0] == name
    ]
    return values[0] if len(values) == 1 else None


def _is_json(content_type: bytes) -> bool:
    kind, _, parameter = content_type.partition(b";")
    return kind.strip().lower() == b"application/json" and parameter.strip().lower() in {b"", b"charset=utf-8"}


def is_loopback(peer: str) -> bool:
    """Whether an address belongs to this machine's loopback interface."""
    if peer == "127.0.0.1":
        return True
    try:
        address = ip_address(peer.partition("%")[0])
    except ValueError:
        return False
    mapped = getattr(address, "ipv4_mapped", None)
    return bool((mapped or address).is_loopback)
