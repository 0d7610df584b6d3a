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


def test_a_row_on_which_the_check_fails_is_an_offender_and_the_others_are_still_read() -> None:
    found = offenders({"a": "", "b": "x"}, faults)
    assert found == {"a": ["IndexError: string index out of range"], "b": ["begin it with another letter"]}


def test_what_a_group_of_errors_holds_is_said_one_by_one() -> None:
    def failing(row: str) -> Iterator[str]:
        yield f"{row} is read"
        raise ExceptionGroup("nursery", [ValueError("one"), ExceptionGroup("inner", [KeyError("two")])])

    assert offenders({"a": "it"}, failing) == {"a": ["it is read", "ValueError: one", "KeyError: 'two'"]}
