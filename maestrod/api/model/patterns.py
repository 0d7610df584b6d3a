r"""The regular expressions of the contract for texts, and descriptions of them for error messages.

The expressions mean the same in Python and in JavaScript (JSON Schema's dialect), where ``$`` never matches before a line end.
This is why they end in ``(?!\n)``.
"""

import re
from typing import Final

#: A line: no control characters, no Unicode line ends, and at least one visible character. The first set has all blanks:
#: spaces, joiners, direction marks, fillers.
LINE: Final = (
    r"^(?=.*[^\s\x00-\x20\x7f-\xa0\xad\u034f\u061c\u115f\u1160\u1680\u17b4\u17b5\u180b-\u180e\u2000-\u200f\u2028-\u202f"
    r"\u205f-\u206f\u2800\u3000\u3164\ufe00-\ufe0f\ufeff\uffa0])[^\x00-\x1f\x7f-\x9f\u2028\u2029]*$(?!\n)"
)
#: Text that can be an argument, a path or the value of an environment variable: the kernel ends each at the first NUL
#: (execve(2)).
NO_NUL: Final = r"^[^\x00]*$"
#: A key of a plan.
KEY: Final = r"^[A-Za-z0-9][A-Za-z0-9._/-]*$(?!\n)"
#: The name of an environment variable (POSIX; proxy variables use lower case).
VARIABLE: Final = r"^[A-Za-z_][A-Za-z0-9_]*$(?!\n)"
#: A web page's origin as browsers send it: only scheme, host and port (RFC 6454, section 6.1).
ORIGIN: Final = r"^https?://[a-z0-9.\[\]:-]+$(?!\n)"
#: A host name or IP address, as in a URL before the port.
HOST: Final = r"^[a-z0-9.\[\]:-]+$(?!\n)"
#: A umask as shells write it, or empty.
OCTAL: Final = r"^(0?[0-7]{3})?$(?!\n)"
#: A SHA-256 digest.
DIGEST: Final = r"^[0-9a-f]{64}$(?!\n)"

_WORDS: Final = {
    LINE: "one line of text that is not blank and has no control characters",
    NO_NUL: "text without a NUL character",
    KEY: "letters, digits, dots, dashes, underscores and slashes, beginning with a letter or a digit",
    VARIABLE: "the name of an environment variable (letters, digits and underscores), without a value",
    ORIGIN: "the origin of a web page: scheme, host and port, such as https://example.org:8443, in lower case and without a path",
    HOST: "a host name or an IP address, in lower case and without a port",
    OCTAL: "three octal digits, such as 022",
    DIGEST: "a SHA-256 digest: 64 hexadecimal digits in lower case",
}
_MISMATCH: Final = re.compile(r"Expected `str` matching regex (?:'([^']*)'|\"([^\"]*)\")")
_LINE: Final = re.compile(LINE)
_GAP: Final = re.compile(r"[\s\x00-\x1f\x7f-\x9f\u2028\u2029]+")


def describe_mismatch(message: str) -> str:
    """The message of msgspec about a text that does not match, with a description instead of the expression."""
    match = _MISMATCH.search(message)
    words = _BY_REPR.get(match[1] or match[2]) if match else None
    return (
        message
        if match is None or words is None
        else f"{message[: match.start()]}Expected {words}{message[match.end() :]}"
    )


_BY_REPR: Final = {repr(pattern)[1:-1]: words for pattern, words in _WORDS.items()}


def is_line(text: str) -> bool:
    """Whether a text is one line that is not blank, as titles and names must be."""
    return _LINE.search(text) is not None


def as_line(text: str, otherwise: str) -> str:
    """A text as one line, with spaces instead of line ends and control characters; ``otherwise`` if nothing is left."""
    line = _GAP.sub(" ", text).strip()
    return line if is_line(line) else otherwise
