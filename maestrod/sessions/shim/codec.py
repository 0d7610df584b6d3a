"""One JSON object per line: the format of the control socket and of the shim's files."""

from .jsontext import dumps, loads


def decode(line: bytes) -> dict[str, object]:
    """Decode one line of JSON; ValueError when it is not exactly one JSON object."""
    value = loads(line.decode())
    if not isinstance(value, dict):
        raise ValueError("not a JSON object")  # noqa: TRY004 - it came over a socket: its value is wrong, not its type
    return value


def encode(value: dict[str, object]) -> bytes:
    """Encode an object as one line of ASCII JSON, with the newline."""
    return dumps(value).encode() + b"\n"
