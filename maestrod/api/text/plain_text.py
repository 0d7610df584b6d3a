"""Makes text from outside (an agent's output, a title, a message) safe to show on a terminal.

Escape sequences can move the cursor, change the window title, or fill the clipboard. So all of them are removed: the
sequences of ECMA-48 (CSI, OSC, DCS and the other strings, single escapes) and all single control characters of C0 and C1.
"""

import re

_SEQUENCE = re.compile(
    r"""
      (?:\x1b\[|\x9b) [0-?]* [ -/]* [@-~]?               # CSI: colours, cursor
    | (?:\x1b[\]PX^_]|[\x90\x98\x9d-\x9f])               # OSC, DCS, SOS, PM, APC: a string up to
      [^\x07\x1b\x9c\n]* (?:\x07|\x1b\\|\x9c)?           # its end, or the end of the line if it was cut off
    | \x1b [ -/]* [0-~]?                                 # other escapes
    """,
    re.VERBOSE,
)
_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]")  # the last two change direction
_BREAK = re.compile(r"[\r\n\x0b\x0c\x85\u2028\u2029]+")


def plain_text(text: str) -> str:
    """``text`` without control sequences and control characters, except tabs and line ends."""
    return _CONTROL.sub("", _SEQUENCE.sub("", text.replace("\r\n", "\n")))


def last_line(output: bytes) -> str:
    """The last visible line of terminal output, without control sequences and outer spaces.

    A carriage return starts the line again, as progress bars do, so only the text after the last one counts.
    """
    text = _SEQUENCE.sub("", output.decode("utf-8", "replace"))
    for line in reversed(_BREAK.split(text)):
        shown = _CONTROL.sub("", line).replace("\t", " ").strip()
        if shown:
            return shown
    return ""
