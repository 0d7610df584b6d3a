"""Accepts the numbers of runs and questions (``12`` or ``#12``) in place of their ids."""

import re
from collections.abc import Mapping
from typing import TypeVar

import msgspec

from maestrod.api.model.base import Params
from maestrod.core.world.lookup import missing
from maestrod.core.world.world import World

P = TypeVar("P", bound=Params)

#: The parameters that accept a number, and the kind of entity that it names.
NUMBERED: Mapping[str, str] = {"run_id": "run", "attention_id": "attention"}

_NUMBER = re.compile(r"#?([1-9][0-9]{0,11})", re.ASCII)


def with_ids(world: World, params: P, members: tuple[str, ...]) -> P:
    """The parameters with the numbers in ``members`` replaced by ids. Raises ``NotFound`` for an unknown number."""
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
