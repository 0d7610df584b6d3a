"""Nothing in a plan is lost: items that are done, commented out or misspelt neither run nor vanish."""

import json
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from maestrod.api.plan import Severity
from maestrod.core.plan.lint import KnownNames
from maestrod.core.plan.markdown_parser import Rejection
from maestrod.core.plan.markdown_plan import Document, lint_markdown, parse_markdown


def codes(text: str) -> list[tuple[str, str]]:
    return [(found.path, found.code) for found in parse_markdown(text).findings]


def commands(text: str) -> list[str]:
    groups = parse_markdown(text).raw["groups"]
    return [command for group in groups for item in group["subtasks"] for command in item.get("commands", ())]


def test_the_blocks_of_a_checked_nested_item_are_left_out() -> None:
    text = "- [ ] P\n  - [x] done\n    ```sh\n    DONE\n    ```\n    text\n  - [ ] open\n    ```sh\n    go\n    ```\n"
    document = parse_markdown(text)
    assert commands(text) == ["go"] and document.findings == ()
    assert document.raw["groups"][0]["subtasks"][0]["description"] == "- [x] done\n- [ ] open"
    assert set(document.left_out) == {3, 4, 5, 6}


@pytest.mark.parametrize(
    "text",
    [
        "- [ ] P\n  - [x] done\n    - deeper\n      ```sh\n      DONE\n      ```\n  ```sh\n  go\n  ```\n",
        "- [ ] P\n  - [x] done\n\n      ```sh\n      DONE\n      ```\n\n  ```sh\n  go\n  ```\n",
        "- [ ] P\n\t- [x] done\n\t\t```sh\n\t\tDONE\n\t\t```\n\t```sh\n\tgo\n\t```\n",
        "- [ ] P\n  - [x] done\n    ```check\n    DONE\n    ```\n  - plain\n    ```sh\n    go\n    ```\n",
        "1. [ ] P\n   1. [x] done\n      ~~~bash\n      DONE\n      ~~~\n   ```sh\n   go\n   ```\n",
    ],
)
def test_a_block_belongs_to_the_item_it_is_indented_under(text: str) -> None:
    document = parse_markdown(text)
    assert commands(text) == ["go"] and document.findings == ()
    assert "DONE" not in json.dumps(document.raw)


def test_a_near_miss_behind_a_checked_item_is_refused_and_does_not_vanish() -> None:
    """The case that was reported as completed without its second command."""
    block = "  ```sh\n  echo {0} > {0}\n  ```\n"
    text = "# T\n\n## A\n" + "".join(
        f"- {box} {name}\n{block.format(name)}" for box, name in (("[x]", "a"), ("[]", "b"), ("[ ]", "c"))
    )
    report = lint_markdown(text, KnownNames(agents=frozenset({"shell"}), default_agent="shell"))
    assert not report.ok and [(found.path, found.code) for found in report.diagnostics] == [("line 8", "near_miss")]


def test_a_block_that_could_belong_to_two_items_is_an_error() -> None:
    assert codes("- [ ] P\n  - [x] done\n```sh\ngo\n```\n") == [("line 3", "whose_block")]


def test_an_open_item_inside_a_checked_one_is_an_error() -> None:
    assert codes("- [x] P\n  - [ ] open\n- [ ] b\n") == [("line 2", "open_in_done")]
    assert codes("- [ ] P\n  - [x] done\n    - [ ] open\n") == [("line 3", "open_in_done")]


@pytest.mark.parametrize(
    "text",
    [
        "- [ ] a\n  ```sh\n  go\n  ```\n<!--\n- [ ] b\n  ```sh\n  OFF\n  ```\n-->\n",
        "- [ ] a\n  <!-- ```sh\n  OFF\n  ``` -->\n  ```sh\n  go\n  ```\n",
        "<!-- - [ ] OFF -->\n- [ ] a <!-- OFF\n OFF -->\n  ```sh\n  go\n  ```\n",
        "- [ ] a\n  ```sh\n  go\n  ```\n  <!-- OFF -->\n## B <!-- OFF -->\n- [x] c\n",
    ],
)
def test_commented_out_plans_are_ignored(text: str) -> None:
    document = parse_markdown(text)
    assert commands(text) == ["go"] and "OFF" not in json.dumps(document.raw)
    assert [found for found in document.findings if found.severity is Severity.ERROR] == []


