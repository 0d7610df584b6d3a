"""What enters the engine: commands (a method's parameters and its caller) and the stamp that carries time and randomness."""

import msgspec

from maestrod.api.model.base import Params
from maestrod.core.values.signs import NOTHING, Reading


class Actor(msgspec.Struct, frozen=True):
    """The caller: a session in a given attempt, or, without a session, the owner of the daemon."""

    session_id: str | None = None
    attempt: int = 0

    @property
    def is_owner(self) -> bool:
        """Whether the caller is the user, not an agent."""
        return self.session_id is None


#: The user, or the daemon itself acting for the user.
OWNER = Actor()


class Command(msgspec.Struct, frozen=True):
    """A call of a method that changes something; ``params`` is the struct of the method's row.

    ``reading`` is what the agent's adapter read from a hook's payload (``event.report``, ``permission.ask``).
    """

    method: str
    params: Params
    actor: Actor = OWNER
    reading: Reading = NOTHING


class Stamp(msgspec.Struct, frozen=True):
    """The time and randomness of a decision.

    ``at`` is the wall clock in ms since the epoch, which may jump; ``id_time`` is the same but never goes back, so that ids
    sort in the order they were made; ``entropy`` is 80 random bits.
    """

    at: int
    id_time: int
    entropy: int
