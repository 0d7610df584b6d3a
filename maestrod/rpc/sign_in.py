"""Signs a browser in: a single-use code opens the page and is exchanged for a cookie.

A browser cannot read the token file, and a token in a URL would stay in its history. So ``maestroctl ui`` asks over the socket
for a URL with a code that is valid for one minute and works once. The bridge exchanges it for a cookie. The cookie is signed
with the daemon's secret key (HMAC-SHA256, RFC 2104; a purpose string distinguishes it from session tokens), so an open page
survives a restart of the daemon, and nothing has to be stored.
"""

import hmac
import secrets

#: Lifetime of a code (ms), and the maximum number of unused codes: a browser starts within seconds, and few open at once.
CODE_LIFETIME_MS = 60_000
_CODES_KEPT = 16

#: Lifetime of a cookie (ms): thirty days, as long as a page may stay open.
COOKIE_LIFETIME_MS = 30 * 86_400_000

_PURPOSE = b"maestrod page cookie 1\0"
_DIGITS = 15


class SignIn:
    """Issues codes and cookies; ``key`` is the daemon's secret key.

    The age of a code is measured on a clock that is never set (``now``, ms). A cookie outlives restarts of the daemon and the
    machine, so its age is measured on the wall clock (``wall``, ms since the epoch).
    """

    def __init__(self, key: bytes) -> None:
        self._key = key
        self._codes: dict[str, tuple[int, str]] = {}

    def code(self, now: int, holder: str = "") -> tuple[str, int]:
        """A new code, and its expiry on the clock of ``now``. ``holder`` is the id of the token that the page will use; empty
        for the user.
        """
        while len(self._codes) >= _CODES_KEPT:
            del self._codes[next(iter(self._codes))]
        code = secrets.token_urlsafe(24)
        self._codes[code] = now + CODE_LIFETIME_MS, holder
        return code, now + CODE_LIFETIME_MS

    def redeem(self, code: str, now: int, wall: int) -> str | None:
        """The value of a new cookie; None for a code that is unknown, used or expired."""
        known = [each for each in self._codes if hmac.compare_digest(each.encode(), code.encode("utf-8", "replace"))]
        if not known:
            return None
        ends, holder = self._codes.pop(known[0])
        if ends < now:
            return None
        claim = f"{wall}.{secrets.token_hex(16)}" + (f".{holder}" if holder else "")
        return f"{claim}.{self._signature(claim.encode()).decode()}"

    def is_genuine(self, cookie: bytes, wall: int) -> bool:
        """Whether this daemon issued the cookie and it has not expired."""
        claim, _, signature = cookie.rpartition(b".")
        genuine = hmac.compare_digest(self._signature(claim), signature)
        made = claim.partition(b".")[0]
        return genuine and 0 < len(made) <= _DIGITS and made.isdigit() and wall - int(made) < COOKIE_LIFETIME_MS

    @staticmethod
    def holder(cookie: bytes) -> str:
        """The holder of a genuine cookie: the id of a token; empty for the user."""
        parts = cookie.split(b".")
        return parts[2].decode("ascii", "replace") if len(parts) == 4 else ""

    def _signature(self, claim: bytes) -> bytes:
        return hmac.digest(self._key, _PURPOSE + claim, "sha256").hex().encode()
