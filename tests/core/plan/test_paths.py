"""Path globs: which ones leave the project, and which can match the same file."""

import fnmatch

import pytest
from hypothesis import given
from hypothesis import strategies as st

from maestrod.core.plan.paths import overlap, path_problem

PARTS = st.sampled_from(["a", "b", "ab", "*", "a*", "*b", "?", "**", "[ab]"])
PATTERNS = st.lists(PARTS, min_size=1, max_size=3).map("/".join)


@pytest.mark.parametrize(
    "one, other, meet",
    [
        ("src/a.py", "src/a.py", True),
        ("src/a.py", "src/b.py", False),
        ("src", "src/a.py", True),
        ("src/", "./src//a.py", True),
        ("src/*", "src/a.py", True),
        ("src/*.py", "src/*.js", False),
        ("src/*.py", "src/test_*", True),
        ("src/**", "docs/**", False),
        ("**/*.py", "docs/conf.py", True),
        ("**/x", "a/b", True),  # what is below a/b counts as a/b
        ("a/?", "a/bc", False),
        ("a/[xyz]", "a/z", True),
        (".", "anything", True),
        ("a[", "a[", True),
    ],
)
def test_paths_overlap_as_expected(one: str, other: str, meet: bool) -> None:
    assert overlap(one, other) is meet
    assert overlap(other, one) is meet


def covers(pattern: str, path: list[str]) -> bool:
    """Whether the pattern matches the path or a folder above it: the definition, by trying every way."""

    def match(parts: list[str], rest: list[str]) -> bool:
        if not parts:
            return True
        if parts[0] == "**":
            return any(match(parts[1:], rest[cut:]) for cut in range(len(rest) + 1))
        return bool(rest) and fnmatch.fnmatchcase(rest[0], parts[0]) and match(parts[1:], rest[1:])

    return match(pattern.split("/"), path)


@given(PATTERNS, PATTERNS, st.lists(st.sampled_from(["a", "b", "ab", "ba"]), max_size=4))
def test_two_patterns_that_cover_one_path_overlap(one: str, other: str, path: list[str]) -> None:
    if covers(one, path) and covers(other, path):
        assert overlap(one, other)


@given(PATTERNS, PATTERNS)
def test_overlap_is_symmetric(one: str, other: str) -> None:
    assert overlap(one, other) is overlap(other, one)


@given(st.text(max_size=20), st.text(max_size=20))
def test_any_text_can_be_asked_about(one: str, other: str) -> None:
    overlap(one, other)
    path_problem(one)


@pytest.mark.parametrize(
    "pattern, code",
    [
        ("", "path_empty"),
        ("  ", "path_empty"),
        ("a\0b", "path_empty"),
        ("/etc", "path_absolute"),
        ("~/x", "path_absolute"),
        ("../x", "path_escapes"),
        ("a/../../x", "path_escapes"),
    ],
)
def test_problem(pattern: str, code: str) -> None:
    problem = path_problem(pattern)
    assert problem is not None and problem[0] == code


@pytest.mark.parametrize("pattern", ["src/**", "a..b", "src/..hidden", "x y/z"])
def test_no_problem(pattern: str) -> None:
    assert path_problem(pattern) is None


def test_patterns_of_many_stars_are_cheap() -> None:
    assert not overlap("a*" * 200 + "b", "a" * 400 + "c")
    assert overlap("/".join(["**", "x"] * 100), "/".join(["x", "**"] * 100))