def test_a_comment_in_a_block_or_in_backticks_is_code() -> None:
    assert commands("- [ ] `<!--` is\n  ```sh\n  echo '<!-- x'\n  echo '-->'\n  ```\n") == [
        "set -e\necho '<!-- x'\necho '-->'"
    ]


def test_the_attributes_behind_a_comment_of_several_lines_are_not_lost() -> None:
    assert codes("- [ ] a <!-- x\n--> {key=b}\n") == [("line 2", "attribute")]


@pytest.mark.parametrize(
    "text, path, code",
    [
        ("- [x] a\n- [] b\n- [ ] c\n", "line 2", "near_miss"),
        ("- [ ] a\n  - [y] b\n", "line 2", "near_miss"),
        ("##Build\n- [ ] a\n", "line 1", "near_miss"),
        ("- [ ] a\n> - [ ] b\n", "line 2", "near_miss"),
        ("- [ ] a\n- ```sh\n  go\n  ```\n- [ ] b\n", "line 2", "near_miss"),
        ("- [ ] a\n- b\n  ```sh\n  go\n  ```\n", "line 2", "no_box"),
        ("- [ ] ~~a~~\n- [ ] b\n", "line 1", "struck_item"),
        ("# T\n\n    - [ ] a\n- [ ] b\n", "line 3", "indented_item"),
        ("- [ ] a\n<!-- x\n- [ ] b\n", "line 2", "unclosed_comment"),
        ("- [ ] a\n<!-- x --> - [ ] b\n", "line 2", "behind_comment"),
        ("- [ ] a\n<!-- x\n--> ## B\n", "line 3", "behind_comment"),
        ("- [ ] a\n  ```shel\n  go\n  ```\n", "line 2", "block_language"),
        ("- [ ] a\n  ```sh {timeout=3s}\n  go\n  ```\n", "line 2", "block_language"),
        ("- [ ] a\n  ```sh\n  go\n- [ ] b\n  ```sh\n  go\n  ```\n", "line 5", "unclosed_block"),
        ("```sh\ngo\n```\n- [ ] a\n", "line 1", "block_without_item"),
        ("- [ ] a {timeot=3s}\n", "line 1", "attribute"),
        ("- [ ] a {timeout=3s timeout=4s}\n", "line 1", "attribute"),
        ("- [ ] a {timeout=3s} b\n", "line 1", "attribute"),
        ("- [ ] a {timeout=3s} {key=b}\n", "line 1", "attribute"),
        ("- [ ] a {timeout: 3s}\n", "line 1", "attribute"),
        ("- [ ] a {timeout=3s\n", "line 1", "attribute"),
        ("- [ ] a {paths=src/{a,b}}\n", "line 1", "attribute"),
        ("- [ ] a {after=}\n", "line 1", "attribute"),
        ("- [ ] a\n  {timeout=3s}\n", "line 2", "attribute"),
        ("- [ ] a\n  - [ ] b {timeout=3s}\n", "line 2", "attribute"),
        ("# T {agent=codex}\n- [ ] a\n", "line 1", "attribute"),
        ("## A\n- [ ] a\n### B {after=a}\n- [ ] b\n", "line 3", "attribute"),
        ("# A\n- [ ] a\n# B\n- [ ] b\n", "line 3", "second_title"),
        ("### A\n- [ ] a\n", "line 1", "small_heading"),
        ("##\n- [ ] a\n", "line 1", "no_title"),
        ("# T\n\none\ntwo\n---\n- [ ] a\n", "line 5", "long_heading"),
    ],
)
def test_items_that_would_vanish_or_run_by_mistake_are_an_error_with_their_line(
    text: str, path: str, code: str
) -> None:
    assert codes(text) == [(path, code)]


