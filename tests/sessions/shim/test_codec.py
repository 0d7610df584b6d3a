"""The small JSON codec agrees with `json`, whatever comes in."""

import json
import sys

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from maestrod.sessions.shim import codec

values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=12,
)


@given(st.dictionaries(st.text(), values, max_size=5))
def test_what_is_encoded_is_read_back_by_json_and_by_us(value: dict[str, object]) -> None:
    line = codec.encode(value)
    assert line.count(b"\n") == 1
    assert line.endswith(b"\n")
    assert json.loads(line) == value
    assert codec.decode(line) == value


@given(st.binary(max_size=60) | st.text(alphabet='{}[]",:0123456789.eE+-truefalsn \\u', max_size=60).map(str.encode))
def test_any_line_is_an_object_that_json_reads_alike_or_a_value_error(line: bytes) -> None:
    try:
        ours = codec.decode(line)
    except ValueError:
        return
    assert repr(ours) == repr(json.loads(line))


@pytest.mark.parametrize("line", [b"", b"[]", b"1", b'{"a":1} x', b'{"a":', b"\xff", b"[" * 100_000])
def test_what_is_not_one_object_is_refused(line: bytes) -> None:
    with pytest.raises(ValueError):
        codec.decode(line)


def test_it_never_writes_what_it_does_not_know() -> None:
    with pytest.raises(TypeError):
        codec.encode({"a": 1.5})


def test_without_the_c_module_json_itself_is_used(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "_json", None)
    assert codec._scanner()('{"a": 1}', 0) == ({"a": 1}, 8)
    assert codec._quoter()('"ä') == '"\\"\\u00e4"'


def test_bytes_that_are_no_text_are_shown_as_escapes_for_a_strict_decoder() -> None:
    line = codec.encode({"detail": "no program n\udcfc", "half": "\ud83d"})
    assert msgspec.json.decode(line) == {"detail": r"no program n\udcfc", "half": r"\ud83d"}
