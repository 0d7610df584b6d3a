"""The files of the web page, by their exact names; and the sign-in of a browser.

The names are read from the folder once, so an address is one of them or does not exist: no path is ever built from a
request. The files hold no secrets and need no credential; the calls that they make do.
"""

import gzip
import hashlib
import mimetypes
from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType

from maestrod.rpc.context import Services
from maestrod.rpc.sign_in import COOKIE_LIFETIME_MS
from maestrod.transport.bridge.query import parameter
from maestrod.transport.bridge.response import HTML, TEXT, Response

#: Content types that browsers need exactly, whatever the system's table says.
_KINDS = {
    ".html": HTML.decode(),
    ".js": "text/javascript; charset=utf-8",
    ".mjs": "text/javascript; charset=utf-8",
    ".css": "text/css; charset=utf-8",
    ".json": "application/json",
    ".svg": "image/svg+xml",
    ".woff2": "font/woff2",
    ".webmanifest": "application/manifest+json",
}

_INDEX = "index.html"

#: Level 3 of 9: nearly as small as the best, and takes only milliseconds for our largest file.
_GZIP_LEVEL = 3

#: The page for a person who opened a sign-in link again or too late.
_USED_UP = b"""<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<link rel="icon" href="/favicon.svg">
<title>maestrod: this sign-in link has expired</title>
<style>
:root { color-scheme: light dark; font: 16px/1.5 system-ui, sans-serif; }
body { max-width: 32rem; margin: 15vh auto 0; padding: 0 1.5rem; }
code { font-family: ui-monospace, monospace; padding: .15em .4em; border-radius: 4px; background: rgb(128 128 128 / .2); }
</style>
<h1>This sign-in link has expired</h1>
<p>Each link works once, for a minute. Run <code>maestroctl ui</code> in a terminal to get a new one.</p>
<p>If this browser is signed in already, <a href="/">go to the page</a>.</p>
</html>
"""


#: Headers of a request, by names in lower case.
Headers = Mapping[bytes, bytes]

#: A browser caches a file but revalidates it each time (RFC 9111, section 5.2.2.4): the file is sent once, and a file of
#: another version of maestrod is never used.
_ASK_FIRST = b"no-cache"


class PageFiles:
    """The files of ``folder``, which is None when this installation has no page."""

    def __init__(self, folder: Path | None) -> None:
        self._files: dict[str, _File] = {}
        for path in sorted(folder.rglob("*")) if folder is not None else ():
            if path.is_file() and not path.is_symlink() and folder is not None:
                self._files["/" + path.relative_to(folder).as_posix()] = _File(path)
        if "/" + _INDEX in self._files:
            self._files["/"] = self._files["/" + _INDEX]

    def __contains__(self, path: str) -> bool:
        return path in self._files

    def read(self, path: str, headers: Headers = MappingProxyType({})) -> Response | None:
        """The response with a file, or 304 if the browser's copy is current; None when there is no such file."""
        found = self._files.get(path)
        try:
            return None if found is None else found.answer(headers)
        except OSError:  # deleted since the start
            return None


class _File:
    """A file as it was last read, plain and compressed; it is read again when it has changed."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._kind = _kind(path)
        self._read: tuple[int, int] | None = None
        self._whole = self._packed = self._tag = b""

    def answer(self, headers: Headers) -> Response:
        """The response to a request with these headers. Raises ``OSError``."""
        self._refresh()
        cache_headers: tuple[tuple[bytes, bytes], ...] = ((b"ETag", self._tag), (b"Vary", b"Accept-Encoding"))
        if self._tag in map(bytes.strip, headers.get(b"if-none-match", b"").split(b",")):
            return Response(304, b"", self._kind, cache_headers, _ASK_FIRST)
        if self._packed and _takes_gzip(headers.get(b"accept-encoding", b"")):
            return Response(200, self._packed, self._kind, (*cache_headers, (b"Content-Encoding", b"gzip")), _ASK_FIRST)
        return Response(200, self._whole, self._kind, cache_headers, _ASK_FIRST)

    def _refresh(self) -> None:
        status = self._path.stat()
        if self._read == (status.st_mtime_ns, status.st_size):
            return
        self._whole = self._path.read_bytes()
        packed = gzip.compress(self._whole, _GZIP_LEVEL, mtime=0)
        self._packed = packed if len(packed) < len(self._whole) else b""
        # weak, because the compressed form has other bytes but the same content (RFC 9110, section 8.8.1)
        self._tag = b'W/"%b"' % hashlib.sha256(self._whole).hexdigest()[:32].encode()
        self._read = status.st_mtime_ns, status.st_size


def _takes_gzip(accepted: bytes) -> bool:
    """Whether an Accept-Encoding header accepts gzip (RFC 9110, section 12.5.3)."""
    kinds = dict(part.replace(b" ", b"").lower().partition(b";")[::2] for part in accepted.split(b","))
    return b"gzip" in kinds and kinds[b"gzip"].rstrip(b".0") != b"q="


def sign_in(services: Services, query: str, cookie_name: str, *, secure: bool = False) -> Response | None:
    """Exchange the code in an address for a cookie and redirect to the page without it. None when there is no code."""
    code = parameter(query, "code")
    if code is None:
        return None
    clock = services.engine.clock
    value = services.sign_in.redeem(code, clock.steady(), clock.wall())
    if value is None:
        return Response(403, _USED_UP, HTML)
    cookie = f"{cookie_name}={value}; HttpOnly; SameSite=Strict; Path=/; Max-Age={COOKIE_LIFETIME_MS // 1000}"
    cookie += "; Secure" if secure else ""
    return Response(303, b"", TEXT, ((b"Location", b"/"), (b"Set-Cookie", cookie.encode())))


def _kind(path: Path) -> bytes:
    known = _KINDS.get(path.suffix) or mimetypes.guess_type(path.name)[0] or "application/octet-stream"
    return known.encode()
