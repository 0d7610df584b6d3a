"""Ids sort by the time they were made and are safe as file names."""

from hypothesis import given
from hypothesis import strategies as st

from maestrod.api.model.ids import ALPHABET, is_id, make_id, queue_id

prefixes = st.sampled_from(["prj", "tsk", "ses", "pln", "run", "evt", "att", "inc"])
instants = st.integers(0, 2**48 - 1)
entropies = st.integers(0, 2**80 - 1)


@given(prefixes, instants, entropies)
def test_an_id_consists_of_lower_case_letters_and_digits(prefix: str, at: int, entropy: int) -> None:
    made = make_id(prefix, at, entropy)
    assert is_id(made) and is_id(queue_id(made))
    assert set(made) <= set(ALPHABET + prefix + "_") and len(made) == 30


@given(prefixes, st.tuples(instants, entropies), st.tuples(instants, entropies))
def test_ids_sort_by_time_and_are_as_different_as_their_randomness(
    prefix: str, one: tuple[int, int], two: tuple[int, int]
) -> None:
    first, second = make_id(prefix, *one), make_id(prefix, *two)
    assert (first < second) == (one < two)
    assert (first == second) == (one == two)


@given(st.integers(0, 2**60), st.integers(0, 2**100))
def test_numbers_that_do_not_fit_are_capped(at: int, entropy: int) -> None:
    assert make_id("tsk", at, entropy) == make_id("tsk", at % 2**48, entropy % 2**80)


@given(st.text(max_size=40))
def test_other_text_is_not_an_id(text: str) -> None:
    assert not is_id(text)


def test_near_misses_are_not_ids() -> None:
    good = make_id("tsk", 1, 1)
    wrong = [
        "",
        good.upper(),
        good + "\n",
        good[:-1],
        good + "0",
        "xyz" + good[3:],
        good.replace("_", "-"),
        "../" + good,
    ]
    assert [text for text in [*wrong, "tsk_" + "u" * 26, "que_que_" + good] if is_id(text)] == []
