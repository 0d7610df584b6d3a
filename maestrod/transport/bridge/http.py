"""One HTTP connection of the bridge: each request passes the gate, then is answered.

h11 parses requests, strictly and within limits. Answers have a fixed form and are written as ready bytes, which halves
the cost of using h11 both ways (``bench/bridge.py`` measures it). A refused or malformed request is the last of its
connection, because the bytes after it cannot be trusted.
"""

import logging
from collections.abc import Awaitable, Callable, Mapping

import h11
import trio

from maestrod.transport.bridge.channel import READ_SIZE, UNSENT_HIGH, Channel
from maestrod.transport.bridge.gate import Admitted, ClientIdentity, GatePolicy, Head, Refusal, gate
from maestrod.transport.bridge.response import Response, encode
from maestrod.transport.bridge.site import Site, failure

log = logging.getLogger(__name__)

#: Maximum bytes of a request's head.
HEAD_LIMIT = 16 * 1024

#: Seconds for a head from its first byte (or from the connection), for a body, and between two requests.
HEAD_SECONDS = 5.0
BODY_SECONDS = 30.0
IDLE_SECONDS = 75.0

#: Seconds by which an idle deadline may be late: moving a deadline costs as much as reading a header.
_COARSE = 10.0

_VERSIONS = frozenset({b"1.0", b"1.1"})
_CONTINUE = b"HTTP/1.1 100 Continue\r\n\r\n"


class Disconnect(Exception):
    """The connection cannot be used any longer."""


