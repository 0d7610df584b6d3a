"""Which answers are accepted, and how others are refused."""

import pytest

from maestrod.api.attention import Attention, AttentionAnswer, AttentionKind, FreeText, Lasts
from maestrod.api.errors import Malformed
from maestrod.core.values.attention_options import free_text, settled


def question(
    *options: str, takes: FreeText = FreeText.NONE, kind: AttentionKind = AttentionKind.INPUT, digest: str | None = None
) -> Attention:
    return Attention("att_1", "ses_1", kind, "?", options=options, free_text=takes, digest=digest)


def given(value: str, reason: str = "", lasts: Lasts = Lasts.ONCE) -> AttentionAnswer:
    return AttentionAnswer(attention_id="att_1", value=value, reason=reason, lasts=lasts)


@pytest.mark.parametrize(
    "options, words",
    [(("2.0", "1.9"), "Choose 2.0 or 1.9"), (("a", "b", "c"), "Choose a, b or c"), (("go",), "Choose go")],
)
def test_a_refusal_says_what_to_choose(options: tuple[str, ...], words: str) -> None:
    with pytest.raises(Malformed) as caught:
        settled(question(*options), given("Neither: make it 2.1"))
    assert (caught.value.message, caught.value.reason) == (words, "attention.not_an_option")


def test_free_text_is_accepted_beside_options_only_where_the_question_allows_it() -> None:
    asked = question("2.0", "1.9", takes=FreeText.ANSWER)
    assert settled(asked, given("make it 2.1")).value == "make it 2.1"
    assert settled(question(takes=FreeText.ANSWER), given("anything")).value == "anything"


def test_a_reason_is_sent_with_an_option_that_takes_one() -> None:
    asked = question("allow", "deny", takes=FreeText.REASON)
    assert settled(asked, given("deny", "use git mv")).reason == "use git mv"
    with pytest.raises(Malformed, match="accepts no reason"):
        settled(question("yes", "no"), given("no", "keep them"))


def test_an_answer_for_the_session_means_the_same_as_option_or_member() -> None:
    options = ("allow", "deny", "allow for session", "deny for session")
    asked = question(*options, takes=FreeText.REASON, kind=AttentionKind.PERMISSION, digest="d")
    for answer in (given("allow for session"), given("allow", lasts=Lasts.SESSION)):
        plain = settled(asked, answer)
        assert (plain.value, plain.lasts) == ("allow", Lasts.SESSION)
    with pytest.raises(Malformed, match="no standing answer"):
        settled(question("allow", "deny", takes=FreeText.REASON), given("allow", lasts=Lasts.SESSION))


def test_an_agents_own_option_that_resembles_one_for_the_session_is_an_ordinary_option() -> None:
    asked = question("allow", "allow for session", kind=AttentionKind.PERMISSION)
    assert settled(asked, given("allow for session")).value == "allow for session"


def test_the_answers_our_questions_accept() -> None:
    assert free_text(AttentionKind.PERMISSION, ("allow", "deny"), "Bash") is FreeText.REASON
    assert free_text(AttentionKind.APPROVAL, ("approve", "reject"), None) is FreeText.REASON
    assert free_text(AttentionKind.LIMIT, ("now", "fail"), None) is FreeText.NONE
    assert free_text(AttentionKind.PERMISSION, (), "Bash") is FreeText.NONE  # only the agent's own dialog takes it
    assert free_text(AttentionKind.INPUT, (), None) is FreeText.ANSWER
