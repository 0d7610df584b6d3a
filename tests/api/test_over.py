"""Which statuses are final is defined once, in the contract, and everyone uses that.

Covers ``run.py``, ``attention.py``, ``task_category.py``: the contract's files, which define only that.
"""

import enum

import pytest
from msgspec import structs

from maestrod.api.attention import Answer, Attention, AttentionKind
from maestrod.api.message import MessageStatus
from maestrod.api.model.open_enum import unknown_allowed
from maestrod.api.run import RunStatus
from maestrod.api.session import SessionStatus
from maestrod.api.task import TaskStatus
from maestrod.api.task_category import TaskCategory
from tests.kit.pages.page_statuses import page
from tests.meta.tree import ROOT

OVER: dict[type[enum.Enum], set[str]] = {
    TaskStatus: {"completed", "failed", "skipped", "cancelled"},
    SessionStatus: {"completed", "failed", "stopped"},
    RunStatus: {"completed", "failed", "cancelled"},
    MessageStatus: {"answered", "failed"},
}


@pytest.mark.parametrize("kind", OVER)
def test_a_status_says_whether_it_is_final(
    kind: type[TaskStatus | SessionStatus | RunStatus | MessageStatus],
) -> None:
    assert {status.value for status in kind if status.is_over} == OVER[kind]


def test_a_task_ends_where_nobody_misses_anything() -> None:
    assert {status.value for status in TaskStatus if status.is_done} == {"completed", "skipped"}


def test_a_question_is_open_until_it_is_answered() -> None:
    question = Attention(id="att_a", session_id="ses_a", kind=AttentionKind.INPUT, message="Which?")
    assert question.is_open
    assert not structs.replace(question, answer=Answer(value="this", by="ada", at=1)).is_open


def test_an_unknown_status_of_a_newer_daemon_is_not_an_end() -> None:
    with unknown_allowed():
        assert not SessionStatus("frozen").is_over and not TaskStatus("landing").is_over


def test_the_page_has_the_words_of_the_contract() -> None:
    assert (ROOT / "page" / "js" / "model" / "statuses.js").read_text() == page(), "run make docs"


def test_every_category_but_the_unknown_has_a_status() -> None:
    assert {status.category for status in TaskStatus} == set(TaskCategory) - {TaskCategory.UNKNOWN}


@pytest.mark.parametrize("kind", [TaskStatus, SessionStatus])
def test_no_two_statuses_have_the_same_sign_and_every_icon_is_drawn(
    kind: type[TaskStatus | SessionStatus],
) -> None:
    looks = [status.look for status in kind]
    drawn = (ROOT / "page" / "js" / "ui" / "icons.js").read_text()
    assert len({look.sign for look in looks}) == len(looks)
    assert [look.icon for look in looks if f"\n  {look.icon}: [" not in drawn] == []
