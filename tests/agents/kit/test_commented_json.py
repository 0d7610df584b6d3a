"""Settings files with comments are read correctly."""

import json
from typing import Any

import pytest
from hypothesis import given

from maestrod.agents.kit.commented_json import decode
from tests.agents.kit.test_json_lines import JSON


@pytest.mark.parametrize(
    "text, meaning",
    [
        ('{"a": 1, // one\n "b": [1, 2,], /* two\n lines */ }', {"a": 1, "b": [1, 2]}),
        ('{"url": "http://x/*y*/", "quote": "\\" // no"}', {"url": "http://x/*y*/", "quote": '" // no'}),
        ('{"a": ",]"}', {"a": ",]"}),
        ("[1, // last\n]", [1]),
        ("// nothing\n{}", {}),
    ],
)
def test_comments_and_extra_commas_are_read(text: str, meaning: Any) -> None:
    assert decode(text) == meaning


@pytest.mark.parametrize("text", ["", "{", "{'a': 1}", "nonsense"])
def test_text_that_is_not_even_commented_json_is_refused(text: str) -> None:
    with pytest.raises(ValueError):
        decode(text)


@pytest.mark.parametrize("text", ['{"a": "\ud83d"}', r'{"a": "\ud83d"} // \ud83d', '\ufeff{"a": "\ufffd"}'])
def test_half_a_surrogate_pair_is_replaced_and_a_byte_order_mark_is_accepted(text: str) -> None:
    assert decode(text) == {"a": "\ufffd"}


@given(JSON)
def test_plain_json_means_the_same(value: Any) -> None:
    try:
        text = json.dumps(value, ensure_ascii=False, allow_nan=False)
        plain = json.loads(text)
        text.encode()
    except ValueError:
        return
    assert decode(text) == plain
