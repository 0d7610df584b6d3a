"""The paths of the bridge: the page, REST, JSON-RPC, documents, metrics and the WebSockets.

Requests arrive here after the gate has accepted them, with the caller that the gate identified. Calls take the same path
as on the Unix socket (``rpc.dispatch``), so that they behave, and are refused, in the same way.
"""

import hashlib
import hmac
import math
from collections.abc import Awaitable, Callable
from functools import partial
from typing import Any

import msgspec

from maestrod.api.errors import MaestroError
from maestrod.api.protocol.openapi import openapi
from maestrod.api.protocol.wire import LARGE_REQUEST_LIMIT, LARGE_REQUESTS, REQUEST_LIMIT
from maestrod.rpc.context import ClientState
from maestrod.rpc.dispatch import Dispatcher, refusal
from maestrod.rpc.single import SingleCall
from maestrod.rpc.system import numbers
from maestrod.transport.bridge.channel import Channel
from maestrod.transport.bridge.gate import Admitted, ClientIdentity
from maestrod.transport.bridge.metrics import KIND as METRICS_KIND
from maestrod.transport.bridge.metrics import exposition
from maestrod.transport.bridge.page import Headers, PageFiles, sign_in
from maestrod.transport.bridge.post import AnswerWire, post_rpc
from maestrod.transport.bridge.query import parameter
from maestrod.transport.bridge.response import Response
from maestrod.transport.bridge.routes import Match, Routes

_encode = msgspec.json.Encoder().encode

#: The paths of JSON-RPC, events and documents.
RPC, EVENTS, HEALTH, METRICS, OPENAPI = "/rpc", "/ws", "/health", "/metrics", "/openapi.json"

#: Maximum characters of a challenge, and the prefix of what the proof signs (``_health``).
_CHALLENGE_LIMIT = 200
_PROOF = b"maestrod bridge proof 1\0"

#: Serves a WebSocket, beginning with the bytes of its handshake.
Talk = Callable[[bytes], Awaitable[None]]

#: Waits for something while the client is connected; returns whether it still is.
WhileHere = Callable[[Callable[[], Awaitable[None]]], Awaitable[bool]]


def failure(status: int, code: str, message: str, **details: Any) -> Response:
    """A refusal in the form that every surface of the bridge uses."""
    body = {"error": True, "message": message, "code": code, "retryable": status in {429, 503}}
    return Response(status, _encode(body | ({"details": details} if details else {})))


def too_fast(seconds: float) -> Response:
    """The refusal for a client that has exceeded its token's rate (RFC 6585, section 4)."""
    said = failure(429, "token.rate", f"too many requests with this token: try again in {seconds:.2f} s")
    return Response(said.status, said.body, headers=((b"Retry-After", b"%d" % max(math.ceil(seconds), 1)),))


