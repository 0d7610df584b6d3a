"""Answers as bytes, read by h11."""

import h11
import pytest

from maestrod.transport.bridge.response import Response, encode


@pytest.mark.parametrize("status", [200, 201, 204, 303, 304, 404, 499, 503])
def test_h11_reads_what_we_write(status: int) -> None:
    body = b"" if status in {204, 304} else b'{"a":1}'
    client = h11.Connection(h11.CLIENT)
    client.send(h11.Request(method="GET", target="/", headers=[("Host", "x")]))
    client.send(h11.EndOfMessage())
    client.receive_data(encode(Response(status, body, headers=((b"X-More", b"y"),)), origin=b"http://a"))
    head = client.next_event()
    assert isinstance(head, h11.Response)
    headers = dict(head.headers)
    assert (head.status_code, headers[b"x-more"], headers[b"access-control-allow-origin"]) == (
        status,
        b"y",
        b"http://a",
    )
    assert headers[b"cache-control"] == b"no-store" and b"server" not in headers
    received = b""
    while isinstance(event := client.next_event(), h11.Data):
        received += event.data
    assert received == body and isinstance(event, h11.EndOfMessage)


def test_an_answer_to_head_has_the_length_without_the_body() -> None:
    data = encode(Response(200, b"12345"), with_body=False, close=True)
    assert data.endswith(b"\r\n\r\n") and b"Content-Length: 5\r\n" in data and b"Connection: close\r\n" in data
