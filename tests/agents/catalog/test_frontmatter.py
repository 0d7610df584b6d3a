"""The part of YAML that skills use is read correctly or refused with its line."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from maestrod.agents.catalog import frontmatter


def members(text: str) -> dict[str, frontmatter.Value]:
    return frontmatter.split(f"---\n{text}\n---\nbody")[0]


def test_the_documented_example_is_read() -> None:
    text = (frontmatter.__doc__ or "").split("of a file::\n\n", 1)[1].split("\n\nValues are", 1)[0]
    assert members("\n".join(line.removeprefix("    ") for line in text.split("\n"))) == {
        "name": "bug-hunter",
        "description": "Finds the cause before it touches the code",
        "skills": ["maestro-worker", "debugging"],
        "capabilities": ["tracing", "bisection"],
        "limits": {"turns": "40"},
        "notes": "Folded into one line by the sign above; `|` keeps the lines.",
    }


@pytest.mark.parametrize(
    "text, value",
    [
        ("a: b", "b"),
        ("a: 'b: c'", "b: c"),
        ('a: "# b"', "# b"),
        ("a: b # why", "b"),
        ("a:", ""),
        ("a: b: c", "b: c"),
        ("a: []", []),
        ("a: [x, 'y', ]", ["x", "y"]),
        ("a:\n- x\n- y z", ["x", "y z"]),
        ("a:\n\n  # why\n  - x", ["x"]),
        ("a:\n  b: 1\n  c: two", {"b": "1", "c": "two"}),
        ("a: |\n  x\n  y", "x\ny"),
        ("a: >-\n  x\n  y", "x y"),
        ("# why\na: 1.0", "1.0"),
    ],
)
def test_values(text: str, value: frontmatter.Value) -> None:
    assert members(text) == {"a": value}


@pytest.mark.parametrize(
    "text, line",
    [
        ("just words", 2),
        ("a: b\nnope", 3),
        ("a: [x, y", 2),
        ("a: 'x", 2),
        ("a: &anchor x", 2),
        ("a: {b: c}", 2),
        ("a: b\n  c", 3),
        ("a:\n  - x\n  nope", 3),
        ("a:\n  - !tag", 3),
        ("a: b\nc: d\na: e", 4),
        ("a:\n  x: 1\n  x: 2", 4),
    ],
)
def test_unsupported_frontmatter_is_an_error_with_its_line(text: str, line: int) -> None:
    with pytest.raises(ValueError, match=rf"^line {line}: "):
        members(text)


def test_text_without_frontmatter_is_text() -> None:
    assert frontmatter.split("# Title\n---\n") == ({}, "# Title\n---\n")


def test_frontmatter_must_be_closed() -> None:
    with pytest.raises(ValueError, match="not closed"):
        frontmatter.split("---\na: b\n")


def test_windows_line_ends_and_a_byte_order_mark_are_accepted() -> None:
    assert frontmatter.split("\ufeff---\r\na: b\r\n---\r\n\r\nbody\r\n") == ({"a": "b"}, "body")


def test_names() -> None:
    assert frontmatter.names(None) == () and frontmatter.names("a, b c") == ("a", "b", "c")
    assert frontmatter.names(["a b"]) == ("a b",)
    with pytest.raises(ValueError):
        frontmatter.names({"a": "b"})


@given(st.text(alphabet=st.sampled_from("ab: -#'\"[]{}>|,\n\t&")) | st.text())
def test_any_text_is_read_or_refused(text: str) -> None:
    document = f"---\n{text}\n---\n"
    try:
        found, _ = frontmatter.split(document)
    except ValueError:
        with pytest.raises(ValueError, match=r"^line \d+: "):
            frontmatter.split(document)
    else:
        assert all(isinstance(value, str | list | dict) for value in found.values())
