"""JSON in one line, without importing `json` (which loads the regular expression engine: 5.5 ms and 1 MB per shim).

The decoder is the C scanner that `json` itself uses, with `json` as the fallback where an interpreter lacks it. The
encoder knows only what the shim writes: dict, list, str, int, bool and None.
"""

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable


class _Rules:
    """What the C scanner asks its owner: plain JSON, no hooks."""

    strict = True
    object_hook = None
    object_pairs_hook = None
    parse_float = float
    parse_int = int
    parse_constant = float


def _scanner() -> "Callable[[str, int], tuple[object, int]]":
    try:
        from _json import make_scanner
    except ImportError:
        from json import JSONDecoder

        fallback: Callable[[str, int], tuple[object, int]] = JSONDecoder().scan_once  # type: ignore[attr-defined]  # undocumented
        return fallback
    scan: Callable[[str, int], tuple[object, int]] = make_scanner(_Rules)  # type: ignore[arg-type]  # private to `json`: typeshed has its own idea
    return scan


def _quoter() -> "Callable[[str], str]":
    try:
        from _json import encode_basestring_ascii
    except ImportError:
        from json.encoder import encode_basestring_ascii
    return encode_basestring_ascii


_scan = _scanner()
_quote = _quoter()
_WORDS = {None: "null", True: "true", False: "false"}


def decode(line: bytes) -> dict[str, object]:
    """The object in one line of JSON; ValueError when it is not exactly one JSON object."""
    text = line.decode().strip()
    try:
        value, end = _scan(text, 0)
    except (StopIteration, RecursionError) as error:
        raise ValueError("not JSON") from error
    if end != len(text) or not isinstance(value, dict):
        raise ValueError("not one JSON object")
    return value


def encode(value: dict[str, object]) -> bytes:
    """One line of ASCII JSON with its newline. Bytes that are no text (in the name of a program) are shown as escapes."""
    return _text(value).encode() + b"\n"


def _text(value: object) -> str:
    if isinstance(value, str):
        return _quote(value.encode("utf-8", "backslashreplace").decode())
    if value is None or isinstance(value, bool):
        return _WORDS[value]
    if isinstance(value, int):
        return str(value)
    if isinstance(value, dict):
        return "{" + ",".join(f"{_quote(key)}:{_text(item)}" for key, item in value.items()) + "}"
    if isinstance(value, (list, tuple)):
        return "[" + ",".join(_text(item) for item in value) + "]"
    raise TypeError(f"the shim never writes a {type(value).__name__}")
