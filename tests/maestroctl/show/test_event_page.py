"""The newest events, read in pieces from the end. As users see it: tests/maestroctl/verbs/test_event.py."""

import os

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from maestroctl.client.client import Client
from maestroctl.show import event_page
from maestrod.api.errors import ResyncRequired
from maestrod.api.local.address import paths_of


class Journal(Client):
    """A client of a daemon that keeps the events ``first`` to ``last``."""

    def __init__(self, first: int, last: int, matching: set[int]) -> None:
        super().__init__(paths_of(os.environ))
        self.first, self.last, self.matching = first, last, matching

    def raw(self, name: str, params: dict[str, int]) -> object:  # type: ignore[override]  # these two methods only
        if name == "system.status":
            return {"seq": self.last}
        since, limit = params["since"], params["limit"]
        if since < self.first - 1:
            raise ResyncRequired("event.resync_required", "gone")
        found = [{"seq": seq} for seq in range(since + 1, self.last + 1) if seq in self.matching]
        return {"items": found[:limit]}


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.data(), st.integers(0, 3000), st.integers(1, 30))
def test_it_finds_the_last_that_match_wherever_the_journal_begins(data: st.DataObject, last: int, count: int) -> None:
    first = data.draw(st.integers(1, last + 1))
    matching = data.draw(st.sets(st.integers(first, last), max_size=40)) if first <= last else set[int]()
    page = event_page.newest(Journal(first, last, matching), {}, count)
    assert [event["seq"] for event in page["items"]] == sorted(matching)[-count:]
    assert page["seq"] == last
