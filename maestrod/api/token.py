"""Tokens of the remote interface: who may come in from elsewhere, and how much of the contract is open to them.

Not the tokens of sessions (``MAESTRO_SESSION_TOKEN``), which say which agent is speaking.
"""

from typing import Annotated

from msgspec import Meta

from maestrod.api.errors import Conflict, Malformed, NotFound
from maestrod.api.model.base import Entity, Instant, Limit, Params, Title
from maestrod.api.model.method import Access, Method, delete, get, post
from maestrod.api.model.open_enum import OpenEnum

#: A SHA-256 in hexadecimal.
Digest = Annotated[str, Meta(pattern="^[0-9a-f]{64}$", description="SHA-256 in hexadecimal.")]


class TokenScope(OpenEnum):
    """How much a token opens; each includes those before it (``method.Scope`` is the same, by order)."""

    READ = "read"
    WORK = "work"
    ADMIN = "admin"


class AccessToken(Entity, frozen=True):
    """A token. Of its secret only the SHA-256 is kept (``digest``): nobody can find it out from the store.

    ``owner`` is whom to ask about it. It stays when it is revoked, so that the log can be read later.
    """

    id: str
    name: str
    owner: str
    scope: TokenScope
    digest: str
    created_at: Instant = 0
    revoked_at: Instant | None = None


class TokenInfo(Entity, frozen=True):
    """A token without what its secret could be recognized by."""

    id: str
    name: str
    owner: str
    scope: TokenScope
    created_at: Instant = 0
    revoked_at: Instant | None = None


class TokenCreate(Params, frozen=True):
    """Make a token. ``digest`` is the SHA-256 of a secret of the caller's own; without one the daemon makes a secret."""

    name: Title
    owner: Title
    scope: TokenScope = TokenScope.READ
    digest: Digest | None = None


class TokenCreated(Entity, frozen=True):
    """The token, and its ``secret`` if the daemon made it: told here and never again."""

    token: TokenInfo
    secret: str | None = None


class TokenRef(Params, frozen=True):
    """Name a token."""

    token_id: str


class TokenList(Params, frozen=True):
    """A page of tokens, oldest first; also the revoked ones on request."""

    revoked: Annotated[bool, Meta(description="Also those that were revoked.")] = False
    cursor: str | None = None
    limit: Limit = 100


class TokenPage(Entity, frozen=True):
    """A page; ``next_cursor`` is there when more follow."""

    items: tuple[TokenInfo, ...] = ()
    next_cursor: str | None = None


_ID = {"tokenId": "tok_00000000000000000000000000"}

# A table: one method, one row.
# fmt: off
TOKEN_CREATE = Method("token.create", TokenCreate, TokenCreated, Access.OWNER, post("/api/tokens"), "Let somebody in from elsewhere",
    errors=(Conflict, Malformed), example={"name": "laptop", "owner": "ada", "scope": "work"}, positional=("name",), waits=True)
TOKEN_LIST = Method("token.list", TokenList, TokenPage, Access.READ, get("/api/tokens"), "List who may come in from elsewhere",
    errors=(Malformed,), example={})
TOKEN_REVOKE = Method("token.revoke", TokenRef, TokenInfo, Access.OWNER, delete("/api/tokens/{tokenId}"), "Let nobody in by a token any more, and cut off who is in",
    errors=(NotFound,), example=_ID, positional=("token_id",))
# fmt: on
METHODS = (TOKEN_CREATE, TOKEN_LIST, TOKEN_REVOKE)
