"""Reads JSON with comments and trailing commas, as agents' settings files may have them."""

import re
from typing import Any

import msgspec

from maestrod.api.text.outside_text import decode_repaired, sound

#: A string (kept), a comment, or a comma before a closing bracket (both dropped).
_TOKEN = re.compile(r'"(?:[^"\\]|\\.)*"|//[^\n]*|/\*.*?\*/|,(?=(?:\s|//[^\n]*|/\*.*?\*/)*[}\]])', re.DOTALL)


def decode(text: str) -> Any:
    """Decode a text. Raises ``ValueError`` when it is not even JSON with comments."""
    try:
        plain = _TOKEN.sub(lambda found: found[0] if found[0].startswith('"') else " ", sound(text))
        return decode_repaired(msgspec.json.decode, plain.encode())
    except (msgspec.DecodeError, RecursionError) as error:
        raise ValueError(str(error)) from error
