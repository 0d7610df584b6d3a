"""The address that opens the page."""

from maestrod.rpc.context import Bridge
from maestrod.rpc.sign_in import SignIn
from tests.kit.rpc_parts import TOKEN_KEY, Caller, parts


async def test_each_address_has_a_code_of_its_own() -> None:
    caller = Caller(parts(bridge=Bridge(SignIn(TOKEN_KEY), url="http://127.0.0.1:1")))
    first, second = await caller.call("ui.open"), await caller.call("ui.open")
    assert first["url"].startswith("http://127.0.0.1:1/?code=") and first["url"] != second["url"]


async def test_without_a_bridge_it_says_why() -> None:
    assert "switched off" in (await Caller(parts()).refused("ui.open"))["message"]
    caller = Caller(parts(bridge=Bridge(SignIn(TOKEN_KEY), problem="there is no bridge: no port")))
    error = await caller.refused("ui.open")
    assert (error["message"], error["data"]["code"]) == ("there is no bridge: no port", "bridge.off")
    assert (await caller.call("system.status"))["problems"] == ["there is no bridge: no port"]


async def test_it_is_not_for_sessions() -> None:
    caller = Caller(parts(bridge=Bridge(SignIn(TOKEN_KEY), url="http://127.0.0.1:1")))
    session = await caller.session()
    assert (await caller.refused("ui.open", token=caller.token(session)))["code"] == 403