def test_underlined_headings_are_headings() -> None:
    document = parse_markdown("Ship\n====\n\nWhy we do it.\n\nBuild {key=b}\n-----\n- [ ] a\n\nDocs\n---\n- [ ] b\n")
    assert document.findings == ()
    assert document.raw["title"] == "Ship" and document.raw["summary"] == "Why we do it."
    assert [group["key"] for group in document.raw["groups"]] == ["b", "docs"]


def test_a_horizontal_rule_makes_no_heading() -> None:
    document = parse_markdown("- [ ] a\n  text\n---\n\n***\n- [ ] b\nlazy\n---\n")
    assert document.findings == () and [len(group["subtasks"]) for group in document.raw["groups"]] == [2]


def test_front_matter_is_reported_and_left_out() -> None:
    document = parse_markdown("---\ntitle: x\nagent: codex\n---\n# T\n- [ ] a\n")
    assert [(found.path, found.severity) for found in document.findings] == [("line 1", Severity.WARNING)]
    assert document.raw["title"] == "T" and set(document.left_out.values()) == {Rejection.FRONT_MATTER}


def test_prose_around_groups_and_a_second_title_without_items_are_left_out() -> None:
    document = parse_markdown(
        "# T\n## G\nintro\n- note\n- [ ] a\n## Notes\nwords\n```text\nx\n```\n# Appendix\nwords\n"
    )
    assert document.findings == ()
    assert sorted(document.left_out) == [3, 4, 6, 7, 8, 9, 10, 11, 12]


PARTS = [
    "# {}", "## {}", "### {}", "## {} {{after=x}}", "- [ ] {}", "- [x] {}", "  - [ ] {}", "  - [x] {}", "    - [ ] {}", "* [ ] {}",
    "1. [ ] {}", "- {}", "  - {}", "{}", "  {}", "    {}", "<!-- {} -->", "<!-- {}", "{} -->", "```sh", "  ```sh", "    ```sh", "```",
    "  ```", "~~~ {}", "```{}", "- [] {}", "-[ ] {}", "[ ] {}", "> {}", "> - [ ] {}", "---", "===", "", "\t- [ ] {}", "\t{}", "##{}",
    "{{key={}}}", "- [ ] {} {{key=k}}", "- [ ] ~~{}~~", "- ```sh {}", "{} {{after=x",
]  # fmt: skip


def _lost(document: Document, text: str) -> list[tuple[int, str]]:
    """The lines with a word of their own that are neither in the plan nor left out for a reason nor found."""
    reported = {int(found.path.removeprefix("line ")) for found in document.findings}
    plan = json.dumps(document.raw)
    words = ((number, re.search(r"w\d+", line)) for number, line in enumerate(text.split("\n"), 1))
    return [
        (number, word[0])
        for number, word in words
        if word and word[0] not in plan and number not in document.left_out and number not in reported
    ]


@given(st.lists(st.sampled_from(PARTS), max_size=14))
def test_every_line_is_in_the_plan_left_out_for_a_reason_or_reported(parts: list[str]) -> None:
    text = "\n".join(part.format(f"w{number}0{number}") for number, part in enumerate(parts))
    document = parse_markdown(text)
    broken = any(found.code in {"unclosed_block", "unclosed_comment"} for found in document.findings)
    assert broken or _lost(document, text) == []


@given(st.lists(st.sampled_from(PARTS), max_size=14))
def test_no_line_is_both_executed_and_left_out(parts: list[str]) -> None:
    text = "\n".join(part.format(f"w{number}0{number}") for number, part in enumerate(parts))
    document = parse_markdown(text)
    runs = json.dumps(commands(text))
    done = [number - 1 for number, why in document.left_out.items() if why in {Rejection.DONE, Rejection.COMMENT}]
    assert not [place for place in done if f"w{place}0{place}" in runs]
