"""One object per line, for the control socket and the shim's files; the JSON itself is tests/hooks/test_maestro_json.py."""

import json

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
def test_encoded_json_is_read_back_by_json_and_by_us(value: dict[str, object]) -> None:
    line = codec.encode(value)
    assert line.count(b"\n") == 1
    assert line.endswith(b"\n")
    assert json.loads(line) == value
    assert codec.decode(line) == value


@given(st.binary(max_size=60))
def test_any_line_is_an_object_that_json_reads_alike_or_a_value_error(line: bytes) -> None:
    try:
        ours = codec.decode(line)
    except ValueError:
        return
    assert repr(ours) == repr(json.loads(line))


@pytest.mark.parametrize("line", [b"", b"[]", b"1", b'{"a":1} x', b'{"a":', b"\xff", b"[" * 100_000])
def test_input_that_is_not_one_object_is_refused(line: bytes) -> None:
    with pytest.raises(ValueError):
        codec.decode(line)
