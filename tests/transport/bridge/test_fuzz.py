"""Almost valid requests from strangers and clients through the whole bridge: each is answered, none finds a bug."""

import pytest
import trio
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from tests.kit.clients.attacked import UPGRADE, attacked
from tests.kit.patience import PATIENCE

PATHS = [
    *["/ws"] * 5,
    "/",
    "/health",
    "/ws",
    "/rpc",
    "/metrics",
    "/api/tasks",
    "/api/events",
    "/api/sessions/x/terminal",
    "/api/tasks/%ff",
]
QUERIES = [
    "",
    "?",
    "?code=%ff",
    "?challenge=%f0%9f",
    "?offset=%D9%A3",
    "?" + "a=1&" * 300,
    "?limit=1e3",
    "?since=-1",
    "?cursor=%00",
]
NAMES = [
    *(
        "Authorization",
        "Cookie",
        "Origin",
        "Upgrade",
        "Connection",
        "Content-Type",
        "Content-Length",
        "Expect",
        "Range",
    ),
    *("Sec-WebSocket-Version", "Sec-WebSocket-Key", "Sec-WebSocket-Extensions", "Sec-WebSocket-Protocol"),
    *("Sec-Fetch-Site", "If-None-Match", "Accept-Encoding", "Transfer-Encoding"),
]
VALUES = [
    *["\xff"] * 3,
    "",
    "\xff",
    ',;="',
    "a, b",
    "websocket",
    "gzip;q=\xff",
    "permessage-deflate; server_max_window_bits=99",
    "0",
    "9" * 30,
]

#: Verb, path, query, whether it has the token, whether it asks for a WebSocket, and headers that are something else.
requests = st.tuples(
    st.sampled_from(["GET", "GET", "GET", "GET", "POST", "HEAD", "OPTIONS", "DELETE"]),
    st.sampled_from(PATHS),
    st.sampled_from(QUERIES),
    st.sampled_from([True, True, True, False]),
    st.booleans(),
    st.dictionaries(
        st.sampled_from(NAMES),
        st.sampled_from(VALUES) | st.text(st.characters(codec="latin-1", exclude_categories=["Cc"]), max_size=8),
        max_size=2,
    ),
)


@pytest.mark.slow
@settings(
    max_examples=15,
    deadline=None,
    phases=[Phase.generate],
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(st.lists(requests, min_size=20, max_size=20))
def test_no_almost_valid_request_finds_a_bug(
    caplog: pytest.LogCaptureFixture, given_requests: list[tuple[str, str, str, bool, bool, dict[str, str]]]
) -> None:
    async def ask() -> None:
        async with attacked(caplog) as server:
            for verb, path, query, token, upgrade, headers in given_requests:
                data = server.request(
                    verb, path + query, None, {**(UPGRADE if upgrade else {}), **headers}, token=token
                )
                async with await server.connect() as stream:
                    with trio.fail_after(PATIENCE):
                        await stream.send_all(data)
                        await stream.send_eof()
                        answer = await stream.receive_some()
                assert answer.startswith(b"HTTP/1.1 ") or b"Content-Length" in data, data
                assert not answer.startswith(b"HTTP/1.1 5"), answer

    trio.run(ask)
