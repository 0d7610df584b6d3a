"""The parts together: which cookies and tokens are valid, and what a scope keeps from a page."""

from dataclasses import replace

from maestrod.api.model.method import Scope
from maestrod.transport.bridge.assembly import Assembly
from maestrod.transport.bridge.gate import ClientIdentity
from tests.kit.clients.bridge_client import FOREIGN, TOKEN, bridging, listener_on_loopback
from tests.kit.parts.rpc_parts import parts


async def test_the_policy_is_the_listeners() -> None:
    given = listener_on_loopback()
    with given.sock:
        policy = Assembly(given, parts(), lambda task: None).policy
        assert policy.hosts == given.hosts and policy.other_origins == {FOREIGN} and not policy.remote
        assert policy.token_caller(TOKEN) == ClientIdentity("token", Scope.ADMIN)
        assert policy.token_caller(b"x") is None and policy.token_caller(b"") is None
        assert policy.cookie_caller(b"x") is None
        assert policy.is_public("/") and policy.is_public("/health") and not policy.is_public("/api/status")


async def test_two_daemons_have_different_cookies() -> None:
    given = listener_on_loopback()
    with given.sock:
        first = parts()
        second = parts(info=replace(first.info, instance="another-one"))
        names = {Assembly(given, each, lambda task: None).policy.cookie_name for each in (first, second)}
        assert len(names) == 2


async def test_a_reader_changes_nothing(monkeypatch: object) -> None:
    async with bridging() as server:
        # what a token of the scope `read` gives: the gate hands the scope on, the dispatcher holds to it
        from maestrod.rpc.bind import bindings
        from maestrod.rpc.context import ClientState
        from maestrod.rpc.dispatch import Dispatcher
        from maestrod.rpc.single import SingleCall
        from tests.kit.parts.rpc_parts import MemoryWire

        dispatcher = Dispatcher(server.services, bindings())
        client = ClientState(MemoryWire(), Scope.READ, has_stream=False)
        assert dispatcher.plain(await SingleCall(dispatcher, client, "task.list", b"{}").answer())[0] == 200
        refused = SingleCall(dispatcher, client, "project.create", b'{"name":"p","workingDir":"/p"}')
        status, body = dispatcher.plain(await refused.answer())
        assert status == 403 and b"token.scope" in body
