"""Progress that adds up, and the same figures wherever they are shown."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from maestroctl.show.progress import counts_of, percent, progress_text, spent
from maestrod.api.session import Usage
from maestrod.api.task import Leaves


def test_a_failure_is_not_counted_as_completed() -> None:
    assert progress_text(Leaves(total=11, completed=10, failed=1)) == "10 of 11 tasks completed, 1 failed"
    assert progress_text(Leaves(total=2, cancelled=2)) == "0 of 2 tasks completed, 2 cancelled"
    assert progress_text(Leaves(total=3, completed=1, skipped=1)) == "1 of 3 tasks completed, 1 skipped"
    assert counts_of({"leaves": {"total": 1, "completed": 1}}) == "1 of 1 task completed"
    assert counts_of({"leaves": None}) == ""


@pytest.mark.parametrize("progress, words", [(0, "0%"), (0.29, "29%"), (10 / 11, "90%"), (0.9999, "99%"), (1, "100%")])
def test_percentages(progress: float, words: str) -> None:
    assert percent(progress) == words


@given(st.integers(1, 100_000), st.data())
def test_only_finished_work_is_at_100_percent(total: int, data: st.DataObject) -> None:
    done = data.draw(st.integers(0, total))
    assert (percent(done / total) == "100%") == (done == total)


def test_usage() -> None:
    assert spent(Usage(input=16_000, output=1_200, cost=0.084)) == "16,000 tokens in, 1,200 out, $0.08"
    assert spent(Usage(input=5, output=6)) == "5 tokens in, 6 out"
