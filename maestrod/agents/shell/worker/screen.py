"""Tracks what a command does to the terminal, and undoes it, so that the next output begins on a clean terminal.

It undoes only what was done. Most commands end with a complete line and change nothing, so the log gets no extra byte;
and some sequences (leaving an alternate screen that is not shown) would move the cursor over text. The sequences are
those of ECMA-48 and of xterm's ctlseqs.
"""

_ESC = 0x1B
_SO, _SI = 0x0E, 0x0F
#: The bytes that end a control string (OSC, DCS, SOS, PM, APC): BEL, as in xterm; CAN and SUB, which cancel; and ESC.
_STRING_ENDS = (0x07, 0x18, 0x1A, _ESC)
#: Private modes that are on initially: autowrap, visible cursor.
_ON_AT_FIRST = {7, 25}
#: Off initially: application cursor keys, reverse video, keypad, all mouse reports, focus reports, bracketed paste.
_OFF_AT_FIRST = {1, 5, 9, 66, 1000, 1001, 1002, 1003, 1004, 1005, 1006, 1015, 1016, 2004}
#: Origin mode and the alternate screen in its three spellings: switching them moves the cursor, so they come first.
_MOVING = {6, 47, 1047, 1049}
_CONTROLS = bytes(range(0x20)) + b"\x7f"
#: A longer sequence is not one.
_LONGEST = 256
_CANCEL = b"\x18\x1b\\"
_PLAIN = b"\x1b[0m"
_WHOLE_SCREEN = b"\x1b7\x1b[r\x1b8"
_OVERWRITE = b"\x1b[4l"
#: Other changes, by the bytes that undo them; the command itself may also have sent these bytes.
_KEYPAD, _MODIFIERS, _KEYS, _CURSOR, _CHARACTERS = b"\x1b>", b"\x1b[>4m", b"\x1b[<u", b"\x1b[0 q", b"\x0f"

#: For output that was not tracked: undoes everything that can be undone without moving the cursor; otherwise harmless.
RESET = (
    _CANCEL
    + _PLAIN
    + b"\x1b(B"
    + _CHARACTERS
    + _KEYPAD
    + b"\x1b[?1000l\x1b[?1002l\x1b[?1003l\x1b[?2004l\x1b[?7h\x1b[?25h"
)


