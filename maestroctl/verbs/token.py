"""``maestroctl token create``: makes a secret here and sends the daemon only its digest."""

import getpass
import hashlib
import os
import secrets
from typing import Annotated

import typer

from maestroctl.client.caller import Caller
from maestroctl.output import answer, answer_json, safe, say
from maestroctl.verbs.options import Json
from maestrod.api.errors import Malformed
from maestrod.api.token import TOKEN_CREATE, TokenCreate, TokenScope

#: Marks a secret for people and for scanners of leaked secrets. The daemon uses the same prefix (``rpc/token.py``).
_PREFIX = "mst_"


def create(
    *,
    name: Annotated[str, typer.Argument(metavar="NAME", help="What the token is for: a machine or a program.")],
    owner: Annotated[
        str | None, typer.Option("--owner", help="The person responsible for the token. Defaults to you.")
    ] = None,
    scope: Annotated[
        TokenScope,
        typer.Option(
            "--scope",
            help="What the token permits: read; work (tasks, sessions, answers, terminals); admin (the daemon too).",
        ),
    ] = TokenScope.READ,
    file: Annotated[
        str | None, typer.Option("--file", help="Write the secret to a new file that only you can read.")
    ] = None,
    as_json: Json = False,
) -> None:
    """Create a remote access token and print its secret.

    The secret cannot be shown again: the daemon stores only its digest.
    """
    secret = _PREFIX + secrets.token_urlsafe(32)
    if file is not None:
        _write(file, secret)
    digest = hashlib.sha256(secret.encode()).hexdigest()
    params = TokenCreate(name=name, owner=owner or getpass.getuser(), scope=scope, digest=digest)
    with Caller.of_this_process().client() as client:
        token = client.call(TOKEN_CREATE, params).token
    if as_json:
        answer_json({"id": token.id, "scope": token.scope.value, **({"file": file} if file else {"secret": secret})})
        return
    say(
        f"{token.id} created for {safe(token.name)} ({token.scope.value}); to revoke it: maestroctl token revoke {token.id}"
    )
    if file is None:
        answer(secret)


def _write(file: str, secret: str) -> None:
    """Write the secret before the token exists. Raises ``Malformed`` if the file exists or cannot be written."""
    try:
        descriptor = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
    except OSError as error:
        raise Malformed("usage", f"cannot write to {file}: {error.strerror}") from error
    with os.fdopen(descriptor, "w") as opened:
        opened.write(secret + "\n")


COMMANDS = {"create": create}
