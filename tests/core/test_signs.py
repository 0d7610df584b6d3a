"""The vocabulary agents are read into."""

import msgspec
import pytest

from maestrod.core import signs
from maestrod.core.signs import Sign

KINDS = sorted(Sign.__subclasses__(), key=lambda kind: kind.__name__)


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: str(kind.__name__))
def test_every_sign_says_what_it_means(kind: type[Sign]) -> None:
    assert kind.__doc__
    assert kind.__module__ == signs.__name__


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: str(kind.__name__))
def test_signs_are_values(kind: type[Sign]) -> None:
    needed = {field.name: 1 if field.type is int else "x" for field in msgspec.structs.fields(kind) if field.required}
    if "busy" in needed:
        needed["busy"] = True
    assert kind(**needed) == kind(**needed)
    assert kind.__struct_config__.frozen