class HttpConnection:
    """Serves one connection. ``admitted`` is called with each identified caller, ``refused`` with each refusal."""

    def __init__(
        self,
        channel: Channel,
        peer: str,
        site: Site,
        policy: GatePolicy,
        refused: Callable[[Head, Refusal], None],
        admitted: Callable[[ClientIdentity], None],
    ) -> None:
        self._channel = channel
        self._peer = peer
        self._site = site
        self._policy = policy
        self._refused = refused
        self._admitted = admitted
        self._scope = trio.CancelScope()
        self._parser = h11.Connection(h11.SERVER, max_incomplete_event_size=HEAD_LIMIT)
        self._seen = b""
        self._expecting = "anything"
        self.busy = False

    async def serve(self) -> None:
        """Answer requests until one side closes the connection."""
        with self._scope:
            try:
                self._allow(HEAD_SECONDS)
                while await self._serve_one():
                    self._next()
            except (Disconnect, trio.ClosedResourceError):
                pass
        self._channel.close()

    async def _serve_one(self) -> bool:
        """Answer one request; returns whether another may follow on this connection."""
        try:
            request = await self._read_head()
        except h11.RemoteProtocolError as error:
            status = 431 if error.error_status_hint == 431 else 400
            refusal = Refusal(status, "bridge.request", "the request is not valid HTTP/1.1")
            return await self._refuse(Head(self._peer, b"", b"", ()), refusal)
        headers = [(name.lower(), value) for name, value in request.headers.raw_items()]
        head = Head(self._peer, request.method, request.target, headers)
        verdict = gate(head, self._policy)
        if isinstance(verdict, Refusal):
            return await self._refuse(head, verdict)
        if verdict.caller is not None:
            self._admitted(verdict.caller)
        self.busy = True
        try:
            return await self._serve_admitted(request, dict(headers), verdict)
        finally:
            self.busy = False

    async def _serve_admitted(self, request: h11.Request, headers: Mapping[bytes, bytes], admitted: Admitted) -> bool:
        verb = request.method.decode("ascii")
        talk = self._site.upgrade(admitted, self._channel) if admitted.upgrade else None
        if talk is not None and not isinstance(talk, Response):
            await self._upgrade(talk)
            return False
        limit = self._site.body_limit(verb, admitted)
        try:
            body = await self._read_body(headers, limit)
        except h11.RemoteProtocolError:
            return await self._answer(failure(400, "bridge.request", "the body cannot be read"), admitted, last=True)
        if body is None:
            too_large = failure(413, "request.too_large", f"a request to this path may have at most {limit} bytes")
            return await self._answer(too_large, admitted, last=True)
        if self._expecting:
            self._allow(None)
        response = talk or await self._site.respond(verb, admitted, headers, body, self._while_here)
        if response is None:  # the client has gone
            return False
        return await self._answer(response, admitted, head_only=verb == "HEAD", last=self._is_last(request, headers))

    async def _upgrade(self, talk: Callable[[bytes], Awaitable[None]]) -> None:
        """Hand over the connection, beginning with the first byte of the request."""
        self._allow(None)
        await talk(self._seen)

    async def _read_head(self) -> h11.Request:
        """Read the head of the next request. Raises ``Disconnect`` at the end of the stream."""
        while True:
            event = self._parser.next_event()
            if event is h11.NEED_DATA:
                if self._seen:  # a part of a head has come: the rest is due
                    self._expect("head", HEAD_SECONDS)
                await self._receive()
            elif isinstance(event, h11.Request):
                if event.http_version not in _VERSIONS:
                    raise h11.RemoteProtocolError("another version of HTTP")
                return event
            else:
                raise Disconnect

    async def _read_body(self, headers: Mapping[bytes, bytes], limit: int) -> bytes | None:
        """Read the body; None when it is too long. A Content-Length that is too large is refused without reading."""
        if int(headers.get(b"content-length", b"0")) > limit:
            return None
        event = self._parser.next_event()
        if isinstance(event, h11.EndOfMessage):
            return b""
        if self._parser.they_are_waiting_for_100_continue:
            self._channel.write(_CONTINUE)
        parts: list[bytes] = []
        size = 0
        while not isinstance(event, h11.EndOfMessage):
            if event is h11.NEED_DATA:
                self._expect("body", BODY_SECONDS)
                await self._receive()
            elif isinstance(event, h11.Data):
                parts.append(bytes(event.data))
                size += len(parts[-1])
                if size > limit:
                    return None
            else:
                raise Disconnect
            event = self._parser.next_event()
        return b"".join(parts)

    async def _receive(self) -> None:
        data = await self._channel.receive_some(READ_SIZE)
        if not data and not self._parser.trailing_data[0]:
            raise Disconnect
        if len(self._seen) <= HEAD_LIMIT:
            self._seen += data
        self._parser.receive_data(data)

    def _next(self) -> None:
        """Prepare for the next request of the connection, which may have arrived already."""
        rest = self._parser.trailing_data[0]
        self._parser = h11.Connection(h11.SERVER, max_incomplete_event_size=HEAD_LIMIT)
        self._seen = rest
        if rest:
            self._parser.receive_data(rest)
        idle = trio.current_time() + IDLE_SECONDS
        if not idle - _COARSE < self._scope.deadline <= idle:
            self._scope.deadline = idle
        self._expecting = ""

    async def _while_here(self, wait: Callable[[], Awaitable[None]]) -> bool:
        """Wait for something while the client is connected; returns whether it still is."""
        here = True
        self._allow(None)

        async def notice() -> None:
            nonlocal here
            data = await self._channel.receive_some(READ_SIZE)
            if data:
                self._parser.receive_data(data)
                return  # the client has sent its next request: it is still there
            here = False
            nursery.cancel_scope.cancel()

        async with trio.open_nursery() as nursery:
            nursery.start_soon(notice)
            await wait()
            nursery.cancel_scope.cancel()
        return here

    async def _refuse(self, head: Head, refusal: Refusal) -> bool:
        """Send the refusal and close the connection without reading further requests."""
        self._refused(head, refusal)
        response = failure(refusal.status, refusal.code, refusal.message)
        self._allow(HEAD_SECONDS)
        self._channel.write(encode(response, with_body=head.verb != b"HEAD", close=True))
        await self._channel.finish()
        return False

    async def _answer(
        self, response: Response, admitted: Admitted, *, head_only: bool = False, last: bool = False
    ) -> bool:
        self._channel.write(encode(response, with_body=not head_only, close=last, origin=admitted.origin))
        if last:
            self._allow(HEAD_SECONDS)
            await self._channel.finish()
            return False
        if self._channel.unsent > UNSENT_HIGH:
            await self._channel.wait_room()
        return True

    def _is_last(self, request: h11.Request, headers: Mapping[bytes, bytes]) -> bool:
        if request.http_version < b"1.1" or self._site.stopping:
            return True
        return b"close" in headers.get(b"connection", b"").lower()

    def _expect(self, part: str, seconds: float) -> None:
        """Set a deadline for what has begun to arrive; slow trickling does not extend it."""
        if self._expecting != part:
            self._expecting = part
            self._allow(seconds)

    def _allow(self, seconds: float | None) -> None:
        """Set how long the next step may take; None for no limit."""
        self._scope.deadline = float("inf") if seconds is None else trio.current_time() + seconds
