"""The names at the top: each leads somewhere, and every noun of the contract has its place."""

import pytest

from maestroctl.app import load
from maestroctl.commands import HAND_MADE, NOUNS, VERBS
from maestrod.api.registry import METHODS


@pytest.mark.parametrize("name", sorted({*VERBS, *NOUNS}))
def test_every_name_leads_somewhere(name: str) -> None:
    assert load(name) is not None


def test_every_noun_of_the_contract_has_its_place() -> None:
    assert {row.noun for row in METHODS.values()} <= {*VERBS, *NOUNS}


def test_names_are_words_and_sentences() -> None:
    for name, sentence in {**VERBS, **NOUNS}.items():
        assert name.isalpha()
        assert name.islower()
        assert sentence[0].isupper()
        assert not sentence.endswith(".")
    assert set(HAND_MADE) <= set(NOUNS)
    assert not set(VERBS) & set(NOUNS)
