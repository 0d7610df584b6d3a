"""Making a token: the secret comes from here, because the core knows no randomness and keeps no secret."""

import secrets

import msgspec

from maestrod.api.token import TOKEN_CREATE, TokenCreate, TokenCreated, TokenInfo
from maestrod.core.access_token import digest_of
from maestrod.core.command import Command
from maestrod.rpc.context import Context
from maestrod.rpc.handler import implements

#: Marks a secret for people and for programs that look for leaked ones.
PREFIX = "mst_"


@implements(TOKEN_CREATE)
async def create(context: Context, params: TokenCreate) -> TokenCreated:
    """Make a token; who brings the digest of a secret of his own is told none."""
    secret = None
    if params.digest is None:
        secret = PREFIX + secrets.token_urlsafe(32)
        params = msgspec.structs.replace(params, digest=digest_of(secret.encode()))
    ticket = context.services.engine.execute(Command(TOKEN_CREATE.name, params, context.actor))
    await ticket.wait_done()
    token: TokenInfo = ticket.reply
    return TokenCreated(token=token, secret=secret)
