"""JSON for programs that start often, without the ``json`` package, whose import takes as long as starting Python.

One file for three programs, each of which sees only the files beside it. The hooks have the file itself; the shim
(``maestrod/sessions/shim/jsontext.py``) and the worker of the shell agent
(``maestrod/agents/shell/worker/jsontext.py``) have links to it, which become copies in a wheel. It uses the C parts of
``json`` directly, and the package where this Python lacks them.
"""

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

_WORDS = {None: "null", True: "true", False: "false"}
_NO_NUMBERS = ("nan", "inf", "-inf")


class _Rules:
    """What the scanner needs from its caller (the attributes of ``json.JSONDecoder``)."""

    strict = True
    object_hook = None
    object_pairs_hook = None
    parse_float = float

    @staticmethod
    def parse_int(digits: str) -> "int | str":
        """Keep a number with more digits than Python converts (4,300) as text, so that no valid document is refused."""
        try:
            return int(digits)
        except ValueError:
            return digits

    @staticmethod
    def parse_constant(name: str) -> None:
        """Refuse NaN and Infinity."""
        raise ValueError(f"{name} is not JSON")


def _parts() -> "tuple[Callable[[str, int], tuple[Any, int]], Callable[[str], str]]":
    """The scanner of a document and the quoter of a string."""
    try:
        from _json import encode_basestring_ascii, make_scanner
    except ImportError:  # a Python without the accelerator
        from json import JSONDecoder, dumps

        decoder = JSONDecoder(parse_int=_Rules.parse_int, parse_constant=_Rules.parse_constant)
        return decoder.raw_decode, dumps
    return make_scanner(_Rules), encode_basestring_ascii  # type: ignore[arg-type]  # any object with these attributes will do


_scan, _quoted = _parts()


def loads(text: str) -> "Any":
    """Decode one JSON document. Raises ``ValueError`` if it is invalid or nested too deeply."""
    text = text.strip(" \t\r\n")
    try:
        document, end = _scan(text, 0)
    except StopIteration as stop:
        raise ValueError(f"not JSON at character {stop.value}") from None
    except RecursionError:
        raise ValueError("JSON that is nested too deep") from None
    if end != len(text):
        raise ValueError(f"text after the JSON document at character {end}")
    return document


def dumps(value: "Any") -> str:
    """Encode ``value`` as JSON on one line of ASCII; bytes that are not text (in a program's name) become escapes.

    Raises ``TypeError`` for anything but a dict, list, tuple, string, number, boolean or None, and ``ValueError`` for a
    number that JSON does not have or a value that is nested too deeply.
    """
    try:
        return _text(value)
    except RecursionError:
        raise ValueError("a value that is nested too deep") from None


def _text(value: "Any") -> str:
    if isinstance(value, str):
        return _string(value)
    if value is None or isinstance(value, bool):
        return _WORDS[value]
    if isinstance(value, int | float):
        return _number(value)
    if isinstance(value, dict):
        return "{" + ",".join([f"{_string(name)}:{_text(member)}" for name, member in value.items()]) + "}"
    if isinstance(value, list | tuple):
        return "[" + ",".join([_text(item) for item in value]) + "]"
    raise TypeError(f"a {type(value).__name__} is not JSON")


def _string(text: str) -> str:
    return _quoted(text.encode("utf-8", "backslashreplace").decode())


def _number(value: "int | float") -> str:
    text = repr(value)
    if text in _NO_NUMBERS:
        raise ValueError(f"{text} is not JSON")
    return text