class Site:
    """Answers accepted requests.

    ``wire`` makes the ``Wire`` of one request, ``upgrade`` the function that serves a WebSocket; ``token`` proves to a
    client that it speaks to this daemon. ``secure`` means that the page is served over TLS. ``wait_for`` counts a
    caller's request and returns how many seconds the caller must wait.
    """

    def __init__(
        self,
        dispatcher: Dispatcher,
        routes: Routes,
        files: PageFiles,
        *,
        wire: Callable[[], AnswerWire],
        upgrade: Callable[[Admitted, Channel], Talk | Response],
        token: bytes,
        cookie_name: str,
        secure: bool = False,
        wait_for: Callable[[ClientIdentity], float] = lambda caller: 0.0,
    ) -> None:
        self._dispatcher = dispatcher
        self._services = dispatcher.services
        self._files = files
        self._wire = wire
        self._token = token
        self._cookie_name = cookie_name
        self._secure = secure
        self._wait_for = wait_for
        self._routes = routes
        self.upgrade = upgrade

    @property
    def stopping(self) -> bool:
        """Whether the daemon is stopping, so that connections are not kept alive."""
        return self._services.stopping.is_set()

    def is_public(self, path: str) -> bool:
        """Whether a path can be read without a credential."""
        return path in {HEALTH, "/"} or path in self._files

    def body_limit(self, verb: str, admitted: Admitted) -> int:
        """Maximum bytes of a request's body."""
        if verb in {"GET", "HEAD", "DELETE", "OPTIONS"}:
            return 0 if admitted.caller is None else 4096
        if admitted.path == RPC:
            return LARGE_REQUEST_LIMIT
        match = self._routes.find(verb, admitted.path)
        return LARGE_REQUEST_LIMIT if isinstance(match, Match) and match.row.name in LARGE_REQUESTS else REQUEST_LIMIT

    async def respond(
        self, verb: str, admitted: Admitted, headers: Headers, body: bytes, while_here: WhileHere
    ) -> Response | None:
        """Answer a request; None when the client has disconnected meanwhile."""
        if admitted.preflight:
            return _preflight()
        if verb == "GET" and (signed_in := self._sign_in(admitted)):
            return signed_in
        if verb == "HEAD":
            verb = "GET"
        path, caller = admitted.path, admitted.caller
        if caller is not None and (seconds := self._wait_for(caller)) > 0:
            return too_fast(seconds)
        if path.startswith("/api/") and caller is not None:
            return await self._rest(verb, admitted, caller, body, while_here)
        if path == RPC and verb == "POST" and caller is not None:
            return await post_rpc(self._dispatcher, caller, self._wire(), body, while_here)
        if verb == "GET" and (response := self._get(path, admitted.query, headers)):
            return response
        if path in {RPC, EVENTS, HEALTH, METRICS, OPENAPI} or path in self._files:
            return failure(405, "bridge.verb", f"{path} does not support {verb}")
        return failure(404, "bridge.no_such_path", "there is nothing here; GET /openapi.json lists all paths")

    def _sign_in(self, admitted: Admitted) -> Response | None:
        if admitted.path != "/":
            return None
        return sign_in(self._services, admitted.query, self._cookie_name, secure=self._secure)

    def _get(self, path: str, query: str, headers: Headers) -> Response | None:
        if path == HEALTH:
            return Response(200, _encode(self._health(query)))
        if path == METRICS:
            return Response(200, exposition(numbers(self._services)), METRICS_KIND)
        if path == OPENAPI:
            return Response(200, _encode(openapi(self._services.info.version)))
        if path in {RPC, EVENTS}:
            return failure(426, "bridge.upgrade", f"{path} does not support GET: use POST /rpc, or a WebSocket at /ws")
        return self._files.read(path, headers)

    def _health(self, query: str) -> dict[str, Any]:
        """Report that the daemon lives. Answers a challenge with a proof that this daemon has the token, so that a client
        can check before it sends the token.
        """
        answer: dict[str, Any] = {"status": "ok", "timestamp": self._services.engine.clock.wall()}
        challenge = parameter(query, "challenge")
        if challenge and len(challenge) <= _CHALLENGE_LIMIT:
            answer["instance"] = self._services.info.instance
            answer["proof"] = hmac.new(
                self._token, _PROOF + challenge.encode("utf-8", "replace"), hashlib.sha256
            ).hexdigest()
        return answer

    async def _rest(
        self, verb: str, admitted: Admitted, caller: ClientIdentity, body: bytes, while_here: WhileHere
    ) -> Response | None:
        match = self._routes.find(verb, admitted.path)
        if not isinstance(match, Match):
            if match:
                allowed = ", ".join(sorted(match))
                return failure(405, "bridge.verb", f"this path supports {allowed}", allow=sorted(match))
            return failure(404, "bridge.no_such_path", "there is nothing here; GET /openapi.json lists all paths")
        self._services.counts["http_calls"] += 1
        try:
            params = self._routes.params(match, admitted.query, body)
        except MaestroError as error:
            return Response(*self._dispatcher.plain(refusal(error)))
        client = ClientState(self._wire(), caller.scope, name=caller.name, has_stream=False)
        call = SingleCall(self._dispatcher, client, match.row.name, params)
        if call.waits and not await while_here(partial(_settled, call)):
            return None
        status, answer = self._dispatcher.plain(await call.answer())
        return Response(201 if status == 200 and match.row.creates else status, answer)


async def _settled(call: SingleCall) -> None:
    await call.answer()


def _preflight() -> Response:
    """The answer to a preflight: what a page of an allowed origin may send (Fetch standard, section 3.2)."""
    return Response(
        204,
        headers=(
            (b"Access-Control-Allow-Methods", b"GET, POST, PUT, PATCH, DELETE"),
            (b"Access-Control-Allow-Headers", b"Authorization, Content-Type"),
            (b"Access-Control-Max-Age", b"600"),
        ),
    )
