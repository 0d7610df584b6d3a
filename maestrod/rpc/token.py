"""Creates access tokens and looks up their scope. Secrets are made here, because the core has no randomness and stores no
secret.
"""

import secrets

import msgspec

from maestrod.api.model.method import Scope
from maestrod.api.token import TOKEN_CREATE, AccessToken, TokenCreate, TokenCreated, TokenInfo
from maestrod.core.access.remote_token import digest_of, token_of_secret
from maestrod.core.values.command import Command
from maestrod.rpc.context import Context, Services
from maestrod.rpc.handler import implements

#: The prefix of a secret, for people and for programs that search for leaked secrets.
PREFIX = "mst_"


@implements(TOKEN_CREATE)
async def create(context: Context, params: TokenCreate) -> TokenCreated:
    """Create a token. A caller that gives the digest of its own secret receives no secret."""
    secret = None
    if params.digest is None:
        secret = PREFIX + secrets.token_urlsafe(32)
        params = msgspec.structs.replace(params, digest=digest_of(secret.encode()))
    ticket = context.services.engine.execute(Command(TOKEN_CREATE.name, params, context.actor))
    await ticket.wait_done()
    token: TokenInfo = ticket.reply
    return TokenCreated(token=token, secret=secret)


def holder_of_secret(services: Services, secret: bytes) -> tuple[str, Scope] | None:
    """Id and scope of the token with this secret; None if it is wrong or revoked."""
    return _holder(token_of_secret(services.engine.world, secret))


def holder_of_id(services: Services, token_id: str) -> tuple[str, Scope] | None:
    """Id and scope of a token by its id; None if it is unknown or revoked."""
    return _holder(services.engine.world.tokens.get(token_id))


def _holder(token: AccessToken | None) -> tuple[str, Scope] | None:
    if token is None or token.revoked_at is not None:
        return None
    return token.id, Scope[token.scope.name]
