"""Requests, batches, and invalid messages."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec import UNSET

from maestrod.rpc.envelope import InvalidRequest, ParseError, Request, read, read_id, read_item

CALL = {"jsonrpc": "2.0", "method": "a", "id": 1}


def refusal(message: bytes) -> tuple[int, str]:
    with pytest.raises((ParseError, InvalidRequest)) as caught:
        read(message)
    return caught.value.rpc_code, caught.value.reason


@pytest.mark.parametrize("id_", [0, -1, 2**63 - 1, "", "a", "1", None])
def test_ids_are_strings_integers_or_null(id_: object) -> None:
    request = read(json.dumps({**CALL, "id": id_}).encode())
    assert isinstance(request, Request) and request.id == id_


@pytest.mark.parametrize("id_", [1.0, 0.5, 1e300, True, {}, [], [1], 2**64, 10**400, "x" * 1025])
def test_other_ids_are_refused_and_not_echoed(id_: object) -> None:
    message = json.dumps({**CALL, "id": id_}).encode()
    assert refusal(message)[0] == -32600
    assert read_id(message) is None


def test_a_call_without_an_id_is_a_notification() -> None:
    request = read(b'{"jsonrpc":"2.0","method":"a"}')
    assert isinstance(request, Request) and request.id is UNSET


def test_unknown_members_are_ignored() -> None:
    assert isinstance(read(json.dumps({**CALL, "trace": {"x": 1}}).encode()), Request)


@pytest.mark.parametrize(
    "changed",
    [{"jsonrpc": "1.0"}, {"jsonrpc": 2.0}, {"jsonrpc": None}, {"method": 1}, {"method": None}],
)
def test_members_of_the_wrong_type_make_a_request_invalid_and_its_id_is_known(changed: dict[str, object]) -> None:
    message = json.dumps(CALL | changed).encode()
    assert refusal(message)[0] == -32600
    assert read_id(message) == 1


@pytest.mark.parametrize("missing", ["jsonrpc", "method"])
def test_missing_members_make_a_request_invalid(missing: str) -> None:
    assert refusal(json.dumps({name: value for name, value in CALL.items() if name != missing}).encode())[0] == -32600


@pytest.mark.parametrize("message", [b"1", b'"a"', b"null", b"true"])
def test_json_that_is_not_a_request_is_refused(message: bytes) -> None:
    assert refusal(message)[0] == -32600


@pytest.mark.parametrize(
    "message",
    [b"", b" ", b"{", b"[", b"[1,", b"{'a':1}", b"{}{}", b"nil", b'{"method":1,', b'{"method":1} x'],
)
def test_input_that_is_not_json_is_refused(message: bytes) -> None:
    assert refusal(message)[0] == -32700


@pytest.mark.parametrize(
    "message, path",
    [
        (b'{"jsonrpc":"2.0","id":1,"method":"a","method":"b"}', "$.method"),
        (b'{"jsonrpc":"2.0","id":1,"method":"a","params":{"plan":{"groups":[],"groups":[]}}}', "$.params.plan.groups"),
        (b'{"jsonrpc":"2.0","id":1,"method":"a","params":{"a":[{"b":1},{"b":1,"\\u0062":2}]}}', "$.params.a[1].b"),
    ],
)
def test_a_member_that_appears_twice_is_refused_with_its_path(message: bytes, path: str) -> None:
    for reader in (read, read_item):
        with pytest.raises(InvalidRequest) as caught:
            reader(message)
        assert (caught.value.reason, caught.value.details) == ("request.repeated_member", {"path": path})
    assert read_id(message) == 1


def test_invalid_utf8_is_refused_anywhere() -> None:
    for place in (b'"method":"\xff"', b'"method":"a","params":{"a":"\xff"}', b'"method":"a","unknown":"\xff"'):
        assert refusal(b'{"jsonrpc":"2.0",' + place + b"}") == (-32700, "request.encoding")


def test_half_a_surrogate_pair_is_replaced_and_a_byte_order_mark_is_ignored() -> None:
    call = rb'{"jsonrpc":"2.0","method":"a","params":{"a":"x \ud83d","\udc00":"\ud83d\ude00","b":"\\ud83d"}}'
    for message in (call, b"\xef\xbb\xbf" + call, b"[" + call + b"]"):
        request = read(message)
        if isinstance(request, list):
            request = read_item(bytes(request[0]))
        params = json.loads(bytes(request.params))
        assert params == {"a": "x \ufffd", "\ufffd": "😀", "b": "\\ud83d"}


@given(st.binary(max_size=200))
def test_no_bytes_make_it_fail(message: bytes) -> None:
    try:
        read(message)
    except (ParseError, InvalidRequest):
        pass
    read_id(message)


@given(st.lists(st.one_of(st.integers(), st.text(), st.none(), st.just(CALL)), max_size=5))
def test_a_batch_is_split_into_its_items(items: list[Any]) -> None:
    batch = read(json.dumps(items).encode())
    assert isinstance(batch, list)
    assert [json.loads(bytes(item)) for item in batch] == items


def test_each_item_of_a_batch_is_read_separately() -> None:
    assert read_item(json.dumps(CALL).encode()).method == "a"
    for item in (b"1", b"[]", b"{}", b'{"jsonrpc":"2.0","method":"a","params":' + b"[" * 2000 + b"]" * 2000 + b"}"):
        with pytest.raises(InvalidRequest):
            read_item(item)
