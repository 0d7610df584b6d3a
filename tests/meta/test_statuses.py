"""A new status touches at most three files, which are listed here: nobody else enumerates statuses.

Everybody else asks a status for what it means (``status.is_over``, ``status.category``, ``status.look``), or compares it with one.
"""

import ast
import enum
import re
from collections.abc import Iterator

import pytest

from maestrod.api.message import MessageStatus
from maestrod.api.plan import PlanStatus
from maestrod.api.queue import QueueItemStatus
from maestrod.api.run import RunStatus
from maestrod.api.session import SessionStatus
from maestrod.api.task import TaskStatus
from tests.meta.tree import PRODUCT, ROOT, modules, parsed, shown

#: The files that a new status touches: its row, and its row and column in the table of transitions. Pages made from them follow.
TABLES: dict[type[enum.Enum], tuple[str, ...]] = {
    TaskStatus: ("maestrod/api/task.py", "maestrod/core/work/task.py"),
    SessionStatus: ("maestrod/api/session.py", "maestrod/core/values/lifecycle.py"),
    MessageStatus: ("maestrod/api/message.py", "maestrod/core/session/message.py", "page/js/views/messages.js"),
    PlanStatus: ("maestrod/api/plan.py", "maestrod/core/work/plan_state.py"),
    QueueItemStatus: ("maestrod/api/queue.py", "maestrod/core/work/queue.py"),
    RunStatus: ("maestrod/api/run.py", "maestrod/core/work/run_state.py", "maestroctl/show/run_summary.py"),
}

#: Files with lists of words that are no statuses of ours, or of this version.
OTHER_WORDS = {
    "maestrod/agents/opencode/hooks.py": "OpenCode's words for the steps of a plan",
    "maestrod/store/from_format_1.py": "what an old format meant stays as it was",
}

MADE = "page/js/model/statuses.js"

#: The same in the page.
OTHER_PAGE_WORDS = {
    "page/js/ui/icons.js": "names of drawings",
}

_LADDER = 3  # statuses that one function compares with, or returns: from here on it is a table


@pytest.mark.parametrize("kind", TABLES)
def test_a_new_status_touches_at_most_three_files(kind: type[enum.Enum]) -> None:
    assert len(TABLES[kind]) <= 3
    found = {
        f"{shown(path)}:{line}": sorted(words)
        for path in modules(*PRODUCT)
        if shown(path) not in {*TABLES[kind], *OTHER_WORDS}
        for line, words in enumerations(parsed(path), kind)
    }
    assert found == {}, f"ask the status ({TABLES[kind][0]}) instead of listing statuses"


def test_the_page_lists_statuses_only_in_the_file_that_is_made_from_the_rows() -> None:
    found = {
        f"{shown(path)}:{line}": sorted(words)
        for path in sorted((ROOT / "page" / "js").rglob("*.js"))
        if shown(path) not in {MADE, *OTHER_PAGE_WORDS}
        for line, words in page_enumerations(path.read_text())
    }
    assert found == {}, f"use {MADE}"


def test_style_sheets_know_categories_and_tones_but_no_statuses() -> None:
    assert [shown(path) for path in (ROOT / "page" / "css").glob("*.css") if "data-status" in path.read_text()] == []


def test_every_exception_is_needed() -> None:
    for place in OTHER_WORDS:
        assert any([*enumerations(parsed(ROOT / place), kind)] for kind in TABLES), place
    for place in OTHER_PAGE_WORDS:
        assert [*page_enumerations((ROOT / place).read_text())], place


LISTS = (
    "X = {TaskStatus.FAILED, TaskStatus.SKIPPED}",
    "X = {_S.PENDING: 1, _S.FAILED: 2}",
    'X = ("failed", "skipped")',
    'X = {"pending": "·", "failed": "x"}',
    "X = Y.status is TaskStatus.FAILED or Y.status is TaskStatus.SKIPPED",
    'X = status == "failed" or status == "skipped"',
    "match x:\n    case TaskStatus.FAILED | TaskStatus.SKIPPED:\n        pass",
    "match x:\n    case TaskStatus.FAILED:\n        pass\n    case TaskStatus.SKIPPED:\n        pass",
    "def f(x):\n    if x is _S.PENDING:\n        return 1\n    if x is _S.FAILED:\n        return 2\n    return 3 if x is _S.SKIPPED else 4",
)


@pytest.mark.parametrize("code", LISTS)
def test_every_way_to_list_statuses_is_found(code: str) -> None:
    assert [*enumerations(ast.parse(f"_S = TaskStatus\n{code}"), TaskStatus)]


SINGLES = (
    "X = Y.status is TaskStatus.FAILED",
    'X = {"failed": 1, "answered": 2}',
    'X = {"completed", "failed", "declined"}',
    "X = {TaskCategory.FAILED, TaskCategory.SKIPPED}",
)


@pytest.mark.parametrize("code", SINGLES)
def test_a_comparison_with_one_status_is_no_list(code: str) -> None:
    assert not [*enumerations(ast.parse(code), TaskStatus)]


