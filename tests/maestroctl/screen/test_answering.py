"""A typed line answers exactly what it says, or nothing."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from maestroctl.screen.answering import Decided, echo, invitation, read
from maestrod.api.attention import Attention, AttentionKind, FreeText

YES_NO = Attention("att_q", "ses_x", AttentionKind.INPUT, "Delete the old backups?", options=("yes", "no"))
EITHER = Attention("att_q", "ses_x", AttentionKind.INPUT, "?", options=("yes", "no"), free_text=FreeText.ANSWER)
OPEN = Attention("att_q", "ses_x", AttentionKind.INPUT, "Which port?", free_text=FreeText.ANSWER)
PERMISSION = Attention(
    "att_q",
    "ses_x",
    AttentionKind.PERMISSION,
    "Bash: rm x",
    options=("allow", "deny", "allow for session", "deny for session"),
    free_text=FreeText.REASON,
    tool="Bash",
    digest="d",
)


@pytest.mark.parametrize(
    "line,value", [("1", "yes"), ("2", "no"), ("no", "no"), (" No ", "no"), ("YES", "yes"), ("2 ", "no")]
)
def test_a_choice_is_made_by_number_or_word(line: str, value: str) -> None:
    assert read(YES_NO, line) == Decided(value)


@pytest.mark.parametrize(
    "line", ["no, keep them", "y", "n", "yes!", "12", "0", "3", "", "  ", "1 or 2", "1st", "yes no"]
)
def test_other_texts_are_no_answer_where_only_options_are_accepted(line: str) -> None:
    assert read(YES_NO, line) is None


def test_free_text_is_kept_literally_where_it_is_accepted() -> None:
    assert read(EITHER, " no, keep them") == Decided(" no, keep them")
    assert read(OPEN, "8080") == Decided("8080")
    assert read(OPEN, "  ") is None


def test_a_permission_covers_the_session_only_when_chosen_so() -> None:
    assert read(PERMISSION, "1", "fine") == Decided("allow", "fine")
    assert read(PERMISSION, "allow") == Decided("allow")
    assert read(PERMISSION, "3") == Decided("allow for session")
    assert read(PERMISSION, "allow it") is None
    assert [read(PERMISSION, word) for word in ("y", "no")] == [Decided("allow"), Decided("deny")]


def test_the_user_sees_what_enter_does() -> None:
    assert echo(YES_NO, "2") == "Enter answers: no"
    assert echo(YES_NO, "no, keep them") == "Not an answer. Type 1 yes or 2 no"
    assert echo(PERMISSION, "4") == "Enter answers: deny for session"
    assert "open" in echo(YES_NO, "")
    assert [invitation(each) for each in (YES_NO, EITHER, OPEN)] == [
        "type 1 or 2, then press Enter",
        "1 or 2, or any text",
        "your answer",
    ]


def test_options_that_look_alike_are_distinguished_by_number() -> None:
    alike = Attention("att_q", "ses_x", AttentionKind.INPUT, "?", options=("Yes", "yes", "2"))
    assert read(alike, "yes") is None
    assert read(alike, "2") is None
    assert read(alike, "1") == Decided("Yes")


@given(st.text(max_size=20), st.lists(st.text(min_size=1, max_size=6), max_size=4), st.sampled_from(FreeText))
def test_an_option_is_chosen_only_when_the_line_names_it(line: str, options: list[str], free: FreeText) -> None:
    question = Attention("att_q", "s", AttentionKind.INPUT, "?", options=tuple(options), free_text=free)
    decided = read(question, line)
    if decided is None:
        return
    numbers = {str(number): option for number, option in enumerate(options, 1)}
    named = numbers.get(line.strip()) == decided.value or decided.value.strip().lower() == line.strip().lower()
    assert named or (free is FreeText.ANSWER and decided.value == line)
