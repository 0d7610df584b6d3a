"""Titles in a terminal's bytes, however they are split and whatever else is printed."""

from hypothesis import given
from hypothesis import strategies as st

from maestrod.supervisor.title_scanner import TITLE_BYTES, Title, TitleScanner
from tests.supervisor.test_line_cutter import CUTS, pieces

PARTS = st.sampled_from(
    [
        b"\x1b]0;",
        b"\x1b]2;",
        b"\x1b]8;;x",
        b"\x07",
        b"\x1b\\",
        b"\x1b",
        b"]",
        b"0;",
        "✳ busy".encode(),
        b"idle",
        b"\x18",
        b"\x1b[2J",
        b"\n",
    ]
)
SCREENS = st.lists(PARTS, max_size=30).map(b"".join)


def scan(log: bytes, cuts: list[int], start: int = 0) -> list[Title]:
    scanner = TitleScanner(start)
    return [title for begin, data in pieces(log, cuts, start) for title in scanner.feed(begin, data)]


@given(SCREENS, CUTS)
def test_titles_are_the_same_however_the_output_is_split(log: bytes, cuts: list[int]) -> None:
    assert scan(log, cuts) == scan(log, [])


@given(SCREENS, CUTS, st.data())
def test_reading_after_a_title_finds_the_others(log: bytes, cuts: list[int], data: st.DataObject) -> None:
    titles = scan(log, cuts)
    read = data.draw(st.integers(0, len(titles)))
    assert scan(log, cuts, titles[read - 1].end if read else 0) == titles[read:]


def test_both_ends_and_both_kinds_are_known() -> None:
    log = b"hello\x1b]0;one\x07\x1b[1m\x1b]2;two\x1b\\bye\x1b]1;icon\x07"
    assert scan(log, []) == [Title("one", 13), Title("two", 26)]


def test_a_cancelled_title_is_ignored() -> None:
    assert scan(b"\x1b]0;gone\x18\x07\x1b]0;gone\x1b[m\x07\x1b]0;kept\x07", []) == [Title("kept", 31)]


def test_invalid_bytes_and_controls_do_no_harm() -> None:
    assert [title.text for title in scan(b"\x1b]0;a\xff\x08b\x07", [])] == ["a�b"]


def test_a_title_without_an_end_is_forgotten() -> None:
    scanner = TitleScanner(0)
    scanner.feed(0, b"\x1b]0;" + b"x" * 50)
    for number in range(1000):
        scanner.feed(54 + number * 100, b"x" * 100)
    assert len(scanner._held) <= TITLE_BYTES + 6
    assert scanner.feed(54 + 100_000, b"\x07\x1b]0;next\x07") == [Title("next", 100_064)]


@given(st.integers(TITLE_BYTES - 3, TITLE_BYTES + 3), CUTS)
def test_the_limit_does_not_depend_on_the_pieces(size: int, cuts: list[int]) -> None:
    log = b"\x1b]0;" + b"t" * size + b"\x1b\\"
    assert len(scan(log, [cut * 7 for cut in cuts])) == (size <= TITLE_BYTES)
