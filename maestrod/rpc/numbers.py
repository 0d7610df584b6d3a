"""Runs and questions named by their numbers, ``12`` or ``#12``, wherever their ids are."""

import re
from collections.abc import Mapping
from typing import TypeVar

import msgspec

from maestrod.api.model.base import Params
from maestrod.core.world.lookup import missing
from maestrod.core.world.world import World

P = TypeVar("P", bound=Params)

#: The parameters that a number may stand in, and the kind of entity it names.
NUMBERED: Mapping[str, str] = {"run_id": "run", "attention_id": "attention"}

_NUMBER = re.compile(r"#?([1-9][0-9]{0,11})", re.ASCII)


def with_ids(world: World, params: P, members: tuple[str, ...]) -> P:
    """The parameters with ids where ``members`` have numbers. Raises ``NotFound`` for a number that was not given."""
    for member in members:
        found = _NUMBER.fullmatch(getattr(params, member) or "")
        if found is None:
            continue
        kind = NUMBERED[member]
        id_ = world.by_number.get((kind, int(found[1])))
        if id_ is None:
            raise missing(kind, f"#{found[1]}")
        params = msgspec.structs.replace(params, **{member: id_})
    return params
