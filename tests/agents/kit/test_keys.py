"""Prompts are typed into a composer."""

from hypothesis import given
from hypothesis import strategies as st

from maestrod.agents.kit.keys import SETTLE, typed


def test_a_text_is_pasted_and_entered_once_the_composer_has_it() -> None:
    paste, enter = typed("one\r\ntwo")
    assert paste.data == b"\x1b[200~one\ntwo\x1b[201~" and paste.pause == SETTLE and paste.echoed
    assert enter.data == b"\r"


@given(st.text(st.characters(codec="utf-8")))
def test_nothing_in_a_text_ends_the_paste_or_enters_it(text: str) -> None:
    paste, _ = typed(text)
    inside = paste.data.removeprefix(b"\x1b[200~").removesuffix(b"\x1b[201~")
    assert b"\x1b" not in inside and b"\r" not in inside
