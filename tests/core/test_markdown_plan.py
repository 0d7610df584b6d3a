"""Markdown plans: the documented example, every rule, every error with its line, and any text at all."""

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from maestrod.api.plan import Severity
from maestrod.core import markdown_attributes, markdown_plan
from maestrod.core.markdown_plan import lint_markdown, parse_markdown
from maestrod.core.plan import KnownNames, lint

KNOWN = KnownNames(agents=frozenset({"shell"}), default_agent="shell")


def example() -> str:
    """The example of the module's docstring."""
    text = markdown_plan.__doc__ or ""
    block = text.split("Example::\n", 1)[1].split("The rules:", 1)[0]
    return "\n".join(line.removeprefix("    ") for line in block.strip("\n").split("\n"))


def test_the_documented_example_is_the_plan_it_says() -> None:
    raw, found = parse_markdown(example())
    assert found == ()
    assert raw == {
        "title": "Ship the release",
        "summary": "What is above the first group is the plan's summary.",
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


def commands(text: str) -> list[str]:
    raw, found = parse_markdown(text)
    assert found == ()
    return [command for group in raw["groups"] for item in group["subtasks"] for command in item.get("commands", ())]


def test_a_checklist_without_sections_is_one_group_named_after_the_plan() -> None:
    raw, _ = parse_markdown("# Do it\n\n* [ ] One\n```sh\ntrue\n```\n+ [ ] Two\n")
    assert [(group["key"], [item["key"] for item in group["subtasks"]]) for group in raw["groups"]] == [
        ("do-it", ["one", "two"])
    ]


def test_a_block_need_not_be_indented_and_keeps_its_inner_indentation() -> None:
    assert commands("- [ ] a\n```sh\nif x; then\n  y\nfi\n```\n") == ["set -e\nif x; then\n  y\nfi"]
    assert commands("- [ ] a\n  ```shell\n  if x; then\n    y\n  fi\n  ```\n") == ["set -e\nif x; then\n  y\nfi"]


def test_bash_blocks_run_in_bash_and_tildes_hold_backticks() -> None:
    assert commands("- [ ] a\n```bash\n[[ a == 'a' ]]\n```\n") == ["""bash -c '[[ a == '"'"'a'"'"' ]]'"""]
    assert commands("- [ ] a\n~~~sh\necho '```'\n~~~\n") == ["echo '```'"]


def test_windows_line_ends() -> None:
    assert commands("# T\r\n- [ ] a\r\n```sh\r\nmake\r\n```\r\n") == ["make"]


def test_other_blocks_and_nested_lists_are_description() -> None:
    raw, found = parse_markdown("- [ ] a\n  text\n  - [ ] step\n    - deeper\n  ```json\n  {}\n  ```\n")
    assert found == ()
    assert raw["groups"][0]["subtasks"] == [
        {"title": "a", "key": "a", "description": "text\n- [ ] step\n  - deeper\n```json\n{}\n```"}
    ]


def test_checked_items_are_left_out_and_so_is_waiting_for_them() -> None:
    raw, found = parse_markdown(
        "## Done {after=x}\n- [x] old {timeout=never}\n```sh\n```\n"
        "## Now {after=done}\n- [X] half {key=h}\n- [ ] rest {after=h,old}\n- [ ] last {after=rest,h}\n"
    )
    assert found == ()
    assert raw["groups"] == [
        {
            "title": "Now",
            "key": "now",
            "subtasks": [
                {"title": "rest", "key": "rest"},
                {"title": "last", "key": "last", "dependsOn": ["rest"]},
            ],
        }
    ]


def test_sections_without_items_are_prose() -> None:
    raw, found = parse_markdown("# T\n## Notes\nwords\n```sh\n```\n## Work\n- [ ] a\n### More\nwords\n- [ ] b\n")
    assert [(group["key"], len(group["subtasks"])) for group in raw["groups"]] == [("work", 2)]
    assert [diagnostic.path for diagnostic in found] == ["line 4"]


def test_keys_are_unique_without_being_asked() -> None:
    raw, _ = parse_markdown(
        "## A\n- [ ] Tést it!\n- [ ] test it\n- [ ] test it\n- [ ] ???\n## A\n- [ ] mine {key=a-2-test-it}\n- [ ] test it\n"
    )
    assert [group["key"] for group in raw["groups"]] == ["a", "a-2"]
    keys = [item["key"] for group in raw["groups"] for item in group["subtasks"]]
    assert keys == ["test-it", "a-test-it", "a-test-it-2", "task-4", "a-2-test-it", "a-2-test-it-2"]


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
    _, found = parse_markdown(text)
    assert [(diagnostic.path, diagnostic.code) for diagnostic in found] == [(path, code)]
    assert not lint_markdown(text, KNOWN).ok


def test_a_block_without_a_language_is_pointed_at() -> None:
    (found,) = parse_markdown("- [ ] a\n```\nmake\n```\n")[1]
    assert (found.path, found.code, found.severity) == ("line 2", "block_without_language", Severity.WARNING)


def test_the_linters_findings_are_moved_to_lines() -> None:
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


def test_braces_that_are_no_attributes_stay_in_the_title() -> None:
    assert markdown_attributes.read("Use {x} here {y}", markdown_attributes.SUBTASK) == ("Use {x} here {y}", {}, [])
    assert markdown_attributes.read('T {key="a b" after=x,,y}  ', markdown_attributes.GROUP) == (
        "T",
        {"key": "a b", "dependsOn": ["x", "y"]},
        [],
    )


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
    raw, found = parse_markdown(text)
    lines = text.count("\n") + 1
    assert all(1 <= int(diagnostic.path.removeprefix("line ")) <= lines for diagnostic in found)
    report = lint_markdown(text, KNOWN)
    assert all(1 <= int(diagnostic.path.removeprefix("line ")) <= lines for diagnostic in report.diagnostics)
    assert raw["groups"] or found


@pytest.mark.parametrize("line", ["# " + " " * 400_000 + "x", "```" + "a" * 400_000 + "`", "- [ ] " + "{a" * 200_000, "- [ ] x {" + "a" * 400_000 + "=" + '"' * 9 + "}"])  # fmt: skip
def test_a_hostile_line_costs_little(line: str) -> None:
    began = time.process_time()
    parse_markdown(line)
    assert time.process_time() - began < 1  # linear takes milliseconds, quadratic minutes
