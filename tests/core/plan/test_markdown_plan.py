"""Markdown plans: the documented example, every rule, every error with its line, and any text at all."""

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from maestrod.api.plan import Severity
from maestrod.core.plan import markdown_plan
from maestrod.core.plan.lint import KnownNames, lint
from maestrod.core.plan.markdown_plan import lint_markdown, parse_markdown

KNOWN = KnownNames(agents=frozenset({"shell"}), default_agent="shell")


def example() -> str:
    """The example of the module's docstring."""
    text = markdown_plan.__doc__ or ""
    block = text.split("Example::\n", 1)[1].split("The rules:", 1)[0]
    return "\n".join(line.removeprefix("    ") for line in block.strip("\n").split("\n"))


def test_the_documented_example_is_the_plan_it_describes() -> None:
    raw, found, *_ = parse_markdown(example())
    assert found == ()
    assert raw == {
        "title": "Ship the release",
        "summary": "Text above the first group is the plan's summary.",
        "groups": [
            {
                "title": "Checks",
                "key": "checks",
                "strategy": "queue",
                "agent": "shell",
                "subtasks": [
                    {"title": "Lint the code", "key": "lint-the-code", "commands": ["ruff check ."]},
                    {
                        "title": "Run the tests",
                        "key": "run-the-tests",
                        "maxAttempts": 2,
                        "timeoutMs": 600_000,
                        "description": "Text of an item is its description.",
                        "commands": ["pytest -q"],
                    },
                ],
            },
            {
                "title": "Build",
                "key": "wheel",
                "dependsOn": ["checks"],
                "subtasks": [
                    {
                        "title": "Build the wheel",
                        "key": "build-the-wheel",
                        "paths": ["dist"],
                        "commands": ["python -m build"],
                        "checks": ["ls dist/*.whl"],
                    }
                ],
            },
        ],
    }
    report = lint(raw, KNOWN)
    assert report.ok and report.waves == (("checks",), ("wheel",))


def test_a_checklist_without_sections_is_one_group_named_after_the_plan() -> None:
    raw, *_ = parse_markdown("# Do it\n\n* [ ] One\n```sh\ntrue\n```\n+ [ ] Two\n")
    assert [(group["key"], [item["key"] for item in group["subtasks"]]) for group in raw["groups"]] == [
        ("do-it", ["one", "two"])
    ]


def test_other_blocks_and_nested_lists_are_description() -> None:
    raw, found, *_ = parse_markdown("- [ ] a\n  text\n  - [ ] step\n    - deeper\n  ```json\n  {}\n  ```\n")
    assert found == ()
    assert raw["groups"][0]["subtasks"] == [
        {"title": "a", "key": "a", "description": "text\n- [ ] step\n  - deeper\n```json\n{}\n```"}
    ]


def test_sections_without_items_are_prose() -> None:
    raw, found, *_ = parse_markdown("# T\n## Notes\nwords\n```sh\n```\n## Work\n- [ ] a\n### More\nwords\n- [ ] b\n")
    assert [(group["key"], len(group["subtasks"])) for group in raw["groups"]] == [("work", 2)]
    assert [diagnostic.path for diagnostic in found] == ["line 4"]


@pytest.mark.parametrize(
    "text, path, code",
    [
        ("", "line 1", "no_items"),
        ("# T\n\njust words", "line 1", "no_items"),
        ("- [ ] a\n- [ ]\n", "line 2", "no_title"),
        ("- [ ] a {colour=red}", "line 1", "attribute"),
        ("- [ ] a {timeout=soon}", "line 1", "attribute"),
        ("- [ ] a {attempts=two}", "line 1", "attribute"),
        ("## G {key=a b}\n- [ ] a", "line 1", "attribute"),
        ("## G {timeout=1s}\n- [ ] a", "line 1", "attribute"),
        ("- [ ] a\n\n```sh\nmake", "line 3", "unclosed_block"),
        ("- [ ] a\n```sh\n\n```", "line 2", "empty_block"),
        ("## G\n```sh\nmake\n```\n- [ ] a\n```sh\nx\n```", "line 2", "block_without_item"),
    ],
)
def test_errors_of_form_name_their_line(text: str, path: str, code: str) -> None:
    found = parse_markdown(text).findings
    assert [(diagnostic.path, diagnostic.code) for diagnostic in found] == [(path, code)]
    assert not lint_markdown(text, KNOWN).ok


def test_a_block_without_a_language_gets_a_warning() -> None:
    (found,) = parse_markdown("- [ ] a\n```\nmake\n```\n").findings
    assert (found.path, found.code, found.severity) == ("line 2", "block_language", Severity.WARNING)


def test_the_linters_findings_are_mapped_to_lines() -> None:
    report = lint_markdown(
        "# T\n\n## A {after=b agent=vim}\n\n- [ ] x\n- [ ] y {after=z}\n  ```sh\n  t\n  ```\n", KNOWN
    )
    assert [(found.path, found.code) for found in report.diagnostics] == [
        ("line 3", "unknown_group"),
        ("line 6", "unknown_subtask"),
        ("line 3", "unknown_agent"),
    ]
    assert report.diagnostics[1].message.startswith("dependsOn[0]: ")
    assert not report.ok and lint_markdown(example(), KNOWN).ok


LINES = st.sampled_from(
    [
        "# T",
        "## G {after=a}",
        "## G",
        "- [ ] a",
        "- [x] a {key=a}",
        "- [ ] b {after=a}",
        "```sh",
        "```",
        "~~~",
        "  text",
        "make",
        "{=}",
        "",
    ]
)


@given(st.text() | st.lists(LINES | st.text(max_size=8), max_size=30).map("\n".join))
def test_any_text_can_be_read(text: str) -> None:
    raw, found, *_ = parse_markdown(text)
    lines = text.count("\n") + 1
    assert all(1 <= int(diagnostic.path.removeprefix("line ")) <= lines for diagnostic in found)
    report = lint_markdown(text, KNOWN)
    assert all(1 <= int(diagnostic.path.removeprefix("line ")) <= lines for diagnostic in report.diagnostics)
    assert raw["groups"] or found


@pytest.mark.parametrize("line", ["# " + " " * 400_000 + "x", "```" + "a" * 400_000 + "`", "- [ ] " + "{a" * 200_000, "- [ ] x {" + "a" * 400_000 + "=" + '"' * 9 + "}"])  # fmt: skip
def test_a_hostile_line_is_cheap(line: str) -> None:
    began = time.process_time()
    parse_markdown(line)
    assert time.process_time() - began < 1  # linear takes milliseconds, quadratic minutes
