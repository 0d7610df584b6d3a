"""The audit log: one line for every change by a remote client, and for every refusal.

A line has the token and its owner, the method, and the outcome, but never a parameter, which could contain a secret. Reads
are not logged, because they would hide the important lines.
"""

import logging
from collections.abc import Callable

from maestrod.api.model.method import Scope
from maestrod.core.world.world import World

log = logging.getLogger("maestrod.audit")

#: The outcome of a successful call.
DONE = "done"

#: Logs the outcome of a call.
Note = Callable[[str], None]


def note(world: World, name: str, method: str, scope: Scope) -> Note | None:
    """The function that logs the outcome of a call; None for local clients, whose ``name`` is not a token's id."""
    token = world.tokens.get(name)
    if token is None:
        return None
    who = f"{token.id} ({token.owner!r}, {token.scope.value})"

    def tell(outcome: str) -> None:
        if scope > Scope.READ or outcome.startswith("token."):
            log.info("%s %s: %s", who, method[:100], outcome)

    return tell
