"""What is over is said once, by the statuses of the contract, and everybody is told by them.

Covers ``run.py``, ``attention.py``: the contract's files, which define nothing else than what is over.
"""

import ast
import enum

import pytest
from msgspec import structs

from maestrod.api.attention import Answer, Attention, AttentionKind
from maestrod.api.message import MessageStatus
from maestrod.api.model.open_enum import unknown_allowed
from maestrod.api.run import RunStatus
from maestrod.api.session import SessionStatus
from maestrod.api.task import TaskStatus
from tests.kit.pages.page_over import page
from tests.meta.tree import PRODUCT, ROOT, modules, parsed, shown

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
    assert (ROOT / "page" / "js" / "model" / "over.js").read_text() == page(), "run make docs"


def test_only_the_api_lists_the_final_statuses() -> None:
    contract = {f"maestrod/api/{noun}.py" for noun in ("task", "session", "run", "message")}
    contract.add("maestrod/store/from_format_1.py")  # what an old format meant stays as it was
    ends = list(OVER.values())
    listed = [
        f"{shown(path)}:{node.lineno}"
        for path in modules(*PRODUCT)
        if shown(path) not in contract
        for node in ast.walk(parsed(path))
        if isinstance(node, ast.Set | ast.Tuple | ast.List) and _words(node) in ends
    ]
    assert listed == []


def _words(node: ast.Set | ast.Tuple | ast.List) -> set[str]:
    """The statuses in a collection, by name or by word."""
    names = (each.attr.lower() if isinstance(each, ast.Attribute) else getattr(each, "value", "") for each in node.elts)
    return {str(name) for name in names}
