"""Tokens prove which session is calling.

Covers ``command.py``: a token is read into the actor of a command.
"""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from maestrod.api.errors import NotAllowed
from maestrod.core.access.session_token import make_token, read_token
from maestrod.core.values.command import Actor

KEY = b"k" * 32
SESSION = "ses_00000000000000000000000000"


@given(attempt=st.integers(1, 999_999_999))
def test_a_token_names_its_session_and_attempt(attempt: int) -> None:
    assert read_token(KEY, make_token(KEY, SESSION, attempt)) == Actor(SESSION, attempt)


def test_the_same_token_can_be_made_again() -> None:
    assert make_token(KEY, SESSION, 1) == make_token(KEY, SESSION, 1)


@given(st.text(max_size=200))
def test_no_text_is_a_token_by_chance(text: str) -> None:
    with pytest.raises(NotAllowed) as caught:
        read_token(KEY, text)
    assert caught.value.reason == "token.invalid"


@given(place=st.integers(0, 200), digit=st.sampled_from("0123456789abcdef.-é"))
def test_any_change_of_a_token_is_found(place: int, digit: str) -> None:
    token = make_token(KEY, SESSION, 12)
    forged = token[: place % len(token)] + digit + token[place % len(token) + 1 :]
    if forged != token:
        with pytest.raises(NotAllowed):
            read_token(KEY, forged)


@pytest.mark.parametrize("token", [f"{SESSION}.x", f".1.{'0' * 64}", "..", make_token(b"other" * 7, SESSION, 1)])
def test_forgeries_are_refused(token: str) -> None:
    with pytest.raises(NotAllowed):
        read_token(KEY, token)


@pytest.mark.parametrize("claim", ["", "ses_1.-1", "ses_1.1e3", "ses_1.²"])
def test_an_invalid_signed_claim_is_refused(claim: str) -> None:
    session_id, _, attempt = claim.rpartition(".")
    token = make_token(KEY, session_id, attempt)  # type: ignore[arg-type]  # what only a bug of ours would sign
    with pytest.raises(NotAllowed):
        read_token(KEY, token)
