"""A tool's input in one line."""

import pytest

from maestrod.agents.gemini.tools import summary


@pytest.mark.parametrize(
    "arguments, line",
    [
        ({"command": "make", "description": "builds"}, "make"),
        ({"file_path": "/a/b.py", "content": "…"}, "/a/b.py"),
        ({"colour": "red"}, '{"colour":"red"}'),
        ({}, ""),
        (None, ""),
        ("text", ""),
    ],
)
def test_what_says_it_best(arguments: object, line: str) -> None:
    assert summary(arguments) == line
