"""Framing: any split of the stream gives the same messages, nothing raises, and the limits hold."""

import json
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from maestrod.api.protocol.wire import DEPTH_LIMIT, DIGITS_LIMIT, Decoder, Framing, FramingError, excess, frame

_JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-(10**18), 10**18) | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=5), inner, max_size=4),
    max_leaves=10,
)
_MESSAGES = st.lists(st.builds(lambda value: json.dumps({"p": value}).encode(), _JSON), min_size=1, max_size=6)


def pieces(stream: bytes, cuts: list[int]) -> list[bytes]:
    """The stream cut at these places."""
    places = sorted({cut % (len(stream) + 1) for cut in cuts} | {0, len(stream)})
    return [stream[begin:end] for begin, end in pairwise(places)]


def decoded(chunks: list[bytes], limit: int = 1 << 20) -> list[bytes | FramingError]:
    decoder = Decoder(limit)
    return [message for chunk in chunks for message in decoder.feed(chunk)]


@pytest.mark.parametrize("framing", Framing)
@given(messages=_MESSAGES, cuts=st.lists(st.integers(0, 10_000), max_size=12))
def test_any_split_of_the_stream_gives_the_same_messages(
    framing: Framing, messages: list[bytes], cuts: list[int]
) -> None:
    stream = b"".join(frame(message, framing) for message in messages)
    assert decoded(pieces(stream, cuts)) == messages


@given(data=st.binary(max_size=300), cuts=st.lists(st.integers(0, 300), max_size=6))
def test_no_bytes_raise_and_any_split_gives_the_same(data: bytes, cuts: list[int]) -> None:
    whole, parts = decoded([data], 64), decoded(pieces(data, cuts), 64)
    assert [str(message) for message in whole] == [str(message) for message in parts]
    assert all(isinstance(message, bytes) and len(message) <= 64 for message in whole[:-1])


@given(head=st.binary(max_size=80), cuts=st.lists(st.integers(0, 300), max_size=6))
def test_no_header_raises_and_any_split_gives_the_same(head: bytes, cuts: list[int]) -> None:
    data = b"Content-Length: " + head
    whole, parts = decoded([data], 64), decoded(pieces(data, cuts), 64)
    assert [str(message) for message in whole] == [str(message) for message in parts]


def test_empty_lines_and_carriage_returns_are_ignored() -> None:
    assert decoded([b'\n\r\n  \n{"a":1}\r\n\n']) == [b'{"a":1}\r']


def test_an_unfinished_line_is_not_a_message() -> None:
    assert decoded([b'{"a":1}']) == []


def test_headers_may_come_in_any_order_and_case() -> None:
    stream = b"Content-Type: application/vscode-jsonrpc; charset=utf-8\r\ncontent-length:2\r\n\r\n{}"
    assert decoded([stream]) == [b"{}"]


@pytest.mark.parametrize("splits", [1, 7])
def test_a_line_may_have_exactly_the_limit(splits: int) -> None:
    fits, too_long = b"x" * 100, b"x" * 101
    assert decoded([fits[:splits], fits[splits:] + b"\n"], 100) == [fits]
    [error] = decoded([too_long[:splits], too_long[splits:] + b"\n"], 100)
    assert isinstance(error, FramingError) and error.reason == "wire.too_long"


def test_a_line_without_an_end_is_refused_before_it_is_complete() -> None:
    decoder = Decoder(100)
    assert decoder.feed(b"x" * 100) == []
    [error] = decoder.feed(b"x")
    assert isinstance(error, FramingError)
    assert decoder.broken and decoder.feed(b"\n{}\n") == []


def test_messages_before_the_one_that_breaks_the_stream_are_kept() -> None:
    first, error = decoded([b"{}\n" + b"x" * 101 + b"\n{}\n"], 100)
    assert first == b"{}" and isinstance(error, FramingError)


@pytest.mark.parametrize(
    "header",
    [
        b"Content-Length: 5000000000000000000000000\r\n\r\n",
        b"Content-Length: 101\r\n\r\n",
        b"Content-Length: -1\r\n\r\n",
        b"Content-Length: 1e1\r\n\r\n",
        b"Content-Length: \xb2\r\n\r\n",
        b"Content-Length: 1\r\nContent-Length: 2\r\n\r\n",
        b"Content-Length\r\n\r\n",
        b"Content-Type: x\r\n\r\n",
        b"C" * 1100,
    ],
)
def test_a_header_with_an_impossible_length_ends_the_connection(header: bytes) -> None:
    decoder = Decoder(100)
    [error] = decoder.feed(header)
    assert isinstance(error, FramingError) and decoder.broken


def test_the_length_is_counted_in_bytes() -> None:
    assert frame("é".encode(), Framing.HEADERS) == b"Content-Length: 2\r\n\r\n\xc3\xa9"


@given(value=_JSON)
def test_ordinary_values_are_not_excessive(value: object) -> None:
    assert excess(json.dumps(value).encode()) is None


@given(depth=st.integers(1, 3 * DEPTH_LIMIT), text=st.text(max_size=20), key=st.booleans())
def test_depth_is_counted_outside_strings(depth: int, text: str, key: bool) -> None:
    inner = json.dumps(text + "[{" * 200 + '"\\')
    opening, closing = ('{"a":', "}") if key else ("[", "]")
    document = f"{opening * depth}{inner}{closing * depth}".encode()
    assert (excess(document) is None) == (depth <= DEPTH_LIMIT)


def test_many_adjacent_brackets_are_not_deep() -> None:
    assert excess(b"[" + b",".join([b"[]"] * 10_000) + b"]") is None


@given(digits=st.integers(1, 40), negative=st.booleans())
def test_long_integers_are_refused(digits: int, negative: bool) -> None:
    document = b'{"a":%b%b}' % (b"-" if negative else b"", b"9" * digits)
    assert (excess(document) is None) == (digits <= DIGITS_LIMIT)


@pytest.mark.parametrize("value", [b'"' + b"9" * 40 + b'"', b"0." + b"1" * 40, b"1" * 30 + b".5", b"1" * 30 + b"e2"])
def test_long_digits_outside_integers_are_accepted(value: bytes) -> None:
    assert excess(b'{"a":%b}' % value) is None
