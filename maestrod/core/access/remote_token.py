"""Access tokens of the remote interface: create, revoke, and look up by secret."""

import hashlib

from maestrod.api.errors import Conflict, Malformed
from maestrod.api.token import AccessToken, TokenCreate, TokenInfo, TokenList, TokenPage, TokenRef
from maestrod.core.world.draft import Draft
from maestrod.core.world.lookup import missing
from maestrod.core.world.pages import page
from maestrod.core.world.world import World


def digest_of(secret: bytes) -> str:
    """The stored digest of a secret. A secret has 256 random bits, so it needs no salt and no slow hash."""
    return hashlib.sha256(secret).hexdigest()


def info(token: AccessToken) -> TokenInfo:
    """The members of a token that may be shown."""
    return TokenInfo(
        id=token.id,
        name=token.name,
        owner=token.owner,
        scope=token.scope,
        created_at=token.created_at,
        revoked_at=token.revoked_at,
    )


def create(draft: Draft, params: TokenCreate) -> TokenInfo:
    """Create a token. Raises ``Conflict`` if a token with this secret exists."""
    if params.digest is None:
        raise Malformed("token.no_secret", "the digest of the secret is missing", {"path": "$.digest"})
    if params.digest in draft.world.token_of_digest:
        raise Conflict("token.known_secret", "a token with this secret already exists: make another secret")
    token = AccessToken(
        id=draft.new_id("tok"),
        name=params.name,
        owner=params.owner,
        scope=params.scope,
        digest=params.digest,
        created_at=draft.now,
    )
    return info(draft.put(token))


def revoke(draft: Draft, params: TokenRef) -> TokenInfo:
    """Revoke a token. A token that is revoked already stays as it is."""
    token = draft.world.tokens.get(params.token_id)
    if token is None:
        raise missing("token", params.token_id)
    if token.revoked_at is None:
        token = draft.change(token, revoked_at=draft.now)
    return info(token)


def listing(world: World, params: TokenList) -> TokenPage:
    """A page of tokens."""

    def look(id_: str) -> TokenInfo | None:
        token = world.tokens[id_]
        return info(token) if params.revoked or token.revoked_at is None else None

    items, cursor = page(world.tokens, look, params.cursor, params.limit)
    return TokenPage(items=items, next_cursor=cursor)


def token_of_secret(world: World, secret: bytes) -> AccessToken | None:
    """The token with this secret, unless it was revoked.

    The lookup uses a hash, so its duration reveals nothing about any secret.
    """
    token = world.tokens.get(world.token_of_digest.get(digest_of(secret), ""))
    return token if token is not None and token.revoked_at is None else None
