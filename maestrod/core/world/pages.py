"""Pages of a table. A cursor is the last id of the previous page, so pages do not shift when entities are added or removed.

Ids sort by creation time, and tables hold them in that order (``Draft.new_id``, ``World.load``), so a page is a walk
that ends as soon as the page is full. Lists are newest first by default. The cursor of a newest-first page ends in
``~``. A cursor without it belongs to an oldest-first page, as all pages were in older versions, and continues in that order.
"""

from collections.abc import Callable, Iterable, Reversible
from itertools import islice
from typing import TypeVar

from maestrod.api.errors import Malformed
from maestrod.api.model.base import Entity, Order
from maestrod.api.model.ids import is_id

E = TypeVar("E", bound=Entity)

#: Ends the cursor of a page that is newest first.
_NEWEST = "~"


def page(
    ids: Reversible[str],
    look: Callable[[str], E | None],
    cursor: str | None,
    limit: int,
    *,
    order: Order | None = Order.OLDEST,
) -> tuple[tuple[E, ...], str | None]:
    """Up to ``limit`` entities after ``cursor``, and the cursor of the next page if there is more.

    ``ids`` come oldest first; ``look`` returns the entity, or None to filter it out. Without ``order``, the cursor gives the
    order; without a cursor too, the page is newest first. Raises ``Malformed`` for an invalid cursor or one of another order.
    """
    after = None if cursor is None else cursor.removesuffix(_NEWEST)
    if after is not None and not is_id(after):
        raise Malformed("page.cursor", "invalid cursor", {"path": "$.cursor"})
    backward = _is_newest_first(cursor, order)
    walk: Iterable[str] = reversed(ids) if backward else ids
    wanted = (id_ for id_ in walk if after is None or (id_ < after if backward else id_ > after))
    found = ((id_, entity) for id_ in wanted if (entity := look(id_)) is not None)
    taken = list(islice(found, limit + 1))
    more = taken[limit - 1][0] if len(taken) > limit else None
    mark = _NEWEST if backward else ""
    return tuple(entity for _, entity in taken[:limit]), None if more is None else more + mark


def _is_newest_first(cursor: str | None, order: Order | None) -> bool:
    if cursor is None:
        return order is not Order.OLDEST
    marked = cursor.endswith(_NEWEST)
    if marked and order is Order.OLDEST:
        raise Malformed("page.cursor", "the cursor belongs to a list in the order newest first", {"path": "$.cursor"})
    return marked or order is Order.NEWEST
