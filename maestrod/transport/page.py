"""The files of the web page, by their exact names; and how a browser signs in.

The names are read from the folder once, so an address either is one of them or is nothing: no path is ever built from what a
request says. The files hold nothing secret, and need no credential; what they ask for does.
"""

import mimetypes
from pathlib import Path

from maestrod.rpc.context import Services
from maestrod.rpc.sign_in import COOKIE_LIFETIME_MS
from maestrod.transport.query import word
from maestrod.transport.response import HTML, TEXT, Response

#: What browsers have to be told exactly, whatever the system's table says.
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

#: A person reads this, who opened an address again or too late.
_USED_UP = b"""<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>maestrod: this address is used up</title>
<style>
:root { color-scheme: light dark; font: 16px/1.5 system-ui, sans-serif; }
body { max-width: 32rem; margin: 15vh auto 0; padding: 0 1.5rem; }
code { font-family: ui-monospace, monospace; padding: .15em .4em; border-radius: 4px; background: rgb(128 128 128 / .2); }
</style>
<h1>This address is used up</h1>
<p>Each address opens the page once, within a minute. Run <code>maestroctl ui</code> in a terminal for a fresh one.</p>
<p>If this browser is signed in already, <a href="/">go to the page</a>.</p>
</html>
"""


class PageFiles:
    """The files of ``folder``; None when this installation has no page."""

    def __init__(self, folder: Path | None) -> None:
        self._files: dict[str, tuple[Path, bytes]] = {}
        for path in sorted(folder.rglob("*")) if folder is not None else ():
            if path.is_file() and not path.is_symlink() and folder is not None:
                self._files["/" + path.relative_to(folder).as_posix()] = path, _kind(path)
        if "/" + _INDEX in self._files:
            self._files["/"] = self._files["/" + _INDEX]

    def __contains__(self, path: str) -> bool:
        return path in self._files

    def read(self, path: str) -> Response | None:
        """A file; None for what is none."""
        found = self._files.get(path)
        if found is None:
            return None
        try:
            return Response(200, found[0].read_bytes(), found[1])
        except OSError:  # taken away since the start
            return None


def sign_in(services: Services, query: str, cookie_name: str, *, secure: bool = False) -> Response | None:
    """Swap the code in an address for a cookie and go on to the page without it. None when there is no code."""
    code = word(query, "code")
    if code is None:
        return None
    now = services.engine.clock.wall()
    value = services.bridge.sign_in.redeem(code, now)
    if value is None:
        return Response(403, _USED_UP, HTML)
    cookie = f"{cookie_name}={value}; HttpOnly; SameSite=Strict; Path=/; Max-Age={COOKIE_LIFETIME_MS // 1000}"
    cookie += "; Secure" if secure else ""
    return Response(303, b"", TEXT, ((b"Location", b"/"), (b"Set-Cookie", cookie.encode())))


def _kind(path: Path) -> bytes:
    known = _KINDS.get(path.suffix) or mimetypes.guess_type(path.name)[0] or "application/octet-stream"
    return known.encode()
