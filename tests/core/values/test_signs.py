"""The vocabulary that agents' words and hooks are read into."""

from maestrod.core.values import signs
from maestrod.core.values.signs import Sign


def test_every_sign_is_in_this_vocabulary() -> None:
    kinds = Sign.__subclasses__()
    assert kinds
    assert [kind for kind in kinds if kind.__module__ != signs.__name__ or not kind.__struct_config__.frozen] == []
