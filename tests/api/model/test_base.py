"""The two kinds of structs: stored ones ignore unknown members, requested ones refuse them."""

import msgspec
import pytest

from maestrod.api.model.base import Entity, Params


class Thing(Entity, frozen=True):
    """An entity for these tests."""

    full_name: str
    note: str | None = None


class Ask(Params, frozen=True):
    """Params for these tests."""

    task_id: str


def test_entities_are_camel_case_with_every_member_and_ignore_unknown_ones() -> None:
    assert msgspec.json.encode(Thing(full_name="x")) == b'{"fullName":"x","note":null}'
    assert msgspec.json.decode(b'{"fullName":"x","later":1}', type=Thing) == Thing(full_name="x")


def test_params_refuse_unknown_members_and_carry_id_and_token() -> None:
    asked = msgspec.json.decode(b'{"taskId":"t","requestId":"r","sessionToken":"s"}', type=Ask)
    assert (asked.task_id, asked.request_id, asked.session_token) == ("t", "r", "s")
    with pytest.raises(msgspec.ValidationError, match="unknown field `task_id`"):
        msgspec.json.decode(b'{"task_id":"t"}', type=Ask)
    with pytest.raises(msgspec.ValidationError, match="requestId"):
        msgspec.convert({"requestId": ""}, Params)
