"""The address that opens the page."""

import pytest
import trio

from maestrod.rpc.context import PortStatus
from maestrod.rpc.sign_in import SignIn
from tests.kit.parts.rpc_parts import TOKEN_KEY, Caller, parts


async def test_each_address_has_its_own_code() -> None:
    caller = Caller(parts(bridge=PortStatus(url="http://127.0.0.1:1")))
    first, second = await caller.call("ui.open"), await caller.call("ui.open")
    assert first["url"].startswith("http://127.0.0.1:1/?code=") and first["url"] != second["url"]


async def test_a_missing_bridge_is_explained() -> None:
    assert "bridge is off" in (await Caller(parts()).refused("ui.open"))["message"]
    caller = Caller(parts(bridge=PortStatus(problem="there is no bridge: no port")))
    error = await caller.refused("ui.open")
    assert (error["message"], error["data"]["code"]) == ("there is no bridge: no port", "bridge.off")
    assert (await caller.call("system.status"))["problems"] == ["there is no bridge: no port"]


async def test_sessions_may_not_open_the_page() -> None:
    caller = Caller(parts(bridge=PortStatus(url="http://127.0.0.1:1")))
    session = await caller.session()
    assert (await caller.refused("ui.open", token=caller.token(session)))["code"] == 403


@pytest.mark.parametrize("remote_url, url", [(None, "http://127.0.0.1:1"), ("https://work:7718", "https://work:7718")])
async def test_a_page_opened_by_token_never_has_more_than_the_token(
    remote_url: str | None, url: str, nursery: trio.Nursery
) -> None:
    """A token that reads once opened a page that could do everything, where there was no port for other machines."""
    sign_in = SignIn(TOKEN_KEY)
    services = parts(sign_in=sign_in, bridge=PortStatus(url="http://127.0.0.1:1"), remote=PortStatus(url=remote_url))
    caller = Caller(services, nursery)
    id_ = (await caller.call("token.create", {"name": "n", "owner": "ada"}))["token"]["id"]
    caller.conversation.client.name = id_
    page = await caller.call("ui.open")
    assert page["url"].startswith(f"{url}/?code=")
    cookie = sign_in.redeem(page["url"].partition("=")[2], services.engine.clock.steady(), services.engine.clock.wall())
    assert cookie is not None
    assert sign_in.holder(cookie.encode()) == id_
    caller.conversation.client.name = "page"
    own = (await caller.call("ui.open"))["url"].partition("=")[2]
    assert (
        sign_in.holder(
            (sign_in.redeem(own, services.engine.clock.steady(), services.engine.clock.wall()) or "").encode()
        )
        == ""
    )
