"""JSON with comments and commas too many, as agents' settings files may have them, read as what it means."""

import re
from typing import Any

import msgspec

#: A string (kept), a comment, or a comma before a closing bracket (both dropped).
_TOKEN = re.compile(r'"(?:[^"\\]|\\.)*"|//[^\n]*|/\*.*?\*/|,(?=(?:\s|//[^\n]*|/\*.*?\*/)*[}\]])', re.DOTALL)


def decode(text: str) -> Any:
    """What the text says. Raises ``ValueError`` when it is not even JSON with comments."""
    try:
        return msgspec.json.decode(_TOKEN.sub(lambda found: found[0] if found[0].startswith('"') else " ", text))
    except (msgspec.DecodeError, UnicodeEncodeError, RecursionError) as error:
        raise ValueError(str(error)) from error
