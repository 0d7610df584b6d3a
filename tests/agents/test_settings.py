"""What an agent's table may contain: names of variables but never values, words of a bounded length."""

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from maestrod.agents.settings import AgentSettings


@given(st.from_regex(r"[A-Za-z_][A-Za-z0-9_]{0,30}", fullmatch=True))
def test_a_taken_name_is_refused(name: str) -> None:
    assert msgspec.convert({"env": [name]}, AgentSettings).env == (name,)


@pytest.mark.parametrize("value", ["A=1", "", "9", "A B", "A\n", "x" * 300])
def test_invalid_variable_names_are_refused(value: str) -> None:
    with pytest.raises(msgspec.ValidationError):
        msgspec.convert({"env": [value]}, AgentSettings)
