"""The small JSON module of the standalone programs compared with the standard library; they all share one file."""

import json
import math
import sys
from pathlib import Path
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from maestrod.agents.shell.worker import jsontext
from maestrod.sessions.shim import jsontext as of_the_shim
from tests.agents.launches import HOOKS

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=20,
)


def test_the_hooks_the_shim_and_the_worker_share_one_file() -> None:
    for module in (jsontext, of_the_shim):
        assert Path(str(module.__file__)).samefile(HOOKS / "maestro_json.py")


@given(JSON)
def test_encoding_and_decoding_agree_with_json(value: Any) -> None:
    text = jsontext.dumps(value)
    assert json.loads(text) == value and jsontext.loads(text) == value
    assert "\n" not in text and text.isascii()
    assert jsontext.loads(f" {json.dumps(value, indent=1, ensure_ascii=False)}\n") == value


@given(st.text(alphabet='{}[]",:0123456789.eE+-truefalsn \\u', max_size=60))
def test_any_text_is_read_as_json_reads_it_or_a_value_error(text: str) -> None:
    try:
        ours = jsontext.loads(text)
    except ValueError:
        return
    assert repr(ours) == repr(json.loads(text))


@pytest.mark.parametrize(
    "text", ["", "{", '{"a": 1} x', "NaN", "[Infinity]", "[1,]", "nul", "[" * 100_000, '{"a":' * 100_000]
)
def test_invalid_json_is_a_value_error(text: str) -> None:
    with pytest.raises(ValueError):
        jsontext.loads(text)


def test_a_number_of_any_length_is_a_document() -> None:
    digits = "9" * (sys.get_int_max_str_digits() + 1)
    assert jsontext.loads(f"[{digits}, 7]") == [digits, 7]


def test_invalid_bytes_are_shown_as_escapes_by_a_strict_decoder() -> None:
    text = jsontext.dumps({"detail": "no program n\udcfc", "half\ud83d": ("a",)})
    assert msgspec.json.decode(text) == {"detail": r"no program n\udcfc", r"half\ud83d": ["a"]}


@pytest.mark.parametrize("value", [math.nan, [math.inf], {"a": -math.inf}])
def test_a_number_that_json_does_not_have_is_refused(value: Any) -> None:
    with pytest.raises(ValueError, match="is not JSON"):
        jsontext.dumps(value)


def test_values_that_are_not_json_are_refused() -> None:
    with pytest.raises(TypeError, match="a set is not JSON"):
        jsontext.dumps({"a": {1}})


def test_values_nested_too_deeply_are_refused() -> None:
    deep: Any = []
    for _ in range(100_000):
        deep = [deep]
    with pytest.raises(ValueError, match="too deep"):
        jsontext.dumps(deep)


def test_a_python_without_the_accelerator_uses_the_package(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "_json", None)
    scan, quoted = jsontext._parts()
    assert scan('{"a": [1]}', 0) == ({"a": [1]}, 10) and quoted('"é') == '"\\"\\u00e9"'
    with pytest.raises(ValueError):
        scan("NaN", 0)
