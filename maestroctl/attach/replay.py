"""Brings a terminal to the state that a session's output left: its modes and its screen.

A session's log is what its program wrote to its terminal. To attach later, the end of that log is written to the user's terminal,
which then draws the screen itself, so that no emulation can lose anything. Two things need care: modes that were switched on earlier
in the log, and queries of the program to its terminal, which must not be answered twice.

Sources: ECMA-48; "XTerm Control Sequences" (private modes, device reports); the kitty keyboard protocol.
"""

import re

from maestroctl.show.terminal import RESET

#: DEC private modes that are on in a new terminal.
_ON_AT_FIRST = frozenset({7, 25})

#: Modes that persist until they are changed: application keys, wrapping, cursor, mouse, focus, pasting.
_KEPT = frozenset({1, 7, 9, 25, 1000, 1002, 1003, 1004, 1005, 1006, 1015, 1016, 2004})

#: The three modes that switch to the alternate screen.
_ALTERNATE = frozenset({47, 1047, 1049})

_MODES = re.compile(rb"\x1b\[\?([0-9;]{1,60})([hl])|\x1b([=>c])")
_UNFINISHED = re.compile(rb"\x1b(?:\[(?:\?[0-9;]{0,60})?)?\Z")
_ENTER_ALTERNATE = re.compile(rb"\x1b\[\?(?:47|1047|1049)h")

#: Queries that a terminal answers: status and attributes (CSI n, CSI c), modes (CSI $p), versions (CSI > q), sizes (CSI t), keyboard
#: flags (CSI ? u), colours and the clipboard (OSC with ?), settings (DCS $q, +q), ENQ.
_QUESTIONS = re.compile(
    rb"\x1b\[[?>=]?[0-9;]*[nc]|\x1b\[\??[0-9;]*\$p|\x1b\[>[0-9]*q|\x1b\[[0-9;]*t|\x1b\[\?u"
    rb"|\x1b\][0-9;]+[^\x07\x1b]*\?(?:\x07|\x1b\\)|\x1bP[$+]q[^\x1b]*\x1b\\|\x1bZ|\x05"
)

#: Maximum bytes that are replayed: several screens of text, and still instant over a slow connection.
LONGEST = 256 * 1024


class Modes:
    """The modes that the output so far has switched on in a terminal."""

    def __init__(self) -> None:
        self._held = b""
        self.clear()

    def clear(self) -> None:
        """Return to the modes of a new terminal."""
        self.alternate = False
        self._keypad = False
        self._changed: dict[int, bool] = {}

    def feed(self, data: bytes) -> None:
        """Process output, which may be cut anywhere."""
        data = self._held + data
        for found in _MODES.finditer(data):
            if found[1] is not None:
                self._set(found[1], on=found[2] == b"h")
            elif found[3] == b"c":
                self.clear()
            else:
                self._keypad = found[3] == b"="
        unfinished = _UNFINISHED.search(data)
        self._held = unfinished[0] if unfinished else b""

    def _set(self, numbers: bytes, *, on: bool) -> None:
        for number in map(int, filter(None, numbers.split(b";"))):
            if number in _ALTERNATE:
                self.alternate = on
            elif number in _KEPT:
                self._changed[number] = on

    def enter(self) -> bytes:
        """The bytes that switch a reset terminal to these modes."""
        changed = [
            b"\x1b[?%d%b" % (number, b"h" if on else b"l")
            for number, on in self._changed.items()
            if on != (number in _ON_AT_FIRST)
        ]
        return b"".join([b"\x1b[?1049h" if self.alternate else b"", *changed, b"\x1b=" if self._keypad else b""])

    def leave(self) -> bytes:
        """The bytes that switch a terminal in these modes back to the initial ones."""
        return RESET + (b"\x1b[?1049l" if self.alternate else b"")


def replay(log: bytes) -> tuple[bytes, Modes]:
    """The bytes that make a reset terminal show the end of ``log``, and the modes it is then in."""
    start = _start(log)
    before, modes = Modes(), Modes()
    before.feed(log[:start])
    modes.feed(log)
    return before.enter() + _QUESTIONS.sub(b"", log[start:]), modes


def _start(log: bytes) -> int:
    """Where to begin: at the last switch to the alternate screen if the program is still in it, else at the beginning of a line."""
    earliest = max(len(log) - LONGEST, 0)
    entries = [found.start() for found in _ENTER_ALTERNATE.finditer(log, earliest)]
    modes = Modes()
    modes.feed(log)
    if modes.alternate and entries:
        return entries[-1]
    if not earliest:
        return 0
    line = log.find(b"\n", earliest)
    return line + 1 if line >= 0 else earliest
