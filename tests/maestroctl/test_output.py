"""Output cannot control a terminal, and a reader that left is not an error."""

import io
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from maestroctl import output


@given(st.text())
def test_no_character_moves_the_terminal(text: str) -> None:
    for character in output.safe(text):
        assert unicodedata.category(character) != "Cc"
        assert character not in "\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069\u2028\u2029\u200b\u2060\ufeff"


@given(st.text())
def test_a_block_keeps_exactly_its_lines(text: str) -> None:
    assert all(
        unicodedata.category(character) != "Cc" for character in output.safe_block(text) if character not in "\n\t"
    )


def test_multilingual_text_stays_as_it_is() -> None:
    assert output.safe("Größe 大 ✔") == "Größe 大 ✔"
    assert output.safe("a\nb\tc\x1b[2J") == "a\\nb c\\x1b[2J"
    assert output.safe_block("a\r\nb") == "a\nb"


def test_results_go_to_stdout_and_diagnostics_to_stderr(capsys: pytest.CaptureFixture[str]) -> None:
    output.answer("yes")
    output.answer_json({"a": "ä"})
    output.answer_json_line({"a": 1})
    output.say("well")
    captured = capsys.readouterr()
    assert captured.out == 'yes\n{\n  "a": "\\u00e4"\n}\n{"a":1}\n'
    assert captured.err == "well\n"


class Broken(io.StringIO):
    def write(self, text: str) -> int:
        raise BrokenPipeError


def test_a_reader_that_left_raises_a_closed_pipe(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.stdout", Broken())
    monkeypatch.setattr("sys.stderr", Broken())
    with pytest.raises(output.ClosedPipe):
        output.answer("yes")
    output.say("to nobody")


@pytest.mark.parametrize(
    "choice, environ, tty, coloured",
    [
        ("always", {"NO_COLOR": "1"}, False, True),
        ("never", {"FORCE_COLOR": "1"}, True, False),
        ("auto", {}, True, True),
        ("auto", {}, False, False),
        ("auto", {"NO_COLOR": "1"}, True, False),
        ("auto", {"NO_COLOR": ""}, True, True),
        ("auto", {"TERM": "dumb"}, True, False),
        ("auto", {"FORCE_COLOR": "1"}, False, True),
        ("auto", {"CLICOLOR_FORCE": "0"}, False, False),
    ],
)
def test_colours_follow_the_terminal(choice: str, environ: dict[str, str], tty: bool, coloured: bool) -> None:
    stream = io.StringIO()
    stream.isatty = lambda: tty  # type: ignore[method-assign] # a terminal, for once
    assert output.coloured(choice, environ, stream) is coloured


@pytest.mark.parametrize(
    "arguments, wanted", [(["--json"], True), (["x", "--jsonl"], True), (["x"], False), (["--", "--json"], False)]
)
def test_json_is_asked_for_before_the_double_dash(arguments: list[str], wanted: bool) -> None:
    assert output.wants_json(arguments) is wanted
