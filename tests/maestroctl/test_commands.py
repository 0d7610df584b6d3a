"""The names at the top: every noun of the contract has its place (``test_app`` shows the help of each)."""

from maestroctl.commands import HAND_MADE, NOUNS, SECTIONS, VERBS
from maestrod.api.protocol.registry import METHODS


def test_every_noun_of_the_contract_has_its_place() -> None:
    assert {row.noun for row in METHODS.values()} <= {*VERBS, *NOUNS}


def test_names_are_words_and_summaries_are_sentences() -> None:
    for name, sentence in {**VERBS, **NOUNS}.items():
        assert name.isalpha()
        assert name.islower()
        assert sentence[0].isupper()
        assert not sentence.endswith(".")
    assert set(HAND_MADE) <= set(NOUNS)
    assert not set(VERBS) & set(NOUNS)


def test_every_name_has_one_place_in_the_help() -> None:
    assert sorted(name for names in SECTIONS.values() for name in names) == sorted({**VERBS, **NOUNS})
