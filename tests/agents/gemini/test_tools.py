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
def test_the_summary_shows_the_most_telling_member(arguments: object, line: str) -> None:
    assert summary(arguments) == line
