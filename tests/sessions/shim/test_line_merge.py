"""Standard error in the log of standard output: never inside a line, whole lines only, nothing lost within the limit."""

from hypothesis import given
from hypothesis import strategies as st

from maestrod.sessions.shim.line_merge import LINE_LIMIT, PENDING_LIMIT, LineMerge

PIECES = st.lists(st.tuples(st.booleans(), st.text("ab\n", min_size=1, max_size=12)), max_size=40)


def merged(pieces: list[tuple[bool, str]]) -> bytes:
    """The log of pieces of standard output (True, in lower case) and standard error (False, in upper case)."""
    merge = LineMerge()
    log = b"".join(merge.output(text.encode()) if out else merge.errors(text.upper().encode()) for out, text in pieces)
    return log + merge.output_ended() + merge.finish()


@given(PIECES)
def test_no_line_mixes_bytes_of_both_streams(pieces: list[tuple[bool, str]]) -> None:
    for line in merged(pieces).split(b"\n"):
        assert line == line.lower() or line == line.upper()


@given(PIECES)
def test_each_stream_keeps_its_lines_and_their_order(pieces: list[tuple[bool, str]]) -> None:
    lines = [line for line in merged(pieces).split(b"\n") if line]
    out = "".join(text for is_out, text in pieces if is_out)
    errors = "".join(text.upper() for is_out, text in pieces if not is_out)
    assert [line.decode() for line in lines if line == line.lower()] == [line for line in out.split("\n") if line]
    assert [line.decode() for line in lines if line == line.upper()] == [line for line in errors.split("\n") if line]


@given(PIECES)
def test_standard_output_alone_stays_unchanged(pieces: list[tuple[bool, str]]) -> None:
    only = [(True, text) for _, text in pieces]
    assert merged(only) == "".join(text for _, text in only).encode()


def test_pending_errors_are_bounded_and_their_loss_is_reported() -> None:
    merge = LineMerge()
    merge.output(b"in the mid")
    line = b"x" * 999 + b"\n"
    for _ in range(PENDING_LIMIT // 500):
        assert merge.errors(line) == b""
    log = merge.output(b"dle\nnext")
    assert log.startswith(b"dle\nxxx") and log.endswith(b" bytes of standard error were left out here]\nnext")
    assert len(log) <= PENDING_LIMIT + 200


def test_a_line_of_standard_error_without_an_end_is_broken_at_the_bound() -> None:
    merge = LineMerge()
    assert merge.errors(b"y" * LINE_LIMIT) == b""
    assert merge.errors(b"y") == b"y" * (LINE_LIMIT + 1) + b"\n"


def test_errors_after_the_end_of_standard_output_are_written_at_once() -> None:
    merge = LineMerge()
    assert merge.output(b"no newline") == b"no newline"
    assert merge.output_ended() == b""
    assert merge.errors(b"oh\n") == b"\noh\n"
    assert merge.errors(b"dear\n") == b"dear\n"
    assert merge.finish() == b""
