"""The web page: a URL with a single-use code."""

from maestrod.api.errors import Unavailable
from maestrod.api.model.ids import is_id
from maestrod.api.ui import UI_OPEN, PageAddress, UiOpen
from maestrod.rpc.context import Context
from maestrod.rpc.handler import implements
from maestrod.rpc.sign_in import CODE_LIFETIME_MS


@implements(UI_OPEN)
def open_(context: Context, params: UiOpen) -> PageAddress:
    """The page's URL with a new code. A remote client gets a page with the scope of its own token."""
    services = context.services
    holder = context.client.name if is_id(context.client.name) else ""
    url = (services.remote.url if holder else None) or services.bridge.url
    if url is None:
        problem = services.bridge.problem or "the bridge is off: set `bridge = true` and restart the daemon"
        raise Unavailable("bridge.off", problem)
    clock = services.engine.clock
    code, _ = services.sign_in.code(clock.steady(), holder)
    return PageAddress(url=f"{url}/?code={code}", expires_at=clock.wall() + CODE_LIFETIME_MS)
