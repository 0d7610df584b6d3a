"""The web page: opening it in a browser."""

from maestrod.api.errors import NotAllowed, Unavailable
from maestrod.api.model.base import Entity, Instant, Params
from maestrod.api.model.method import Access, Method, post


class UiOpen(Params, frozen=True):
    """Takes no parameters."""


class PageAddress(Entity, frozen=True):
    """An address for a browser; the code in it works once, until ``expires_at``."""

    url: str
    expires_at: Instant


# A table: one method, one row.
# fmt: off
UI_OPEN = Method("ui.open", UiOpen, PageAddress, Access.OWNER, post("/api/ui"), "Create an address that opens the web page, signed in",
    errors=(NotAllowed, Unavailable), example={})
# fmt: on
METHODS = (UI_OPEN,)
