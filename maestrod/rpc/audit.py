"""The audit: a line in the log for everything that somebody from elsewhere changed, or was refused.

It says who (the token and its owner), which method, and what came of it; never a parameter, which could hold a secret. Reading
is not told, or the lines that matter would drown.
"""

import logging
from collections.abc import Callable

from maestrod.api.model.method import Scope
from maestrod.core.world.world import World

log = logging.getLogger("maestrod.audit")

#: What an outcome is called when nothing went wrong.
DONE = "done"

#: Says what came of a call.
Note = Callable[[str], None]


def note(world: World, name: str, method: str, scope: Scope) -> Note | None:
    """What to tell the outcome of a call to; None for who is not from elsewhere (``name`` is no token's id)."""
    token = world.tokens.get(name)
    if token is None:
        return None
    who = f"{token.id} ({token.owner!r}, {token.scope.value})"

    def tell(outcome: str) -> None:
        if scope > Scope.READ or outcome.startswith("token."):
            log.info("%s %s: %s", who, method[:100], outcome)

    return tell
