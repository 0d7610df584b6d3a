"""Pages of a table neither repeat nor skip, whatever happens between them."""

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from maestrod.api.errors import Malformed
from maestrod.api.model.base import Order
from maestrod.api.model.ids import make_id
from maestrod.api.project import Project
from maestrod.core.world.pages import page

IDS = [make_id("prj", number, 0) for number in range(60)]


def project(id_: str) -> Project:
    return Project(id=id_, name="p", working_dir="/p")


@given(
    present=st.sets(st.integers(0, 59)),
    removed=st.lists(st.integers(0, 59)),
    limit=st.integers(1, 7),
    wanted=st.sets(st.integers(0, 59)),
    order=st.sampled_from([*Order, None]),
)
def test_every_entity_is_listed_once_in_order_even_when_others_are_deleted(
    present: set[int], removed: list[int], limit: int, wanted: set[int], order: Order | None
) -> None:
    table = {IDS[number]: project(IDS[number]) for number in sorted(present)}
    matching = {IDS[number] for number in wanted}
    got: list[str] = []
    cursor, gone = None, {IDS[number] for number in removed}
    while True:
        items, cursor = page(table, lambda id_: table[id_] if id_ in matching else None, cursor, limit, order=order)
        assert len(items) <= limit
        got += [item.id for item in items]
        if cursor is None:
            break
        for _ in range(min(2, len(gone))):
            table.pop(gone.pop(), None)
    stayed = [IDS[number] for number in sorted(present & wanted) if IDS[number] in table]
    assert got == sorted(got, reverse=order is not Order.OLDEST) and len(set(got)) == len(got)
    assert set(stayed) <= set(got) <= {IDS[number] for number in present & wanted}


def test_a_full_last_page_has_no_next() -> None:
    table = {id_: project(id_) for id_ in IDS[:4]}
    items, cursor = page(table, table.get, None, 4)
    assert len(items) == 4 and cursor is None
    items, cursor = page(table, table.get, None, 3)
    assert cursor == items[-1].id


def test_a_cursor_continues_in_the_order_of_its_page() -> None:
    table = {id_: project(id_) for id_ in IDS[:5]}
    newest, cursor = page(table, table.get, None, 2, order=None)
    assert [item.id for item in newest] == [IDS[4], IDS[3]]
    assert [item.id for item in page(table, table.get, cursor, 2, order=None)[0]] == [IDS[2], IDS[1]]
    assert [item.id for item in page(table, table.get, IDS[1], 2, order=None)[0]] == [IDS[2], IDS[3]]
    assert [item.id for item in page(table, table.get, IDS[3], 2, order=Order.NEWEST)[0]] == [IDS[2], IDS[1]]
    with pytest.raises(Malformed, match="newest first"):
        page(table, table.get, cursor, 2, order=Order.OLDEST)


def test_reading_a_page_costs_in_proportion_to_its_size() -> None:
    looked: list[str] = []

    def look(id_: str) -> Project:
        looked.append(id_)
        return project(id_)

    page(IDS, look, None, 5)
    assert looked == IDS[:6]


@pytest.mark.parametrize("cursor", ["", "~", "x", "x~", "../../etc/passwd", "prj_\x00"])
def test_a_cursor_is_an_id(cursor: str) -> None:
    with pytest.raises(Malformed) as caught:
        page(IDS, project, cursor, 5)
    assert caught.value.details == {"path": "$.cursor"}
    assert msgspec.json.encode(caught.value.data())
