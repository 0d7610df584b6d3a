"""Protects the user's terminal from agents' output: of all control sequences, only colours pass."""

import codecs
import enum
import re
from collections.abc import Callable, Mapping

#: Invisible characters that change how others are read: they change the writing direction or hide text between letters.
#: U+200C and U+200D are allowed, because scripts and emoji need them.
_UNSEEN = "\u061c\u180e\u200b\u200e\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb\U000e0000-\U000e007f"
_HIDDEN = re.compile(f"[{_UNSEEN}]")
#: What is printed unchanged: text, and controls that move within it.
_PLAIN = re.compile(rf"[^\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f{_UNSEEN}]+")
#: What ends any sequence: CAN, SUB, and a line end, which is kept, so that an unfinished sequence loses no line.
_ENDS = "\n\x18\x1a"
_COLOUR = re.compile(r"[0-9;:]*\Z")

#: The maximum length of a sequence; what follows a longer one is text again.
_LONGEST = 4096


class _State(enum.Enum):
    """The position of a stream in a control sequence of ECMA-48."""

    TEXT = enum.auto()
    ESCAPE = enum.auto()  #: after ESC
    INTERMEDIATE = enum.auto()  #: after ESC and a character that needs another one
    CSI = enum.auto()  #: after ESC [
    STRING = enum.auto()  #: after ESC ] P X ^ _
    STRING_ESCAPE = enum.auto()  #: after an ESC in such a string


class Sanitizer:
    """Removes all control sequences but colours from a stream, which may be cut anywhere; prints invisible characters as codes."""

    def __init__(self) -> None:
        self._decoder = codecs.getincrementaldecoder("utf-8")("replace")
        self._state = _State.TEXT
        self._sequence = ""
        self._steps: Mapping[_State, Callable[[str], str]] = {
            _State.TEXT: self._text,
            _State.ESCAPE: self._escape,
            _State.INTERMEDIATE: self._intermediate,
            _State.CSI: self._csi,
            _State.STRING: self._string,
            _State.STRING_ESCAPE: self._string_escape,
        }

    def feed(self, data: bytes) -> bytes:
        """The harmless part of the data; an unfinished sequence waits for its rest."""
        text = self._decoder.decode(data)
        kept: list[str] = []
        position = 0
        while position < len(text):
            plain = _PLAIN.match(text, position) if self._state is _State.TEXT else None
            if plain:
                kept.append(plain[0])
                position = plain.end()
            elif self._state is not _State.TEXT and text[position] in _ENDS:
                self._go(_State.TEXT)
                position += text[position] != "\n"  # a line end is text now
            else:
                kept.append(self._steps[self._state](text[position]))
                position += 1
        return "".join(kept).encode()

    def _go(self, state: _State) -> str:
        self._state, self._sequence = state, ""
        return ""

    def _text(self, character: str) -> str:
        """A control character outside a sequence, or an invisible one."""
        if _HIDDEN.match(character):
            return f"<U+{ord(character):04X}>"
        states = {"\x1b": _State.ESCAPE, "\x9b": _State.CSI}
        strings = "\x90\x98\x9d\x9e\x9f"
        return self._go(_State.STRING if character in strings else states.get(character, _State.TEXT))

    def _escape(self, character: str) -> str:
        if character == "[":
            return self._go(_State.CSI)
        if character in "]PX^_":
            return self._go(_State.STRING)
        if character == "\x1b":
            return ""
        return self._go(_State.INTERMEDIATE if " " <= character <= "/" else _State.TEXT)

    def _intermediate(self, character: str) -> str:
        if character == "\x1b":
            return self._go(_State.ESCAPE)
        return "" if " " <= character <= "/" else self._go(_State.TEXT)

    def _csi(self, character: str) -> str:
        """End a sequence at a character from @ to ~, and keep it if it is a colour."""
        if character == "\x1b":
            return self._go(_State.ESCAPE)
        if " " <= character <= "?" and len(self._sequence) < _LONGEST:
            self._sequence += character
            return ""
        colour = character == "m" and _COLOUR.match(self._sequence)
        kept = f"\x1b[{self._sequence}m" if colour else ""
        self._go(_State.TEXT)
        return kept

    def _string(self, character: str) -> str:
        self._sequence += character
        if character == "\x1b":
            self._state = _State.STRING_ESCAPE
        elif character in "\x07\x9c" or len(self._sequence) > _LONGEST:
            self._go(_State.TEXT)
        return ""

    def _string_escape(self, character: str) -> str:
        """A backslash after ESC ends a string; anything else begins another sequence."""
        if character == "\\":
            return self._go(_State.TEXT)
        self._go(_State.ESCAPE)
        return self._escape(character)
