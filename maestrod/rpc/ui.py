"""The web page: an address with a code that works once."""

from maestrod.api.errors import Unavailable
from maestrod.api.ui import UI_OPEN, PageAddress, UiOpen
from maestrod.rpc.context import Context
from maestrod.rpc.handler import implements


@implements(UI_OPEN)
def open_(context: Context, params: UiOpen) -> PageAddress:
    """A fresh code in the address of the page; who came from elsewhere gets a page with what his own token opens."""
    services = context.services
    bridge = services.bridge
    holder = context.client.name
    if holder in context.world.tokens and bridge.remote_url is not None:
        code, expires_at = bridge.sign_in.code(services.engine.clock.wall(), holder)
        return PageAddress(url=f"{bridge.remote_url}/?code={code}", expires_at=expires_at)
    if bridge.url is None:
        raise Unavailable("bridge.off", bridge.problem or "the bridge is switched off: set `bridge = true` and restart")
    code, expires_at = bridge.sign_in.code(services.engine.clock.wall())
    return PageAddress(url=f"{bridge.url}/?code={code}", expires_at=expires_at)
