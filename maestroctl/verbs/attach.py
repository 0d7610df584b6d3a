"""``maestroctl attach``: at the terminal of a session, until the detach key."""

import base64
import codecs
import os
import select
import signal
import sys
from typing import Any

from maestroctl.caller import Caller
from maestroctl.client import Client
from maestroctl.output import answer
from maestroctl.stream import OutputStream
from maestroctl.terminal import raw
from maestroctl.verbs.options import SessionArgument
from maestrod.api.errors import Malformed
from maestrod.api.session import SessionAttach

_DETACH = b"\x1c"  # Ctrl-\
_PREFIX, _SECOND = b"\x10", b"\x11"  # Ctrl-P Ctrl-Q, docker's
_AWAY = b"\r\n[the daemon is away, waiting for it; the session goes on; Ctrl-P Ctrl-Q detaches]\r\n"
_TICK = 1.0  # seconds: how often a lost connection is tried again while nothing else happens


class Keyboard:
    """What the user types, up to the detach key."""

    def __init__(self) -> None:
        self._decoder = codecs.getincrementaldecoder("utf-8")("replace")
        self._held = b""
        self.detached = False

    def feed(self, data: bytes) -> str:
        """The text to pass on; a prefix of the detach key waits for the next byte."""
        data = self._held + data
        self._held = b""
        for key in (_DETACH, _PREFIX + _SECOND):
            before, found, _ = data.partition(key)
            if found:
                self.detached = True
                data = before
        if not self.detached and data.endswith(_PREFIX):
            data, self._held = data[:-1], _PREFIX
        return self._decoder.decode(data)


def command(*, session: SessionArgument) -> int:
    """Sit at a session's terminal: see what it prints, type to it. Leave with Ctrl-P Ctrl-Q or Ctrl-Backslash; it goes on."""
    from maestroctl.resolve import resolve

    if not (sys.stdin.isatty() and sys.stdout.isatty()):
        raise Malformed("usage", "attach needs a terminal; `maestroctl logs -f` follows a session without one")
    with Caller.here().client() as client:
        session_id = resolve(client, session, "ses")
        with raw(sys.stdin.fileno()):
            stream = _stream(client, session_id)
            try:
                detached = _sit(client, session_id, stream)
            finally:
                stream.close()
    answer(f"\nDetached; {session_id} goes on." if detached else f"\n{session_id} has ended.")
    return 0


def _stream(client: Client, session_id: str) -> OutputStream:
    """The output from now on, after what is on its screen by now."""
    page = client.raw("session.output", {"sessionId": session_id, "lines": os.get_terminal_size().lines})
    os.write(sys.stdout.fileno(), base64.b64decode(page["data"]))
    stream = OutputStream(client, SessionAttach(session_id=session_id, offset=page["end"]))
    stream.open()
    return stream


def _sit(client: Client, session_id: str, stream: OutputStream) -> bool:
    """Pass keys and output on; True when the user left, False when the session ended."""
    keyboard, wake, told = Keyboard(), _resize_pipe(), False
    _resize(client, session_id)
    while not stream.ended:
        connection = [stream.fileno()] if stream.fileno() >= 0 else []
        ready, _, _ = select.select([sys.stdin, wake, *connection], [], [], _TICK)
        if wake in ready:
            os.read(wake, 4096)
            if not stream.away:
                _resize(client, session_id)
        if sys.stdin in ready:
            text = keyboard.feed(os.read(sys.stdin.fileno(), 65_536))
            if text and not stream.away:  # a call would wait for the daemon, and the detach key for the call
                client.raw("session.send", {"sessionId": session_id, "text": text, "enter": False})
            if keyboard.detached:
                return True
        for data in stream.poll(0.0):
            _write_all(sys.stdout.fileno(), data)
        if stream.away and not told:
            _write_all(sys.stdout.fileno(), _AWAY)
        told = stream.away
    return False


def _resize(client: Client, session_id: str) -> None:
    size = os.get_terminal_size()
    client.raw("session.resize", {"sessionId": session_id, "columns": max(size.columns, 1), "rows": max(size.lines, 1)})


def _resize_pipe() -> Any:
    """A descriptor that becomes readable when the terminal's size has changed."""
    reader, writer = os.pipe2(os.O_NONBLOCK | os.O_CLOEXEC) if hasattr(os, "pipe2") else os.pipe()
    os.set_blocking(writer, False)
    signal.set_wakeup_fd(writer, warn_on_full_buffer=False)
    signal.signal(signal.SIGWINCH, lambda number, frame: None)
    return reader


def _write_all(descriptor: int, data: bytes) -> None:
    while data:
        data = data[os.write(descriptor, data) :]
