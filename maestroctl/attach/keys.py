"""Keys for ``attach`` itself: parses their notation, and finds them in the typed text.

The notation is Docker's: ``ctrl-p,ctrl-q`` is a sequence of two keys. Spaces separate alternatives.
"""

import codecs
import enum
import re
from collections.abc import Mapping

from maestrod.api.errors import Malformed

#: The default keys.
DETACH_KEYS = "ctrl-\\ ctrl-p,ctrl-q"
SWITCH_KEYS = "ctrl-]"

_CONTROL = re.compile(r"ctrl-([a-z@\[\\\]^_])", re.IGNORECASE)


class KeyCommand(enum.Enum):
    """What a key sequence makes ``attach`` do."""

    DETACH = "detach"
    SWITCH = "switch"


def sequences(text: str) -> list[bytes]:
    """The bytes of each alternative (a control key is its letter's lower five bits: ECMA-48, C0).

    Raises ``Malformed`` for an unknown key.
    """
    return [b"".join(map(_key, alternative.split(","))) for alternative in text.split()]


def _key(name: str) -> bytes:
    control = _CONTROL.fullmatch(name)
    if control:
        return bytes([ord(control[1].upper()) & 0x1F])
    if len(name) == 1 and name.isascii() and name.isprintable():
        return name.encode()
    raise Malformed("usage", f"{name!r} is not a key: write ctrl-x or a character, as in ctrl-p,ctrl-q")


def bindings(detach: str, switch: str) -> dict[bytes, KeyCommand]:
    """The key sequences and their commands. Raises ``Malformed`` if none detaches, or if one is ambiguous."""
    bound = dict.fromkeys(sequences(detach), KeyCommand.DETACH)
    if not bound:
        raise Malformed("usage", "name a key to detach with, such as ctrl-\\")
    for keys in sequences(switch):
        if any(keys.startswith(other) or other.startswith(keys) for other in bound):
            raise Malformed(
                "usage", "the keys to switch and to detach begin with the same key: choose different first keys"
            )
        bound[keys] = KeyCommand.SWITCH
    return bound


class Keyboard:
    """Splits typed bytes, which arrive in arbitrary pieces, into text to pass on and commands."""

    def __init__(self, bound: Mapping[bytes, KeyCommand]) -> None:
        self._bound = bound
        self._decoder = codecs.getincrementaldecoder("utf-8")("replace")
        self._held = b""

    def feed(self, data: bytes) -> tuple[str, KeyCommand | None]:
        """The text before the first command, and the command; text after the command is dropped.

        Bytes that may become a command are held until the next piece, or until ``release``.
        """
        data = self._held + data
        self._held = b""
        found = [(place, keys) for keys in self._bound if (place := data.find(keys)) >= 0]
        if found:
            place, keys = min(found)
            return self._decoder.decode(data[:place]), self._bound[keys]
        kept = self._beginning(data)
        self._held = data[len(data) - kept :] if kept else b""
        return self._decoder.decode(data[: len(data) - kept]), None

    def release(self) -> str:
        """The held bytes, after nothing followed them: they are for the session."""
        held, self._held = self._held, b""
        return self._decoder.decode(held)

    def _beginning(self, data: bytes) -> int:
        """How many of the last bytes may begin a command."""
        longest = max(map(len, self._bound)) - 1
        for length in range(min(longest, len(data)), 0, -1):
            if any(keys.startswith(data[-length:]) for keys in self._bound):
                return length
        return 0
