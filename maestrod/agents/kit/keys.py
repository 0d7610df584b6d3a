"""Types a prompt into an agent's composer on a terminal."""

from collections.abc import Sequence

from maestrod.agents.adapter import Keys

#: Bracketed paste (xterm's control sequences): the composer reads what is between them as text, including line ends.
_PASTE, _PASTED = b"\x1b[200~", b"\x1b[201~"
#: Seconds that a composer needs between showing the text and Enter; without them, Enter becomes part of the text (measured).
SETTLE = 0.4


def typed(text: str) -> Sequence[Keys]:
    """Paste the text, then press Enter. Nothing in the text can end the paste."""
    plain = text.replace("\x1b", "").replace("\r\n", "\n").replace("\r", "\n")
    return (Keys(_PASTE + plain.encode() + _PASTED, pause=SETTLE, echoed=True), Keys(b"\r"))
