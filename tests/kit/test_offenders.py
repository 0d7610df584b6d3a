"""A loop over rows names every offender, and one row that breaks the check hides no other."""

from collections.abc import Iterator

from tests.kit.offenders import offenders


def faults(word: str) -> Iterator[str]:
    if word.isupper():
        yield "write it in lower case"
    if word[0] == "x":
        yield "begin it with another letter"


def test_every_offender_is_named_with_all_its_faults() -> None:
    assert offenders({"a": "fine", "b": "XY", "c": "x"}, faults) == {
        "b": ["write it in lower case"],
        "c": ["begin it with another letter"],
    }


def test_an_offending_row_is_listed_and_the_others_are_still_checked() -> None:
    found = offenders({"a": "", "b": "x"}, faults)
    assert found == {"a": ["IndexError: string index out of range"], "b": ["begin it with another letter"]}


def test_errors_in_a_group_are_reported_one_by_one() -> None:
    def failing(row: str) -> Iterator[str]:
        yield f"{row} is read"
        raise ExceptionGroup("nursery", [ValueError("one"), ExceptionGroup("inner", [KeyError("two")])])

    assert offenders({"a": "it"}, failing) == {"a": ["it is read", "ValueError: one", "KeyError: 'two'"]}
