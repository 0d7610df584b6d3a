"""Session tokens: they prove which session, and which attempt of it, is calling.

A token is ``<session id>.<attempt>.<HMAC-SHA256 over "<session id>.<attempt>" in hex>`` (RFC 2104, FIPS 180-4), keyed by the
daemon's secret. It can be computed again at any time, so it is never stored. ``scope.py`` checks whether the attempt is still
the current one.
"""

import hmac
from functools import lru_cache

from maestrod.api.errors import NotAllowed
from maestrod.core.values.command import Actor

_ATTEMPT_DIGITS = 9


def make_token(key: bytes, session_id: str, attempt: int) -> str:
    """The token for one attempt of a session."""
    claim = f"{session_id}.{attempt}"
    return f"{claim}.{_signature(key, claim)}"


def read_token(key: bytes, token: str) -> Actor:
    """The actor that a token names. Raises ``NotAllowed`` for a token that this daemon did not issue, in constant time."""
    claim, _, signature = token.rpartition(".")
    session_id, _, attempt = claim.rpartition(".")
    genuine = hmac.compare_digest(_signature(key, claim).encode(), signature.encode("utf-8", "replace"))
    if not genuine or not session_id or not (attempt.isascii() and attempt.isdigit()) or len(attempt) > _ATTEMPT_DIGITS:
        raise NotAllowed(
            "token.invalid", "this daemon did not issue the session token: use the value of MAESTRO_SESSION_TOKEN"
        )
    return Actor(session_id, int(attempt))


@lru_cache(maxsize=1024)
def _signature(key: bytes, claim: str) -> str:
    return hmac.digest(key, claim.encode("utf-8", "replace"), "sha256").hex()
