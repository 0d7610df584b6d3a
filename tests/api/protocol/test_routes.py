"""Second routes name existing rows and their parameters."""

import re

import msgspec

from maestrod.api.protocol.registry import METHODS
from maestrod.api.protocol.routes import ALIASES, FOLLOWING, routes


def test_no_route_exists_twice() -> None:
    every = [route for route, _ in routes()]
    assert len(every) == len(set(every))


def test_their_names_are_parameters_of_the_row() -> None:
    for route, name in ALIASES.items():
        wire = {field.encode_name for field in msgspec.structs.fields(METHODS[name].params)}
        assert set(re.findall(r"\{(\w+)\}", route.path)) <= wire


def test_the_followed_methods_are_rows() -> None:
    assert set(METHODS) >= FOLLOWING
