"""The glossary explains every parameter, and only those."""

from maestroctl.generated.fields import fields_of
from maestroctl.generated.glossary import GLOSSARY, SPECIAL, meaning
from maestrod.api.protocol.registry import METHODS


def test_every_word_is_used() -> None:
    names = {field.name for row in METHODS.values() for field in fields_of(row)}
    assert set(GLOSSARY) <= names
    assert {
        key
        for key in SPECIAL
        if key not in {f"{row.name}.{field.name}" for row in METHODS.values() for field in fields_of(row)}
    } == set()


def test_sentences() -> None:
    for sentence in [*GLOSSARY.values(), *SPECIAL.values()]:
        assert sentence[0].isupper() or sentence[0] == "`"
        assert sentence.endswith(".")


def test_the_special_meaning_wins() -> None:
    assert meaning("session.list", "status") == "Only sessions with this status."
    assert meaning("task.get", "nonsense") == ""
