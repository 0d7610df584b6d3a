"""Access tokens of the remote interface: who may connect from other machines, and which methods each may call.

Not to be confused with the tokens of sessions (``MAESTRO_SESSION_TOKEN``), which identify the calling agent.
"""

from typing import Annotated

from msgspec import Meta

from maestrod.api.errors import Conflict, Malformed, NotFound
from maestrod.api.model.base import Entity, Instant, Limit, Params, Title
from maestrod.api.model.method import Access, Method, delete, get, post
from maestrod.api.model.open_enum import OpenEnum
from maestrod.api.model.patterns import DIGEST

#: A SHA-256 in hexadecimal.
Digest = Annotated[str, Meta(pattern=DIGEST, description="SHA-256 in hexadecimal.")]


class TokenScope(OpenEnum):
    """What a token permits; each scope includes those before it (``method.Scope`` has the same in order)."""

    READ = "read"
    WORK = "work"
    ADMIN = "admin"


class AccessToken(Entity, frozen=True):
    """A token. Only the SHA-256 of its secret is stored (``digest``), from which the secret cannot be recovered.

    ``owner`` is the person responsible. Revoked tokens are kept, so that logs stay readable.
    """

    id: str
    name: str
    owner: str
    scope: TokenScope
    digest: str
    created_at: Instant = 0
    revoked_at: Instant | None = None


class TokenInfo(Entity, frozen=True):
    """A token without the digest of its secret."""

    id: str
    name: str
    owner: str
    scope: TokenScope
    created_at: Instant = 0
    revoked_at: Instant | None = None


class TokenCreate(Params, frozen=True):
    """``digest`` is the SHA-256 of a secret that the caller made; without it, the daemon makes the secret."""

    name: Title
    owner: Title
    scope: TokenScope = TokenScope.READ
    digest: Digest | None = None


class TokenCreated(Entity, frozen=True):
    """The token, and its ``secret`` if the daemon made it: it is shown here only."""

    token: TokenInfo
    secret: str | None = None


class TokenRef(Params, frozen=True):
    """Takes a token's id."""

    token_id: str


class TokenList(Params, frozen=True):
    """Returns one page of tokens, oldest first; revoked ones only on request."""

    revoked: Annotated[bool, Meta(description="Include revoked tokens.")] = False
    cursor: str | None = None
    limit: Limit = 100


class TokenPage(Entity, frozen=True):
    """One page of results; ``next_cursor`` is set if there are more."""

    items: tuple[TokenInfo, ...] = ()
    next_cursor: str | None = None


_ID = {"tokenId": "tok_00000000000000000000000000"}

# A table: one method, one row.
# fmt: off
TOKEN_CREATE = Method("token.create", TokenCreate, TokenCreated, Access.OWNER, post("/api/tokens"), "Create a remote access token",
    errors=(Conflict, Malformed), example={"name": "laptop", "owner": "ada", "scope": "work"}, positional=("name",), waits=True)
TOKEN_LIST = Method("token.list", TokenList, TokenPage, Access.READ, get("/api/tokens"), "List remote access tokens",
    errors=(Malformed,), example={})
TOKEN_REVOKE = Method("token.revoke", TokenRef, TokenInfo, Access.OWNER, delete("/api/tokens/{tokenId}"), "Revoke a token and close its connections",
    errors=(NotFound,), example=_ID, positional=("token_id",))
# fmt: on
METHODS = (TOKEN_CREATE, TOKEN_LIST, TOKEN_REVOKE)
