"""A query is read or ignored: anyone may send one to ``/health`` and ``/``."""

from hypothesis import given
from hypothesis import strategies as st

from maestrod.transport.bridge.query import parameter
from tests.kit.clients.bridge_client import bridging


def test_the_last_member_of_a_name_counts() -> None:
    assert parameter("a=1&b=%20&a=2", "a") == "2"
    assert parameter("a=1&b=", "b") == ""
    assert parameter("a=1", "c") is None
    assert parameter("", "c") is None


def test_a_payload_with_a_crowd_of_members_is_ignored() -> None:
    assert parameter("&".join(["a=1"] * 1000), "a") is None


@given(st.text(st.characters(codec="ascii"), max_size=200))
def test_no_query_makes_it_raise(query: str) -> None:
    parameter(query, "a")


async def test_a_query_of_hundreds_of_members_is_no_bug() -> None:
    async with bridging() as server:
        for path in ("/health", "/"):
            answer = await server.ask("GET", f"{path}?{'&'.join(['challenge=x'] * 500)}", token=False)
            assert answer.status in {200, 404}
        plain = await server.ask("GET", "/health?" + "&".join(["challenge=x"] * 500), token=False)
        assert set(plain.json) == {"status", "timestamp"}
