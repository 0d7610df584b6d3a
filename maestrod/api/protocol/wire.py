"""The bytes of the protocol: where one message ends and the next begins. No sockets here, so that every split can be tested.

Two framings, told apart by the first byte a client sends. JSON text begins with anything but a ``C``: then one message is one
line. ``Content-Length: <bytes>`` and a blank line before each message is the base protocol of the Language Server Protocol
(3.17), so that editors' client libraries connect unchanged; answers come in the framing of the questions.

The limits of a message are here too. What is too long breaks the connection, because nobody knows where the next message
begins; what is only too deep (``excess``) costs its sender one error.
"""

import enum
import re
from array import array
from itertools import accumulate

from maestrod.api.errors import MaestroError

#: Bytes of one request; ``LARGE_REQUEST_LIMIT`` for the methods that carry a plan. More needs another way than a message.
REQUEST_LIMIT = 1024 * 1024
LARGE_REQUEST_LIMIT = 4 * REQUEST_LIMIT
LARGE_REQUESTS = frozenset({"plan.submit", "plan.check", "run.start"})

#: Bytes of one reply, the framing not counted: what is longer has to be asked for in pages.
REPLY_LIMIT = 16 * 1024 * 1024

#: Calls in one batch.
BATCH_LIMIT = 50

#: Levels of nesting. A decoder recurses once per level, and so does everyone who writes the value down again.
DEPTH_LIMIT = 100

#: Decimal digits of an integer: those of 2**63. JSON allows any number, the programs that read our files do not.
DIGITS_LIMIT = 19

#: Bytes of the header block before a message. The protocol knows two short headers.
_HEADER_LIMIT = 1024

_STRING = re.compile(rb'"[^"\\]*(?:\\.[^"\\]*)*"', re.DOTALL)
_DIGITS_AS_ZEROS = bytes(48 if byte in b"0123456789" else 32 for byte in range(256))
_MANY_DIGITS = b"0" * (DIGITS_LIMIT + 1)
_LONG_INTEGER = re.compile(rb"(?<![0-9.])[0-9]{%d,}(?![0-9.eE])" % (DIGITS_LIMIT + 1))
_BRACKETS = b"[]{}"
_STEPS = bytes.maketrans(b"[{]}", bytes((1, 1, 255, 255)))  # one level down or up, as signed bytes
_NOT_BRACKETS = bytes(set(range(256)) - set(_BRACKETS))


class Framing(enum.Enum):
    """How messages are told apart."""

    LINES = "lines"
    HEADERS = "headers"


class FramingError(MaestroError):
    """The stream cannot be cut into messages; the connection is of no more use."""

    rpc_code = -32700
    http_status = 400
    exit_code = 2


def frame(message: bytes, framing: Framing) -> bytes:
    """The bytes to send for one message (which holds no line end: JSON as msgspec writes it)."""
    if framing is Framing.HEADERS:
        return b"Content-Length: %d\r\n\r\n%b" % (len(message), message)
    return message + b"\n"


def excess(document: bytes) -> str | None:
    """Why well-formed JSON is refused all the same: nested too deep, or an integer too long. None if it is fine.

    Costs two counts and a search for ordinary messages (40 µs for 100 kB, a fifteenth of a regular expression); the strings are cut out only when the counts allow a doubt.
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
    """Cuts a stream into messages. ``limit`` is the longest message, in bytes."""

    def __init__(self, limit: int = LARGE_REQUEST_LIMIT) -> None:
        self.framing: Framing | None = None
        self.broken = False
        self._limit = limit
        self._buffer = bytearray()
        self._expected: int | None = None

    def feed(self, data: bytes) -> list[bytes | FramingError]:
        """Take in what was read; return the messages it completes, in order.

        A ``FramingError`` is the last thing that is ever returned: the stream has no meaning after it.
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
        """The length a header block announces. Refused before a byte of the message is kept."""
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
