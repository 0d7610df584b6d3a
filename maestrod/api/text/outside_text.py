"""Turns bytes and text from outside into text that UTF-8 can encode.

Three rules apply to all input. Invalid text from an agent or a pipe is *replaced*, never dropped: each byte that is not UTF-8
and each lone surrogate becomes U+FFFD (``sound``, ``sound_json``, ``piped_text``). An invalid file of a user is *refused* with
its line, because the user can fix it, and a guess would be run (``file_text``); a byte order mark and Windows line ends are
valid. Names and paths that UTF-8 cannot encode are refused on input, because a replacement would name something else.
"""

import codecs
import re
from collections.abc import Callable
from typing import TypeVar

import msgspec

#: Unicode's replacement character, and JSON's escape for it.
REPLACEMENT = "\ufffd"
_REPLACEMENT_ESCAPE = b"\\ufffd"

#: One escape of a JSON string: a pair of surrogates (kept), one alone (group 1), or any other (kept).
_ESCAPE = re.compile(
    rb"\\(?:u[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2}|u([dD][89a-fA-F][0-9a-fA-F]{2})|.)", re.DOTALL
)
#: Byte order marks. That of UTF-32 (little-endian) begins with that of UTF-16, so it comes first.
_OTHER_MARKS = (
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)


T = TypeVar("T")


class NotText(ValueError):
    """A file that is not UTF-8 text. The message, which follows the file's name and a colon, says where and what to do."""


def sound(text: str) -> str:
    """``text`` with U+FFFD for each lone surrogate; a pair of surrogates becomes its character."""
    try:
        text.encode()
    except UnicodeEncodeError:
        return text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")
    return text


def shown(text: str) -> str:
    r"""``text`` with escapes for invalid text: bytes as ``\xfc``, lone surrogates as ``\ud83d``."""
    with_bytes = re.sub("[\udc80-\udcff]", lambda found: f"\\x{ord(found[0]) - 0xDC00:02x}", text)
    return with_bytes.encode("utf-8", "backslashreplace").decode()


def sound_json(document: bytes) -> bytes:
    """JSON with U+FFFD for invalid UTF-8 and for escapes of lone surrogates, and without a byte order mark.

    Only for documents that a strict decoder refused, because others need no repair.
    """
    document = document.removeprefix(codecs.BOM_UTF8)
    if not document.isascii():
        document = document.decode("utf-8", "replace").encode()
    return _ESCAPE.sub(lambda found: _REPLACEMENT_ESCAPE if found[1] else found[0], document)


def decode_repaired(decode: Callable[[bytes], T], document: bytes) -> T:
    """Decode JSON with ``decode``. If that refuses it, repair the document with ``sound_json`` first. Raises what ``decode``
    raises.
    """
    try:
        return decode(document)
    except (msgspec.DecodeError, UnicodeDecodeError):
        mended = sound_json(document)
        if mended == document:
            raise
    return decode(mended)


def file_text(data: bytes) -> str:
    """The text of a file that a user wrote, with plain line feeds. Raises ``NotText``."""
    encoding = _other_encoding(data)
    if encoding is not None:
        raise NotText(f"it is {encoding.upper()}, not UTF-8: save it as UTF-8")
    data = data.removeprefix(codecs.BOM_UTF8)
    try:
        text = data.decode()
    except UnicodeDecodeError as error:
        raise NotText(
            f"{_place(data, error.start)} is 0x{data[error.start]:02x}, not UTF-8: save it as UTF-8"
        ) from None
    if "\0" in text:
        raise NotText(f"{_place(data, data.index(0))} is a NUL byte, so this is not text: save it as UTF-8")
    return _plain_ends(text)


def piped_text(data: bytes) -> str:
    """The text from a pipe, with plain line feeds, and U+FFFD for bytes that are not UTF-8 (nor UTF-16 or UTF-32 with a mark)."""
    encoding = _other_encoding(data)
    text = data.removeprefix(codecs.BOM_UTF8).decode(encoding or "utf-8", "replace")
    return _plain_ends(text)


def is_replaced(data: bytes) -> bool:
    """Whether ``piped_text`` must replace any of these bytes."""
    try:
        data.decode(_other_encoding(data) or "utf-8")
    except UnicodeDecodeError:
        return True
    return False


def _other_encoding(data: bytes) -> str | None:
    """The encoding of the byte order mark; None for UTF-8 and without a mark."""
    return next((encoding for mark, encoding in _OTHER_MARKS if data.startswith(mark)), None)


def _plain_ends(text: str) -> str:
    return text.replace("\r\n", "\n").replace("\r", "\n")


def _place(data: bytes, position: int) -> str:
    line_start = data.rfind(b"\n", 0, position) + 1
    line = data.count(b"\n", 0, position) + 1
    return f"line {line}, byte {position - line_start + 1}"