class Screen:
    """Tracks a command's output. ``feed`` accepts it in pieces; ``settle`` returns what to write at its end."""

    def __init__(self) -> None:
        self._line_open = False
        self._forget()

    def _forget(self) -> None:
        self._rest = b""  # an incomplete escape sequence
        self._in_string = False
        self._switched: set[int] = set()
        self._undo: dict[bytes, None] = {}

    def feed(self, data: bytes) -> None:
        """Track a piece of output; almost free if it has no escape sequences."""
        data, self._rest = self._rest + data, b""
        place = 0
        while place < len(data):
            if self._in_string:
                place = self._string(data, place)
                continue
            start = data.find(_ESC, place)
            self._text(data[place:start] if start >= 0 else data[place:])
            if start < 0:
                return
            place = self._sequence(data, start)
            if place < 0:
                self._rest = data[start:]
                return

    def settle(self) -> bytes:
        """The bytes that undo everything and end an open line. The tracker then starts afresh."""
        moving = sorted(self._switched & _MOVING)
        undone = [_CANCEL] if self._in_string or self._rest else []
        undone += [_private(mode, on=False) for mode in moving]
        undone += self._undo
        undone += [_private(mode, on=False) for mode in sorted(self._switched & _OFF_AT_FIRST)]
        undone += [_private(mode, on=True) for mode in sorted(self._switched & _ON_AT_FIRST)]
        if self._line_open or moving:
            undone.append(b"\n")
        self._line_open = False
        self._forget()
        return b"".join(undone)

    def _text(self, text: bytes) -> None:
        """Track text between sequences: whether it leaves a line open, and which character set it selects."""
        line = text[text.rfind(b"\n") + 1 :]
        self._line_open = bool(line.strip(_CONTROLS)) or (self._line_open and len(line) == len(text))
        shifts = [text.rfind(_SO), text.rfind(_SI)]
        if shifts[0] != shifts[1]:
            self._note(_CHARACTERS, done=shifts[0] > shifts[1])

    def _string(self, data: bytes, place: int) -> int:
        """The index after the end of the string that is open at ``place``."""
        ends = [found for end in _STRING_ENDS if (found := data.find(end, place)) >= 0]
        if not ends:
            return len(data)
        self._in_string = False
        end = min(ends)
        return end if data[end] == _ESC else end + 1

    def _sequence(self, data: bytes, start: int) -> int:
        """Track the sequence whose ESC is at ``start``; returns the index after it, or -1 while it is incomplete."""
        kind = data[start + 1 : start + 2]
        if kind == b"[":
            return self._csi(data, start + 2)
        if kind and kind in b"]PX^_":
            self._in_string = True
            return start + 2
        place = _behind(data, start + 1, 0x20, 0x2F)
        if place == len(data):
            return -1
        if not 0x30 <= data[place] <= 0x7E:
            return place  # a control character cancels the sequence and is handled by itself
        self._escape(data[start + 1 : place], data[place : place + 1])
        return place + 1

    def _escape(self, intermediate: bytes, final: bytes) -> None:
        """Track ESC with a few characters: character sets, the keypad, a full reset."""
        if intermediate and intermediate in b"()*+":
            self._note(b"\x1b" + intermediate + b"B", done=final != b"B")
        elif not intermediate and final in b"no":
            self._note(_CHARACTERS, done=True)
        elif not intermediate and final in b"=>":
            self._note(_KEYPAD, done=final == b"=")
        elif not intermediate and final == b"c":
            self._switched.clear()
            self._undo.clear()

    def _csi(self, data: bytes, start: int) -> int:
        """Track ESC [, parameters and a final character; any other character cancels it. Returns as ``_sequence``."""
        place = _behind(data, start, 0x20, 0x3F)
        if place == len(data):
            return -1
        if 0x40 <= data[place] <= 0x7E:
            self._control(data[start:place], data[place : place + 1])
            return place + 1
        return place

    def _control(self, parameters: bytes, final: bytes) -> None:
        """Track a complete control sequence."""
        private = parameters[:1] in {b"?", b">", b"<", b"="}
        if final in b"hl":
            self._switch(parameters, on=final == b"h")
        elif final == b"m" and not private:
            self._note(_PLAIN, done=parameters.strip(b"0;") != b"")
        elif final == b"m" and parameters[:2] == b">4":
            self._note(_MODIFIERS, done=parameters != b">4")
        elif final == b"r" and not private:
            self._note(_WHOLE_SCREEN, done=parameters.strip(b";") != b"")
        elif final == b"u" and private:
            self._note(_KEYS, done=parameters[:1] != b"<")
        elif final == b"q" and parameters[-1:] == b" ":
            self._note(_CURSOR, done=parameters.strip(b"0 ") != b"")

    def _switch(self, parameters: bytes, *, on: bool) -> None:
        if parameters == b"4":
            self._note(_OVERWRITE, done=on)
        if parameters[:1] != b"?":
            return
        for number in parameters[1:].split(b";"):
            if number.isdigit() and len(number) < 6:
                mode = int(number)
                (self._switched.discard if on is (mode in _ON_AT_FIRST) else self._switched.add)(mode)

    def _note(self, undo: bytes, *, done: bool) -> None:
        if done:
            self._undo[undo] = None
        else:
            self._undo.pop(undo, None)


def _behind(data: bytes, place: int, low: int, high: int) -> int:
    """The first index from ``place`` whose byte is not between ``low`` and ``high``, at most ``_LONGEST`` further."""
    end = min(len(data), place + _LONGEST)
    while place < end and low <= data[place] <= high:
        place += 1
    return place


def _private(mode: int, *, on: bool) -> bytes:
    return b"\x1b[?%d%c" % (mode, b"h" if on else b"l")
