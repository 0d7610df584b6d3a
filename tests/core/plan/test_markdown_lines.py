"""What a line is, what it almost is, and where its comments are."""

import time

from hypothesis import given
from hypothesis import strategies as st

from maestrod.core.plan.markdown_lines import (
    Box,
    Heading,
    Opening,
    box_of,
    heading_in,
    indented,
    is_bullet,
    is_rule,
    is_struck,
    language_problem,
    near_miss,
    opening_behind_bullet,
    opening_in,
    underline_level,
    without_comments,
)


def test_every_bullet_and_number_of_markdown_makes_an_item() -> None:
    for mark in ("-", "*", "+", "1.", "23)"):
        assert box_of(f"{mark} [ ] Ship it ") == Box(done=False, title="Ship it")
        assert box_of(f"{mark}\t[X]\tShip it") == Box(done=True, title="Ship it")
        assert box_of(f"{mark} [ ]") == Box(done=False, title="")


def test_a_near_miss_is_not_an_item_and_is_reported() -> None:
    lines = [
        "- [] T", "-[ ] T", "- [  ] T", "- [ x] T", "- [x ] T", "- [y] T", "* [X ] T", "- ( ) T", "- (x) T", "-\u00a0[ ] T",
        "- ［ ］ T", "- 【x】 T", "- [\u00a0] T", "- [\t] T", "- [ ]T", "- [x]T", "– [ ] T", "• [ ] T", "-- [ ] T", "- - [ ] T",
        "[ ] T", "[x] T", "[] T", "- [-] T", "- [~] T", "- [/] T", "- [✓] T", "- **[ ] T**", "- ~~[ ] T~~", "- \\[ ] T", "☐ T",
        "- ☑ T", "a) [ ] T", "1: [ ] T", "1.[ ] T", "+[ ] T", "- [xx] T", "- [ ]: T", "- []",
        "- [х] T", "- [Χ] T", "- [ｘ] T", "- [❌] T",
    ]  # fmt: skip
    assert [line for line in lines if box_of(line) is not None or "- [ ] Title" not in near_miss(line)] == []


def test_text_that_only_has_brackets_is_text() -> None:
    lines = [
        "- [a link](https://x)", "- [x](https://x)", "[x](https://x)", "- [1] a footnote", "[^1]: a footnote", "- a[0] = 1",
        "- (a) first", "- (see above)", "- text [ ] text", "text", "- x", "---", "* * *", "- ", "-", "#hashtag", "#12 is fixed",
        "> quoted", "> - a point", "| a | [ ] |", "- f() is called", "[docs]: https://x", "-flag", "*emphasis* here", "- `[ ]`",
    ]  # fmt: skip
    assert [line for line in lines if near_miss(line) or box_of(line) is not None] == []


def test_near_headings_and_headings_in_quotes_are_reported() -> None:
    lines = ["##Title", "###Title", "> - [ ] T", "> ```sh", ">> - [x] T"]
    assert [line for line in lines if not near_miss(line)] == []


def test_headings_lose_the_hashes_at_their_end() -> None:
    assert heading_in("## Title ##") == Heading(2, "Title")
    assert heading_in("# C# and F#") == Heading(1, "C# and F#")
    assert heading_in("###") == heading_in("### ###") == Heading(3, "")
    assert heading_in("##Title") is heading_in("#######  x") is None


def test_blocks_have_a_language_and_attributes() -> None:
    assert opening_in("```SH title=x") == Opening("```", "sh", "title=x")
    assert opening_in("~~~~ sh") == Opening("~~~~", "sh", "")
    assert opening_in("```") == Opening("```", "", "")
    assert opening_in("``` `") is opening_in("``x``") is opening_in("```a```") is None
    assert opening_behind_bullet("- ```sh") == opening_behind_bullet("1. [ ] ```") == Opening("```", "text", "")


def test_rules_and_underlines() -> None:
    assert [underline_level(text) for text in ("===", "-", "--- ", "- -", "=-")] == [1, 2, 2, 0, 0]
    assert is_rule("- - -") and is_rule("***") and not is_rule("--")
    assert is_bullet("- a") and is_bullet("1) a") and not is_bullet("-a") and not is_bullet("- - -")
    assert is_struck("~~T~~ ") and not is_struck("~~T~~ or not")


def test_indentation_is_counted_in_columns() -> None:
    assert indented("\t- a") == (4, "- a") and indented("  \ta") == (4, "a") and indented("a") == (0, "a")


NEARLY_OURS = ["shel", "chek", "bsh", "checks", "{.sh}", "sh,ignore", "zsh", "fish", "sh:build"]
PERHAPS_TO_RUN = ["", "console", "cmd"]
OTHERS = ["json", "python", "text", "yaml", "diff", "toml", "js", "ini", "make", "c++", "html"]


def test_a_misspelt_block_language_is_an_error_and_a_runnable_one_a_warning() -> None:
    found = {name: language_problem(Opening("```", name, "")) for name in (*NEARLY_OURS, *PERHAPS_TO_RUN, *OTHERS)}
    assert [name for name in NEARLY_OURS if not found[name][0]] == []
    assert [name for name in PERHAPS_TO_RUN if found[name][0] or "mark it `sh`" not in found[name][1]] == []
    assert {name: found[name] for name in OTHERS} == dict.fromkeys(OTHERS, (False, ""))


def test_words_after_the_language_are_reported() -> None:
    assert language_problem(Opening("```", "sh", "{timeout=3s}"))[0]
    assert language_problem(Opening("```", "sh", "title=x"))[1] and not language_problem(Opening("```", "sh", "x"))[0]


#: A line and whether a comment is open at its start: what is kept, and whether one is open at its end.
COMMENTS = {
    ("a <!-- b --> c", False): ("a  c", False),
    ("a <!-- b", False): ("a ", True),
    ("b --> c", True): (" c", False),
    ("b", True): ("", True),
    ("b --> c <!-- d", True): (" c ", True),
    ("`<!-- b -->` c", False): ("`<!-- b -->` c", False),
    ("``a ` <!--`` <!-- b -->c", False): ("``a ` <!--`` c", False),
    ("` <!-- b -->c", False): ("` c", False),
    ("<!-->a<!--->b", False): ("ab", False),
    ("-->", False): ("-->", False),
}


def test_comments_are_removed_and_code_is_kept() -> None:
    assert {case: without_comments(case[0], inside=case[1]) for case in COMMENTS} == COMMENTS


@given(st.text(alphabet="-*[] xX()`~#>!<1.\t\u00a0a", max_size=25))
def test_an_item_is_not_a_near_miss_and_any_line_can_be_judged(line: str) -> None:
    text = indented(line).text
    assert not (box_of(text) and near_miss(text))
    opening_in(text), heading_in(text), without_comments(line, inside=True)


PARTS = [
    "-",
    "- ",
    "- [",
    "[ ",
    "`",
    "<!--",
    "<!-- -->",
    "#",
    " #",
    "~~",
    "> ",
    "* ",
    "``` ",
    "1",
    "=",
    "\\[",
    "*[",
    "{a=",
]


def test_a_hostile_line_is_cheap() -> None:
    slow: dict[str, float] = {}
    for part in PARTS:
        line = part * (300_000 // len(part))
        began = time.process_time()
        without_comments(line, inside=False)
        text = indented(line).text
        near_miss(text), box_of(text), heading_in(text), opening_in(text), is_bullet(text), is_struck(text)
        underline_level(text), opening_behind_bullet(text)
        if (took := time.process_time() - began) >= 1:  # linear takes milliseconds, quadratic minutes
            slow[part] = took
    assert slow == {}
