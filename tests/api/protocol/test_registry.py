"""The list of all methods refuses ambiguity; tests/meta checks what each row must have."""

import dataclasses

import pytest

from maestrod.api.protocol import registry
from maestrod.api.protocol.registry import METHODS


def test_a_name_or_a_route_twice_is_refused() -> None:
    one, two, *_ = METHODS.values()
    with pytest.raises(RuntimeError, match=one.name):
        registry._index([one, one])
    with pytest.raises(RuntimeError, match=one.name):
        registry._index([one, dataclasses.replace(two, route=one.route)])
    assert registry._index([one, two]) == {one.name: one, two.name: two}
