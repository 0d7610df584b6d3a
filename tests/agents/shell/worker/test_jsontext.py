"""The small JSON of the worker against the large one of the standard library."""

import json
import sys
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from maestrod.agents.shell.worker import jsontext

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=20,
)


@given(JSON)
def test_it_writes_and_reads_what_json_does(value: Any) -> None:
    text = jsontext.dumps(value)
    assert json.loads(text) == value and jsontext.loads(text) == value
    assert "\n" not in text and text.isascii()
    assert jsontext.loads(f" {json.dumps(value, indent=1, ensure_ascii=False)}\n") == value


@pytest.mark.parametrize("text", ["", "{", '{"a": 1} x', "NaN", "[1,]", "nul"])
def test_what_is_no_json_is_a_value_error(text: str) -> None:
    with pytest.raises(ValueError):
        jsontext.loads(text)


def test_a_python_without_the_accelerator_uses_the_package(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "_json", None)
    scan, quoted = jsontext._parts()
    assert scan('{"a": [1]}', 0) == ({"a": [1]}, 10) and quoted('"é') == '"\\"\\u00e9"'
    with pytest.raises(ValueError):
        scan("NaN", 0)
