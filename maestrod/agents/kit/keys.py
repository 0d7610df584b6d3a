"""Typing a prompt into an agent's composer on a terminal."""

from collections.abc import Sequence

from maestrod.agents.adapter import Keys

#: Bracketed paste (xterm's control sequences): the composer takes what is between as text, line ends too.
_PASTE, _PASTED = b"\x1b[200~", b"\x1b[201~"
#: Seconds a composer needs between the text and Enter; sent at once, Enter becomes part of the text (measured).
SETTLE = 0.4


def typed(text: str) -> Sequence[Keys]:
    """The text pasted, then Enter. Nothing in the text can end the paste."""
    plain = text.replace("\x1b", "").replace("\r\n", "\n").replace("\r", "\n")
    return (Keys(_PASTE + plain.encode() + _PASTED, pause=SETTLE), Keys(b"\r"))
