"""Events as JSON, each encoded once for all its subscribers."""

import msgspec

from maestrod.api.event import Event
from maestrod.core.world.entities import complete

_encode = msgspec.json.Encoder().encode

#: Events of remembered requests contain whole replies, which may contain secrets.
_PRIVATE = "request."

#: Events of tokens contain the digest of a secret.
_SECRET = "token."  # noqa: S105  # the name of a kind


class EncodedEvents:
    """A cache of the last encoded events, because the subscribers of a commit ask for the same events one after the other."""

    _KEPT = 1024

    def __init__(self) -> None:
        self._by_seq: dict[int, bytes] = {}

    def encode(self, event: Event) -> bytes:
        """The event as JSON."""
        encoded = self._by_seq.get(event.seq)
        if encoded is None:
            if len(self._by_seq) >= self._KEPT:
                self._by_seq.clear()
            encoded = self._by_seq[event.seq] = _encode(public_form(event))
        return encoded


def public_form(event: Event) -> Event:
    """The event as clients receive it: without the replies of calls and the digests of secrets, and with all members of
    entities.
    """
    if event.type.startswith(_PRIVATE):
        return msgspec.structs.replace(event, data={})
    data = complete(event.type, event.data)
    if event.type.startswith(_SECRET):
        data.pop("digest", None)
    return msgspec.structs.replace(event, data=data)
