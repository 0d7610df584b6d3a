"""The framing of the protocol: where one message ends and the next begins. It uses no sockets, so that every split can be
tested.

There are two framings, distinguished by the first byte that a client sends. JSON text never begins with a ``C``: then one
message is one line. ``Content-Length: <bytes>`` and a blank line before each message is the base protocol of the Language
Server Protocol (3.17), so that editors' client libraries connect unchanged. Answers use the framing of the requests.

The limits of a message are here too. A message that is too long breaks the connection, because the start of the next message is
unknown. A message that is only nested too deeply (``excess``) gets an error.
"""

import enum
import re
from array import array
from itertools import accumulate

from maestrod.api.errors import MaestroError

#: Maximum bytes of one request; ``LARGE_REQUEST_LIMIT`` is for methods that take a plan.
REQUEST_LIMIT = 1024 * 1024
LARGE_REQUEST_LIMIT = 4 * REQUEST_LIMIT
LARGE_REQUESTS = frozenset({"plan.submit", "plan.check", "run.start"})

#: Maximum bytes of one reply without its framing. Larger results must be requested in pages.
REPLY_LIMIT = 16 * 1024 * 1024

#: Maximum number of calls in one batch.
BATCH_LIMIT = 50

#: Maximum levels of nesting, because decoders and encoders recurse once per level.
DEPTH_LIMIT = 100

#: Maximum decimal digits of an integer: those of 2**63. JSON allows any number, but programs that read our files do not.
DIGITS_LIMIT = 19

#: Maximum bytes of the header block before a message. The protocol has two short headers.
_HEADER_LIMIT = 1024

_STRING = re.compile(rb'"[^"\\]*(?:\\.[^"\\]*)*"', re.DOTALL)
_DIGITS_AS_ZEROS = bytes(48 if byte in b"0123456789" else 32 for byte in range(256))
_MANY_DIGITS = b"0" * (DIGITS_LIMIT + 1)
_LONG_INTEGER = re.compile(rb"(?<![0-9.])[0-9]{%d,}(?![0-9.eE])" % (DIGITS_LIMIT + 1))
_BRACKETS = b"[]{}"
_STEPS = bytes.maketrans(b"[{]}", bytes((1, 1, 255, 255)))  # one level down or up, as signed bytes
_NOT_BRACKETS = bytes(set(range(256)) - set(_BRACKETS))


class Framing(enum.Enum):
    """How messages are separated."""

    LINES = "lines"
    HEADERS = "headers"


class FramingError(MaestroError):
    """The stream cannot be split into messages, so the connection can no longer be used."""

    rpc_code = -32700
    http_status = 400
    exit_code = 2


def frame(message: bytes, framing: Framing) -> bytes:
    """The bytes to send for one message, which must not contain a line end (as in msgspec's JSON)."""
    if framing is Framing.HEADERS:
        return b"Content-Length: %d\r\n\r\n%b" % (len(message), message)
    return message + b"\n"


def excess(document: bytes) -> str | None:
    """Why well-formed JSON is refused: nested too deeply, or an integer that is too long. None if it is accepted.

    Ordinary messages only take two counts and a search (40 µs for 100 kB, a fifteenth of a regular expression). Strings are
    removed only if the counts leave a doubt.
    """
    too_many = document.count(b"[") + document.count(b"{") > DEPTH_LIMIT
    if not too_many and _MANY_DIGITS not in document.translate(_DIGITS_AS_ZEROS):
        return None
    bare = _STRING.sub(b'""', document)
    if max(accumulate(array("b", bare.translate(_STEPS, _NOT_BRACKETS))), default=0) > DEPTH_LIMIT:
        return f"the message is nested deeper than {DEPTH_LIMIT} levels"
    if _LONG_INTEGER.search(bare) is not None:
        return f"the message holds an integer of more than {DIGITS_LIMIT} digits"
    return None


class Decoder:
    """Splits a stream into messages. ``limit`` is the maximum length of a message in bytes."""

    def __init__(self, limit: int = LARGE_REQUEST_LIMIT) -> None:
        self.framing: Framing | None = None
        self.broken = False
        self._limit = limit
        self._buffer = bytearray()
        self._expected: int | None = None

    def feed(self, data: bytes) -> list[bytes | FramingError]:
        """Add data, and return the messages that it completes, in order.

        After a ``FramingError``, nothing more is returned, because the rest of the stream has no meaning.
        """
        if self.broken or not data:
            return []
        if self.framing is None:
            self.framing = Framing.HEADERS if data[:1] in {b"C", b"c"} else Framing.LINES
        messages: list[bytes | FramingError] = []
        try:
            if self.framing is Framing.LINES:
                self._feed_lines(data, messages)
            else:
                self._feed_headers(data, messages)
        except FramingError as error:
            self.broken = True
            self._buffer.clear()
            messages.append(error)
        return messages

    def _feed_lines(self, data: bytes, messages: list[bytes | FramingError]) -> None:
        if self._buffer:
            self._buffer += data
            if b"\n" in data:
                data = bytes(self._buffer)
                self._buffer.clear()
            elif len(self._buffer) <= self._limit:
                return
            else:
                raise self._too_long()
        *lines, rest = data.split(b"\n")
        for line in lines:
            if len(line) > self._limit:
                raise self._too_long()
            if line and not line.isspace():
                messages.append(line)
        if len(rest) > self._limit:
            raise self._too_long()
        self._buffer += rest

    def _feed_headers(self, data: bytes, messages: list[bytes | FramingError]) -> None:
        self._buffer += data
        while self._buffer:
            if self._expected is None:
                end = self._buffer.find(b"\r\n\r\n", 0, _HEADER_LIMIT)
                if end < 0:
                    if len(self._buffer) >= _HEADER_LIMIT:
                        raise FramingError("wire.header", f"no end of the header in {_HEADER_LIMIT} bytes")
                    return
                self._expected = self._length(bytes(self._buffer[:end]))
                del self._buffer[: end + 4]
            if len(self._buffer) < self._expected:
                return
            messages.append(bytes(self._buffer[: self._expected]))
            del self._buffer[: self._expected]
            self._expected = None

    def _length(self, header: bytes) -> int:
        """The length that a header block announces. A length beyond the limit is refused before any byte of the message is
        stored.
        """
        length = None
        for line in header.split(b"\r\n"):
            name, colon, value = line.partition(b":")
            value = value.strip(b" \t")
            if not colon:
                raise FramingError("wire.header", "a header line has no colon: send `Content-Length: <bytes>`")
            if name.lower() != b"content-length":
                continue
            if length is not None or not value.isdigit() or len(value) > DIGITS_LIMIT:
                raise FramingError("wire.header", "Content-Length must be one decimal number")
            length = int(value)
        if length is None:
            raise FramingError("wire.header", "the header names no Content-Length")
        if length > self._limit:
            raise self._too_long()
        return length

    def _too_long(self) -> FramingError:
        return FramingError("wire.too_long", f"a message may have {self._limit} bytes", {"limit": self._limit})
