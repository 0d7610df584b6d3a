"""Pages of a table: a cursor is the last id of the page before, so a page does not shift when something is added or removed.

Ids sort by the time they were made, and tables hold them in that order (``Draft.new_id``, ``World.load``): a page is a walk
that ends as soon as it is full.
"""

from collections.abc import Callable, Iterable
from itertools import islice
from typing import TypeVar

from maestrod.api.base import Entity
from maestrod.api.errors import Malformed
from maestrod.api.ids import is_id

E = TypeVar("E", bound=Entity)


def page(
    ids: Iterable[str],
    look: Callable[[str], E | None],
    cursor: str | None,
    limit: int,
    *,
    backward: bool = False,
) -> tuple[tuple[E, ...], str | None]:
    """Up to ``limit`` entities after ``cursor``, and the cursor of the next page if there is more.

    ``ids`` come in the order of the page; ``look`` gives the entity, or None for one that is filtered out. Raises
    ``Malformed`` for a cursor that is no id.
    """
    if cursor is not None and not is_id(cursor):
        raise Malformed("page.cursor", "the cursor is not one that a page gave", {"path": "$.cursor"})
    wanted = (id_ for id_ in ids if cursor is None or (id_ < cursor if backward else id_ > cursor))
    found = ((id_, entity) for id_ in wanted if (entity := look(id_)) is not None)
    taken = list(islice(found, limit + 1))
    more = taken[limit - 1][0] if len(taken) > limit else None
    return tuple(entity for _, entity in taken[:limit]), more
