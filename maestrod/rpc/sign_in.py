"""How a browser becomes the user's: a code that works once opens the page, and is swapped for a cookie.

A browser cannot read the token file, and a token in an address would stay in its history. So ``maestroctl ui`` asks over the
socket for an address with a code that lives a minute and works once; the bridge swaps it for a cookie. The cookie is signed
with the daemon's secret key (HMAC-SHA256, RFC 2104; a purpose string keeps it apart from session tokens), so that an open
page survives a restart of the daemon and nothing has to be stored.
"""

import hmac
import secrets

#: Milliseconds a code works, and how many may be waiting: a browser is started in seconds, and nobody opens many at once.
CODE_LIFETIME_MS = 60_000
_CODES_KEPT = 16

#: Milliseconds a cookie works: thirty days, as long as a page may stay open.
COOKIE_LIFETIME_MS = 30 * 86_400_000

_PURPOSE = b"maestrod page cookie 1\0"
_DIGITS = 15


class SignIn:
    """Hands out codes and cookies; ``key`` is the daemon's secret.

    The minute of a code is counted on a clock that is never set (``now``, ms). A cookie outlives daemons and machines' starts, so
    its days are counted by the wall clock (``wall``, ms since the epoch).
    """

    def __init__(self, key: bytes) -> None:
        self._key = key
        self._codes: dict[str, tuple[int, str]] = {}

    def code(self, now: int, holder: str = "") -> tuple[str, int]:
        """A new code, and when it ends by the clock of ``now``. ``holder`` is the id of the token whose the page will be; the user's own without one."""
        while len(self._codes) >= _CODES_KEPT:
            del self._codes[next(iter(self._codes))]
        code = secrets.token_urlsafe(24)
        self._codes[code] = now + CODE_LIFETIME_MS, holder
        return code, now + CODE_LIFETIME_MS

    def redeem(self, code: str, now: int, wall: int) -> str | None:
        """The value of a new cookie; None for a code that was never given out, is used up or too old."""
        known = [each for each in self._codes if hmac.compare_digest(each.encode(), code.encode("utf-8", "replace"))]
        if not known:
            return None
        ends, holder = self._codes.pop(known[0])
        if ends < now:
            return None
        claim = f"{wall}.{secrets.token_hex(16)}" + (f".{holder}" if holder else "")
        return f"{claim}.{self._signature(claim.encode()).decode()}"

    def is_genuine(self, cookie: bytes, wall: int) -> bool:
        """Whether we made this cookie, and not too long ago."""
        claim, _, signature = cookie.rpartition(b".")
        genuine = hmac.compare_digest(self._signature(claim), signature)
        made = claim.partition(b".")[0]
        return genuine and 0 < len(made) <= _DIGITS and made.isdigit() and wall - int(made) < COOKIE_LIFETIME_MS

    @staticmethod
    def holder(cookie: bytes) -> str:
        """Whose a genuine cookie is: the id of a token, empty for the user himself."""
        parts = cookie.split(b".")
        return parts[2].decode("ascii", "replace") if len(parts) == 4 else ""

    def _signature(self, claim: bytes) -> bytes:
        return hmac.digest(self._key, _PURPOSE + claim, "sha256").hex().encode()
