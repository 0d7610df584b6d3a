"""Assembles the parts of the bridge; imported, with everything they need, when the first client connects."""

import hmac
from collections.abc import Awaitable, Callable
from functools import partial
from urllib.parse import parse_qs

import trio

from maestrod.api.errors import MaestroError, Malformed
from maestrod.api.model.method import Scope
from maestrod.rpc import audit
from maestrod.rpc.bind import bindings
from maestrod.rpc.context import Services
from maestrod.rpc.dispatch import Dispatcher, refusal
from maestrod.rpc.terminal import watched
from maestrod.rpc.token import holder_of_id, holder_of_secret
from maestrod.transport.bridge.channel import Channel
from maestrod.transport.bridge.fanout import Fanout
from maestrod.transport.bridge.gate import Admitted, ClientIdentity, GatePolicy, Head, Refusal
from maestrod.transport.bridge.http import HttpConnection
from maestrod.transport.bridge.listener import BridgeListener
from maestrod.transport.bridge.pace import Pace
from maestrod.transport.bridge.page import PageFiles
from maestrod.transport.bridge.post import AnswerWire
from maestrod.transport.bridge.response import Response
from maestrod.transport.bridge.routes import Match, contract
from maestrod.transport.bridge.site import Site, Talk, failure, too_fast

Spawn = Callable[[Callable[[], Awaitable[None]]], None]

#: WebSocket paths for events, besides the method's own.
_EVENT_PATHS = frozenset({"/", "/ws"})


class Assembly:
    """Everything that connections share. ``spawn`` runs a task that ends with the bridge."""

    def __init__(self, listener: BridgeListener, services: Services, spawn: Spawn) -> None:
        self._listener = listener
        self._services = services
        self._dispatcher = Dispatcher(services, bindings())
        self._fanout = Fanout(services)
        self._routes = contract()
        self._pace = Pace(listener.rate, trio.current_time)
        cookie_name = f"maestrod-{services.info.instance[-8:]}"
        self._site = Site(
            self._dispatcher,
            self._routes,
            PageFiles(listener.page),
            wire=lambda: AnswerWire(spawn),
            upgrade=self._upgrade,
            token=listener.token,
            cookie_name=cookie_name,
            secure=listener.tls is not None,
            wait_for=self._wait_for,
        )
        self.policy = GatePolicy(
            hosts=listener.hosts,
            own_origins=listener.own_origins,
            other_origins=listener.other_origins,
            token_caller=self._token_caller,
            cookie_caller=self._cookie_caller,
            is_public=self._site.is_public,
            cookie_name=cookie_name.encode(),
            remote=listener.remote,
        )
        spawn(self._fanout.run)

    def connection(
        self,
        channel: Channel,
        peer: str,
        refused: Callable[[Head, Refusal], None],
        admitted: Callable[[ClientIdentity], None],
    ) -> HttpConnection:
        """Make the object that serves a connection."""
        return HttpConnection(channel, peer, self._site, self.policy, refused, admitted)

    def _token_caller(self, secret: bytes) -> ClientIdentity | None:
        """Identify the caller of a token: the token of this start on this machine only, or an access token."""
        if hmac.compare_digest(secret, self._listener.token) and not self._listener.remote:
            return ClientIdentity("token", Scope.ADMIN)
        return _caller(holder_of_secret(self._services, secret))

    def _cookie_caller(self, cookie: bytes) -> ClientIdentity | None:
        sign_in = self._services.sign_in
        if not sign_in.is_genuine(cookie, self._services.engine.clock.wall()):
            return None
        holder = sign_in.holder(cookie)
        if holder:
            return _caller(holder_of_id(self._services, holder))
        return None if self._listener.remote else ClientIdentity("page", Scope.ADMIN)

    def _wait_for(self, caller: ClientIdentity) -> float:
        """Seconds until a caller may make its request; the user's own programs never have to wait."""
        return self._pace.take(caller.name) if caller.name in self._services.engine.world.tokens else 0.0

    def _upgrade(self, admitted: Admitted, channel: Channel) -> Talk | Response:
        """The function that serves a WebSocket at a path, or the refusal."""
        from maestrod.transport.bridge.ws import ClientSocket, serve_web_socket

        caller = admitted.caller
        if caller is not None and (seconds := self._wait_for(caller)) > 0:
            return too_fast(seconds)
        match = self._routes.find("GET", admitted.path)
        name = match.row.name if isinstance(match, Match) else ""
        if caller is None or not (admitted.path in _EVENT_PATHS or name in {"event.subscribe", "session.attach"}):
            return failure(404, "bridge.no_such_path", "there is no WebSocket here; use /ws for events and JSON-RPC")
        if name == "session.attach" and isinstance(match, Match):
            try:
                return self._terminal(match.names["sessionId"], admitted.query, caller, channel)
            except MaestroError as error:
                return Response(*self._dispatcher.plain(refusal(error)))
        client = ClientSocket(channel, self._dispatcher, self._fanout, caller)
        return partial(serve_web_socket, channel, talk=client.talk, wait_for=partial(self._wait_for, caller))

    def _terminal(self, session_id: str, query: str, caller: ClientIdentity, channel: Channel) -> Talk:
        """The function that serves a session's terminal. Raises ``MaestroError`` when there is no such session."""
        from maestrod.transport.bridge.terminal_stream import TerminalSocket
        from maestrod.transport.bridge.ws import serve_web_socket

        offset, readonly = _terminal_query(query)
        session = watched(self._services.engine.world, session_id)
        readonly = readonly or caller.scope < Scope.WORK
        terminal = TerminalSocket(channel, self._services, session, offset, readonly=readonly)
        note = audit.note(self._services.engine.world, caller.name, "session.attach", Scope.WORK)
        if note is not None:
            note("read-only" if readonly else "with input")
        return partial(serve_web_socket, channel, talk=terminal.talk, wait_for=partial(self._wait_for, caller))


def _caller(holder: tuple[str, Scope] | None) -> ClientIdentity | None:
    return None if holder is None else ClientIdentity(*holder)


def _terminal_query(query: str) -> tuple[int | None, bool]:
    """The offset to begin at, and whether the connection is read-only."""
    try:
        given = parse_qs(query, keep_blank_values=True, max_num_fields=20)
        offset = given.get("offset", [None])[-1]
        number = None if offset is None else int(offset)
    except ValueError:
        raise Malformed("params.invalid", "offset must be a number of bytes", {"path": "$.offset"}) from None
    if number is not None and not 0 <= number < 2**63:
        raise Malformed("params.invalid", "offset must be a number of bytes, 0 or more", {"path": "$.offset"})
    return number, given.get("readonly", ["0"])[-1] not in {"0", "false"}
