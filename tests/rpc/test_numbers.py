"""Runs and questions can be named by their numbers wherever their ids are accepted."""

import pytest

from maestrod.api.attention import AttentionRef
from maestrod.api.errors import NotFound
from maestrod.api.run import RunRef
from maestrod.core.world.world import World
from maestrod.rpc.numbers import with_ids

MEMBERS = ("run_id",)


def world() -> World:
    made = World()
    made.by_number["run", 12] = "run_x"
    return made


@pytest.mark.parametrize("text", ["12", "#12"])
def test_a_number_stands_for_the_id(text: str) -> None:
    assert with_ids(world(), RunRef(run_id=text), MEMBERS) == RunRef(run_id="run_x")


@pytest.mark.parametrize("text", ["run_x", "012", "#", "", "12a", "\u0661\u0662", "1 2"])
def test_values_that_are_not_numbers_stay(text: str) -> None:
    assert with_ids(world(), RunRef(run_id=text), MEMBERS) == RunRef(run_id=text)


def test_an_unknown_number_is_not_found() -> None:
    with pytest.raises(NotFound, match="there is no run #13; list them with `maestroctl run list`"):
        with_ids(world(), RunRef(run_id="13"), MEMBERS)
    with pytest.raises(NotFound, match="there is no question #44; list them with `maestroctl inbox`"):
        with_ids(world(), AttentionRef(attention_id="44"), ("attention_id",))
