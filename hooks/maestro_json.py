"""JSON for the programs that start all day, without the ``json`` package, whose import costs as much as starting Python.

One file for three programs, each of which sees only the files beside it: the hooks have it here; the shim
(``maestrod/sessions/shim/jsontext.py``) and the worker of the shell agent (``maestrod/agents/shell/worker/jsontext.py``) have links to it,
and in a wheel copies that are made from these. The parts of ``json`` that are written in C are used directly; where this Python
does not have them, the package is.
"""

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

_WORDS = {None: "null", True: "true", False: "false"}
_NO_NUMBERS = ("nan", "inf", "-inf")


class _Rules:
    """What the scanner asks of its caller (the attributes of ``json.JSONDecoder``)."""

    strict = True
    object_hook = None
    object_pairs_hook = None
    parse_float = float

    @staticmethod
    def parse_int(digits: str) -> "int | str":
        """A number with more digits than Python converts (4,300) stays text: a valid document is never refused for it."""
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
    """The document in ``text``. Raises ``ValueError`` for anything else, also for what is nested too deep to be read."""
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
    """``value`` as JSON on one line of ASCII; bytes that are no text (in the name of a program) are shown as escapes.

    Raises ``TypeError`` for what is not a dict, list, tuple, string, number, boolean or None, ``ValueError`` for a number that JSON
    does not have and for what is nested too deep to be written.
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
