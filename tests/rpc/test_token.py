"""Creating, listing and revoking tokens over JSON-RPC: the secret is shown once, and only if the daemon made it."""

import hashlib
import json

import trio

from maestrod.api.event import Event
from maestrod.api.model.method import Scope
from maestrod.core.access.remote_token import digest_of
from maestrod.rpc.encoded import public_form
from maestrod.rpc.token import holder_of_id, holder_of_secret
from maestrod.rpc.ui_event import ui_event
from tests.kit.parts.rpc_parts import Caller, parts

DIGEST = hashlib.sha256(b"my own").hexdigest()


async def test_the_secret_is_shown_once(nursery: trio.Nursery) -> None:
    services = parts()
    caller = Caller(services, nursery)
    made = await caller.call("token.create", {"name": "laptop", "owner": "ada"})
    assert made["secret"].startswith("mst_") and len(made["secret"]) >= 43
    listed = (await caller.call("token.list", {}))["items"]
    assert listed == [made["token"]]
    [token] = services.engine.world.tokens.values()
    assert token.digest == digest_of(made["secret"].encode())
    assert made["secret"] not in json.dumps(listed) and token.digest not in json.dumps(listed)


async def test_a_client_that_brings_a_digest_keeps_its_secret(nursery: trio.Nursery) -> None:
    caller = Caller(parts(), nursery)
    request = {"name": "laptop", "owner": "ada", "digest": DIGEST, "requestId": "r"}
    made = await caller.call("token.create", request)
    assert made["secret"] is None
    assert await caller.call("token.create", request) == made, "a repeated call is the same call"
    assert (await caller.refused("token.create", {**request, "requestId": "s"}))["code"] == 409


async def test_revoked_tokens_are_listed_on_request(nursery: trio.Nursery) -> None:
    caller = Caller(parts(), nursery)
    token = (await caller.call("token.create", {"name": "laptop", "owner": "ada"}))["token"]["id"]
    assert (await caller.call("token.revoke", {"tokenId": token}))["revokedAt"] is not None
    assert await caller.call("token.list", {}) == {"items": [], "nextCursor": None}
    [listed] = (await caller.call("token.list", {"revoked": True}))["items"]
    assert listed["id"] == token


async def test_no_event_contains_the_hash_of_a_secret(nursery: trio.Nursery) -> None:
    services = parts()
    engine = services.engine
    events: list[Event] = []
    engine.bus.subscribe(lambda event: event.type.startswith("token."), events.extend)
    await Caller(services, nursery).call("token.create", {"name": "laptop", "owner": "ada", "digest": DIGEST})
    assert [event.data["name"] for event in events] == ["laptop"]
    assert "digest" not in public_form(events[0]).data
    assert DIGEST.encode() not in ui_event(engine.world, events[0])


async def test_a_token_admits_its_holder_until_revoked(nursery: trio.Nursery) -> None:
    services = parts()
    caller = Caller(services, nursery)
    made = await caller.call("token.create", {"name": "laptop", "owner": "ada", "scope": "work"})
    secret, id_ = made["secret"].encode(), made["token"]["id"]
    assert holder_of_secret(services, secret) == holder_of_id(services, id_) == (id_, Scope.WORK)
    assert holder_of_secret(services, b"other") is None
    await caller.call("token.revoke", {"tokenId": id_})
    assert holder_of_secret(services, secret) is None
    assert holder_of_id(services, id_) is None
