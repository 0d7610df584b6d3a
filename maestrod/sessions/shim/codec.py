"""One JSON object per line: what goes over the control socket and into the shim's files."""

from .jsontext import dumps, loads


def decode(line: bytes) -> dict[str, object]:
    """The object in one line of JSON; ValueError when it is not exactly one JSON object."""
    value = loads(line.decode())
    if not isinstance(value, dict):
        raise ValueError("not a JSON object")  # noqa: TRY004 - it came over a socket: its value is wrong, not its type
    return value


def encode(value: dict[str, object]) -> bytes:
    """One line of ASCII JSON with its newline."""
    return dumps(value).encode() + b"\n"