@pytest.mark.parametrize(
    "code",
    [
        'if (["failed", "skipped"].includes(task.status)) go();',
        "const X = {\n  pending: { icon: 'a' },\n  failed: { icon: 'b' },\n};",
        'if (a.status === "failed" || a.status === "skipped") go();',
        'switch (status) {\n  case "failed": return 1;\n  case "skipped": return 2;\n}',
        'const x = `${["failed", "skipped"]}`;',
    ],
)
def test_every_way_of_the_page_to_list_statuses_is_found(code: str) -> None:
    assert [*page_enumerations(code)]


def test_words_beside_each_other_in_the_page_are_no_list() -> None:
    code = 'f({ icon: "failed" });\n// "failed" or "skipped"\nif (a.status === "failed") go("pending".length);'
    assert [*page_enumerations(code)] == []


def enumerations(tree: ast.Module, kind: type[enum.Enum]) -> Iterator[tuple[int, set[str]]]:
    """Each list, table, condition or ladder of several statuses: the line and the words."""
    names = {kind.__name__, *_aliases(tree, kind.__name__)}
    words = {status.value for status in kind}
    for node in ast.walk(tree):
        found = _listed(node, names, words)
        if len(found) > 1:
            yield getattr(node, "lineno", 0), found
        elif isinstance(node, ast.FunctionDef) and len(ladder := _members(node, names, words)) >= _LADDER:
            yield node.lineno, ladder


def _listed(node: ast.AST, names: set[str], words: set[str]) -> set[str]:
    """The statuses in one list, table or condition. A list that has other words too is a list of something else."""
    match node:
        case ast.Set() | ast.Tuple() | ast.List():
            return _only(node.elts, names, words)
        case ast.Dict():
            return _only([key for key in node.keys if key is not None], names, words)
        case ast.BoolOp():
            compared = [side for each in node.values if isinstance(each, ast.Compare) for side in each.comparators]
            return {word for side in compared if (word := _word(side, names, words))}
        case ast.Match():
            return {
                word for case in node.cases for each in ast.walk(case.pattern) if (word := _word(each, names, words))
            }
    return set()


def _only(nodes: list[ast.expr], names: set[str], words: set[str]) -> set[str]:
    found = [_word(node, names, words) for node in nodes]
    constants = [isinstance(node, ast.Constant) for node in nodes]
    return set() if any(constants) and not all(found) else {word for word in found if word}


def _members(function: ast.AST, names: set[str], words: set[str]) -> set[str]:
    """The statuses that a function names by the enum."""
    attributes = (node for node in ast.walk(function) if isinstance(node, ast.Attribute))
    return {word for node in attributes if (word := _word(node, names, words))}


def _word(node: ast.AST, names: set[str], words: set[str]) -> str:
    """The status that a node names, by the enum or by its word; empty for anything else."""
    match node:
        case ast.Attribute(value=ast.Name(id=name), attr=attribute) if name in names:
            return attribute.lower() if attribute.lower() in words else ""
        case ast.Attribute(value=ast.Attribute() as member, attr="value"):
            return _word(member, names, words)
        case ast.Constant(value=str() as word) if word in words:
            return word
    return ""


def _aliases(tree: ast.Module, name: str) -> Iterator[str]:
    """Other names of an enum in a module: ``_S = TaskStatus``, ``_L, _T = SessionStatus, TurnState``, ``import … as``."""
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom):
            yield from (alias.asname for alias in node.names if alias.name == name and alias.asname)
        elif isinstance(node, ast.Assign):
            for target in node.targets:
                pairs = (
                    zip(target.elts, node.value.elts, strict=False)
                    if isinstance(target, ast.Tuple) and isinstance(node.value, ast.Tuple)
                    else [(target, node.value)]
                )
                yield from (
                    left.id
                    for left, right in pairs
                    if isinstance(left, ast.Name) and isinstance(right, ast.Name) and right.id == name
                )


_TOKEN = re.compile(r"""(?P<open>[\[{(])|(?P<close>[\]})])|["'](?P<text>\w+)["']|(?P<key>\b\w+)(?=:\s)|(?P<line>\n)""")


def page_enumerations(code: str) -> Iterator[tuple[int, set[str]]]:
    """The same in JavaScript, as far as brackets tell: words of one kind within one pair of brackets or one statement."""
    for kind in (TaskStatus, SessionStatus):
        words = {status.value for status in kind}
        yield from _of_page(re.sub(r"(^|\s)//.*", "", code, flags=re.MULTILINE), words)


def _of_page(code: str, words: set[str]) -> Iterator[tuple[int, set[str]]]:
    line, levels = 1, [("", set[str]())]
    for token in _TOKEN.finditer(code):
        if token["line"]:
            line += 1
        elif token["open"]:
            levels.append((token["open"], set()))
        elif token["close"] and len(levels) > 1:
            _, found = levels.pop()
            if len(found) > 1:
                yield line, found
        elif (word := token["text"] or token["key"]) in words:
            levels[-1][1].add(word)
