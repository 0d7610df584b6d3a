"""Text from outside, made ours: whatever the bytes, what comes out is text that UTF-8 can spell.

Three rules for every door. What an agent or a pipe says is *replaced*, never dropped: each byte that is not UTF-8 and each half
of a surrogate pair becomes U+FFFD (``sound``, ``sound_json``, ``piped_text``). What a person keeps in a file is *refused* with
its line, because the person can put it right and a guess would be run (``file_text``); a byte order mark and Windows line ends
are no mistakes. Names and paths that UTF-8 cannot spell are refused where they come in: a replacement would name another thing.
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
#: Marks at the beginning of a file; that of UTF-32 (little-endian) begins with that of UTF-16.
_OTHER_MARKS = (
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)


T = TypeVar("T")


class NotText(ValueError):
    """A file that is not UTF-8 text; the message says where and what to do, and reads well after the file's name and a colon."""


def sound(text: str) -> str:
    """``text`` with U+FFFD for each half of a surrogate pair; two halves side by side become the character they spell."""
    try:
        text.encode()
    except UnicodeEncodeError:
        return text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")
    return text


def shown(text: str) -> str:
    r"""``text`` with what is not text as escapes: bytes as ``\xfc``, halves of surrogate pairs as ``\ud83d``."""
    with_bytes = re.sub("[\udc80-\udcff]", lambda found: f"\\x{ord(found[0]) - 0xDC00:02x}", text)
    return with_bytes.encode("utf-8", "backslashreplace").decode()


def sound_json(document: bytes) -> bytes:
    """JSON with U+FFFD for what is not UTF-8 and for escapes of lone surrogates, and without a byte order mark.

    For documents that a strict decoder refused: the others need no repair, and a search is cheaper than a copy.
    """
    document = document.removeprefix(codecs.BOM_UTF8)
    if not document.isascii():
        document = document.decode("utf-8", "replace").encode()
    return _ESCAPE.sub(lambda found: _REPLACEMENT_ESCAPE if found[1] else found[0], document)


def decode_mended(decode: Callable[[bytes], T], document: bytes) -> T:
    """What ``decode`` makes of JSON, mended by ``sound_json`` when it refuses it as it is. Raises what ``decode`` raises."""
    try:
        return decode(document)
    except (msgspec.DecodeError, UnicodeDecodeError):
        mended = sound_json(document)
        if mended == document:
            raise
    return decode(mended)


def file_text(data: bytes) -> str:
    """The text of a file that a person wrote, with plain line feeds. Raises ``NotText``."""
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
    """What a pipe says, with plain line feeds and U+FFFD for what is not UTF-8 (nor UTF-16 or UTF-32 with a mark)."""
    encoding = _other_encoding(data)
    text = data.removeprefix(codecs.BOM_UTF8).decode(encoding or "utf-8", "replace")
    return _plain_ends(text)


def is_replaced(data: bytes) -> bool:
    """Whether ``piped_text`` has to replace something of these bytes."""
    try:
        data.decode(_other_encoding(data) or "utf-8")
    except UnicodeDecodeError:
        return True
    return False


def _other_encoding(data: bytes) -> str | None:
    """The encoding that a mark at the beginning names; None for UTF-8 and where there is no mark."""
    return next((encoding for mark, encoding in _OTHER_MARKS if data.startswith(mark)), None)


def _plain_ends(text: str) -> str:
    return text.replace("\r\n", "\n").replace("\r", "\n")


def _place(data: bytes, position: int) -> str:
    line_start = data.rfind(b"\n", 0, position) + 1
    line = data.count(b"\n", 0, position) + 1
    return f"line {line}, byte {position - line_start + 1}"
