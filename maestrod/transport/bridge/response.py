"""The bridge's responses as bytes: a status line, the headers that every response has, and the body, in one piece.

The headers protect responses from other pages (Fetch standard, Resource-Policy and CORS; CSP level 3): nothing is
sniffed, framed or embedded, only the page's own files are cached, and only origins that the user named may read a
response.
"""

from dataclasses import dataclass
from functools import lru_cache
from http import HTTPStatus

JSON = b"application/json"
TEXT = b"text/plain; charset=utf-8"
HTML = b"text/html; charset=utf-8"

#: Scripts and styles come from us only (the terminal emulator's script sets inline styles); no page may frame ours.
CONTENT_POLICY = (
    b"default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; font-src 'self'; "
    b"connect-src 'self'; manifest-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)

_ALWAYS = (
    b"X-Content-Type-Options: nosniff\r\n"
    b"X-Frame-Options: DENY\r\n"
    b"Referrer-Policy: no-referrer\r\n"
    b"Cross-Origin-Resource-Policy: same-origin\r\n"
    b"Cross-Origin-Opener-Policy: same-origin\r\n"
    b"Content-Security-Policy: " + CONTENT_POLICY + b"\r\n"
    b"Vary: Origin\r\n"
)


@dataclass(frozen=True, slots=True)
class Response:
    """A response. ``headers`` are additional headers; ``cache`` is the Cache-Control value (RFC 9111, section 5.2.2)."""

    status: int
    body: bytes = b""
    kind: bytes = JSON
    headers: tuple[tuple[bytes, bytes], ...] = ()
    cache: bytes = b"no-store"


def encode(response: Response, *, with_body: bool = True, close: bool = False, origin: bytes | None = None) -> bytes:
    """Encode a response. ``origin`` may read it (CORS); with ``close`` the connection ends after it."""
    head = _head(response.status, response.kind, response.cache, close, origin)
    extra = b"".join(b"%b: %b\r\n" % pair for pair in response.headers)
    length = b"" if response.status in {204, 304} else b"Content-Length: %d\r\n" % len(response.body)
    return b"%b%b%b\r\n%b" % (head, extra, length, response.body if with_body else b"")


@lru_cache(maxsize=256)
def _head(status: int, kind: bytes, cache: bytes, close: bool, origin: bytes | None) -> bytes:
    lines = b"HTTP/1.1 %d %b\r\nCache-Control: %b\r\n%b" % (status, _phrase(status), cache, _ALWAYS)
    if status not in {204, 304}:
        lines += b"Content-Type: %b\r\n" % kind
    if close:
        lines += b"Connection: close\r\n"
    if origin is not None:
        lines += b"Access-Control-Allow-Origin: %b\r\n" % origin
    return lines


def _phrase(status: int) -> bytes:
    try:
        return HTTPStatus(status).phrase.encode()
    except ValueError:  # 499, which no standard defines
        return b"Client Closed Request"
