"""The part of ``docs/style.md`` that a machine can check: the word list, the first lines of ``--help``, and commit subjects.

The words come from the page itself (the table under "Words a test looks for"), so that page and test cannot differ. The tests read
the prose of every page, the changelog, skills, the help of every command, and the string literals in the code; in the packages of
``EXPLAINED`` also docstrings and comments. ``text_exceptions.py`` lists the exceptions; one that is not needed any more fails.
"""

import ast
import functools
import re
import subprocess
import tokenize
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

from maestroctl.commands import NOUNS, VERBS
from tests.meta.test_commands import leaves
from tests.meta.text_exceptions import LONG_HELP, STILL
from tests.meta.tree import PRODUCT, ROOT, functions, modules, parsed, shown, texts

STYLE = ROOT / "docs" / "style.md"

#: The verbs that help may begin with: a closed list is the only way a machine can tell an imperative.
IMPERATIVES = frozenset(
    re.findall(
        r"\w+",
        """
        Add Answer Apply Approve Ask Attach Call Cancel Change Check Claim Create Delete Export
        Follow Give Import Install Issue Lint List Make Manage Move Open Pause Permit Print
        Put Read Register Reject Release Reload Remove Replace Report Request Resize Restart Resume Retry
        Return Revoke Run Say Send Set Show Skip Start Stop Submit Take Type Unlink
        Update Upgrade Wait Watch Write
        """,
    )
)

#: The packages whose docstrings and comments keep to the word list.
EXPLAINED = ("maestrod/",)

#: Subjects before this commit were written before the rule.
SINCE = "3b54fb21cd548ce28e3dad627912d91f45e36a7d"

#: Longest help sentence (it has to fit beside a command's name) and longest commit subject (as git's own documentation advises).
HELP_LIMIT, SUBJECT_LIMIT = 72, 72

_CODE = re.compile(r"^(?P<fence>`{3,}).*?^(?P=fence)$|`[^`\n]+`|\]\([^)]*\)", re.MULTILINE | re.DOTALL)
_JS_TEXT = re.compile(r'"(?:[^"\\\n]|\\.)*"|`(?:[^`\\]|\\.)*`')


def phrases() -> tuple[str, ...]:
    """What not to write: the first column of the page's last table."""
    table = STYLE.read_text().partition("## Words a test looks for")[2].partition("\n## ")[0]
    rows = [line.split("|")[1] for line in table.splitlines() if line.startswith("| `")]
    return tuple(phrase for row in rows for phrase in re.findall("`([^`]+)`", row))


def pages() -> Iterator[tuple[str, str]]:
    """The prose of each page, by its path; the page with the rules quotes what it forbids."""
    for path in texts():
        if path.suffix == ".md" and path != STYLE and shown(path).partition("/")[0] not in ("tests", "examples"):
            yield shown(path), _CODE.sub(" ", path.read_text("utf-8"))


def literals(path: Path) -> Iterator[str]:
    """The string literals of a Python file that could be texts, docstrings not included."""
    quiet = {
        node.body[0].value
        for node in ast.walk(parsed(path))
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef)
        and node.body
        and isinstance(node.body[0], ast.Expr)
    }
    for node in ast.walk(parsed(path)):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and " " in node.value and node not in quiet:
            yield node.value


def places() -> Iterator[tuple[str, str]]:
    """Every text, with the place that ``STILL`` knows it by: a page, or a whole package (files move)."""
    yield from pages()
    yield from (("--help", leaf.help or "") for leaf in leaves().values())
    yield from ((shown(path).partition("/")[0], text) for path in modules(*PRODUCT) for text in literals(path))
    for path in texts():
        if path.suffix == ".js" and shown(path).startswith("page/"):
            yield from (("page", text) for text in _JS_TEXT.findall(path.read_text("utf-8")) if " " in text)


@functools.cache
def found() -> dict[str, Counter[str]]:
    """How often each place uses each phrase."""
    counted: dict[str, Counter[str]] = {}
    for place, text in places():
        if used := hits(text):
            counted.setdefault(place, Counter()).update(used)
    return counted


def test_the_list_is_read() -> None:
    assert {"told", "mend", "set-up"} <= set(phrases())


@functools.cache
def listed() -> re.Pattern[str]:
    """Finds any phrase of the list; the longest first."""
    return re.compile(rf"(?<![\w-])(?:{'|'.join(map(re.escape, sorted(phrases(), key=len, reverse=True)))})(?![\w-])")


def hits(text: str) -> list[str]:
    """The phrases of the list in a text, whatever its line breaks and capitals."""
    return listed().findall(" ".join(text.lower().split()))


@pytest.mark.parametrize(
    "text, expected",
    [
        ("The agent\nGoes on.", ["goes on"]),
        ("A mendicant was retold it.", []),
        ("Set-up and re-set-up", ["set-up"]),
        (_CODE.sub(" ", "Write `told`, not\n```\ntold\n```\n"), []),
    ],
)
def test_phrases_are_found_as_words_and_outside_of_code(text: str, expected: list[str]) -> None:
    assert hits(text) == expected


@pytest.mark.parametrize(
    "text", ["Lists runs.", "List runs", "List runs. Or not.", f"List {'r' * 70}.", "Runs of a task."]
)
def test_summaries_that_are_not_short_imperative_sentences_are_refused(text: str) -> None:
    assert not is_short_imperative(text)
    assert is_short_imperative("List runs.")


