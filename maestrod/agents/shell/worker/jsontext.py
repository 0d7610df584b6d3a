"""JSON in and out without the ``json`` package, whose import (it brings ``re`` and ``enum``) costs as much as starting Python.

The parts of it that are written in C are used directly; where this Python does not have them, the package is.
"""

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any


class _Rules:
    """What the scanner asks of its caller (the attributes of ``json.JSONDecoder``)."""

    strict = True
    object_hook = None
    object_pairs_hook = None
    parse_float = float
    parse_int = int

    @staticmethod
    def parse_constant(name: str) -> None:
        """Refuse NaN and Infinity."""
        raise ValueError(f"{name} is not JSON")


def _parts() -> "tuple[Callable[[str, int], tuple[Any, int]], Callable[[str], str]]":
    """The scanner of a document and the quoter of a string."""
    try:
        from _json import encode_basestring_ascii, make_scanner
    except ImportError:  # a Python without the accelerator
        import json

        decoder = json.JSONDecoder(parse_constant=_Rules.parse_constant)
        return decoder.raw_decode, json.dumps
    return make_scanner(_Rules), encode_basestring_ascii  # type: ignore[arg-type]  # any object with these attributes will do


_scan, _quoted = _parts()


def loads(text: str) -> "Any":
    """The document in ``text``. Raises ``ValueError``."""
    text = text.strip(" \t\r\n")
    try:
        document, end = _scan(text, 0)
    except StopIteration as stop:
        raise ValueError(f"not JSON at character {stop.value}") from None
    if end != len(text):
        raise ValueError(f"text after the JSON document at character {end}")
    return document


def dumps(value: "Any") -> str:
    """``value`` (dicts, lists, strings, numbers, booleans, None) as JSON on one line."""
    if isinstance(value, str):
        return _quoted(value)
    if value is None or isinstance(value, bool):
        return {None: "null", True: "true", False: "false"}[value]
    if isinstance(value, int | float):
        return repr(value)
    if isinstance(value, dict):
        return "{" + ",".join([f"{_quoted(name)}:{dumps(member)}" for name, member in value.items()]) + "}"
    return "[" + ",".join([dumps(item) for item in value]) + "]"