def test_no_text_uses_a_word_of_the_list() -> None:
    more = [
        f"{place}: {phrase!r} {count} times ({allowed} allowed): write what docs/style.md says"
        for place, counts in found().items()
        for phrase, count in counts.items()
        if count > (allowed := STILL.get(place, {}).get(phrase, 0))
    ]
    assert more == []


def explanations(path: Path) -> Iterator[str]:
    """The docstrings and comments of a Python file, without inline code."""
    for node in ast.walk(parsed(path)):
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef):
            yield _CODE.sub(" ", ast.get_docstring(node) or "")
    with path.open("rb") as file:
        comments = [each.string for each in tokenize.tokenize(file.readline) if each.type == tokenize.COMMENT]
    yield from (_CODE.sub(" ", comment) for comment in comments)


def test_docstrings_and_comments_are_read(tmp_path: Path) -> None:
    module = tmp_path / "module.py"
    module.write_text('"""It was told."""\n\n\ndef f() -> None:\n    """``told``"""  # of ours\n')
    assert [hit for text in explanations(module) for hit in hits(text)] == ["told", "of ours"]


def test_no_docstring_or_comment_uses_a_word_of_the_list() -> None:
    wrong = [
        f"{shown(path)}: {phrase!r}: write what docs/style.md says"
        for path in modules(*PRODUCT)
        if shown(path).startswith(EXPLAINED)
        for text in explanations(path)
        for phrase in hits(text)
    ]
    assert wrong == []


def test_every_exception_is_needed() -> None:
    counted = found()
    gone = [
        f"{place}: {phrase!r}"
        for place, counts in STILL.items()
        for phrase in counts
        if not counted.get(place, Counter())[phrase]
    ]
    assert gone == []


def is_short_imperative(sentence: str) -> bool:
    """One sentence, short enough to stand beside a command's name, that begins with a verb."""
    return (
        len(sentence) < HELP_LIMIT
        and sentence.endswith(".")
        and ". " not in sentence
        and sentence.split(maxsplit=1)[0].rstrip(",:") in IMPERATIVES
    )


def test_help_begins_with_a_short_imperative_sentence() -> None:
    first = {path: " ".join((leaf.help or "").partition("\n\n")[0].split()) for path, leaf in leaves().items()}
    in_lists = {name: f"{text}." for name, text in {**VERBS, **NOUNS}.items()}
    wrong = {path for path, text in first.items() if not is_short_imperative(text)}
    wrong |= {f"{name} (listed)" for name, text in in_lists.items() if not is_short_imperative(text)}
    assert wrong - LONG_HELP == set(), "docs/style.md, rule 8"
    assert LONG_HELP - wrong == set(), "no longer needed"


def _git(*words: str) -> str | None:
    try:
        done = subprocess.run(["git", *words], cwd=ROOT, capture_output=True, text=True, check=False)
    except FileNotFoundError:
        return None
    return done.stdout if done.returncode == 0 else None


def test_commit_subjects_name_an_area_and_fit() -> None:
    if not (ROOT / ".git").exists():
        pytest.skip("this is an unpacked archive: there is no history")
    subjects = _git("log", "--no-merges", "--format=%h %s", f"{SINCE}..HEAD")
    if subjects is None:
        pytest.skip("git is not installed, or the clone is shallow")
    wrong = [
        line
        for line in subjects.splitlines()
        if len(subject := line.partition(" ")[2]) > SUBJECT_LIMIT or not re.match(r"[a-z][^:]*: \S", subject)
    ]
    assert wrong == [], "docs/style.md, rule 9"


def test_the_glossary_names_files_that_exist() -> None:
    named = re.findall(
        r"`(maestro(?:d|ctl)/[\w/]+\.py)` \|$", (ROOT / "docs" / "glossary.md").read_text(), re.MULTILINE
    )
    assert len(named) > len(PRODUCT)
    assert [path for path in named if not (ROOT / path).is_file()] == []


def anchors(text: str) -> set[str]:
    """What a page's headings can be linked by, as GitHub makes it of them."""
    headings = re.findall(
        r"^#+ (.+)$", re.sub(r"^(`{3,}).*?^\1$", "", text, flags=re.MULTILINE | re.DOTALL), re.MULTILINE
    )
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


def test_every_link_leads_to_a_file_and_a_heading_that_exist() -> None:
    broken = []
    for path in texts():
        if path.suffix != ".md" or shown(path).startswith("tests/"):
            continue
        for link in re.findall(r"\]\((?!https?:)([^)\s]+)\)", path.read_text("utf-8")):
            file, _, anchor = link.partition("#")
            target = (path.parent / file).resolve() if file else path
            if not target.is_file() or (anchor and anchor not in anchors(target.read_text("utf-8"))):
                broken.append(f"{shown(path)}: {link}")
    assert broken == []


def test_no_text_names_a_document_outside_the_repository() -> None:
    numbered = re.compile(
        r"\b[0-9]-(?:product|architecture|domain|interfaces|quality|workspaces|protocols|sites)\b|\bthe seeds\b"
    )
    naming = [
        shown(path)
        for path in texts()
        if path != Path(__file__) and numbered.search(path.read_text("utf-8", "replace"))
    ]
    assert naming == []


def test_tests_are_named_and_introduced_without_words_of_the_list() -> None:
    """The names of tests are sentences, and the docstring of their module says what they are about."""
    wrong = [
        f"{shown(path)}: {text}: {hits(text)}: write what docs/style.md says"
        for path in modules("tests")
        for text in (
            _CODE.sub(" ", ast.get_docstring(parsed(path)) or ""),
            *(each.name.replace("_", " ") for each in functions(path) if each.name.startswith("test_")),
        )
        if hits(text)
    ]
    assert wrong == []
