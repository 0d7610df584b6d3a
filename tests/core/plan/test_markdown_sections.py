"""Blocks become commands, and everything gets its own key."""

from maestrod.core.plan.markdown_plan import parse_markdown
from maestrod.core.plan.markdown_sections import Fence


def commands(text: str) -> list[str]:
    raw, found, *_ = parse_markdown(text)
    assert found == ()
    return [command for group in raw["groups"] for item in group["subtasks"] for command in item.get("commands", ())]


def test_a_block_need_not_be_indented_and_keeps_its_inner_indentation() -> None:
    assert commands("- [ ] a\n```sh\nif x; then\n  y\nfi\n```\n") == ["set -e\nif x; then\n  y\nfi"]
    assert commands("- [ ] a\n  ```shell\n  if x; then\n    y\n  fi\n  ```\n") == ["set -e\nif x; then\n  y\nfi"]


def test_bash_blocks_run_in_bash_and_tildes_hold_backticks() -> None:
    assert commands("- [ ] a\n```bash\n[[ a == 'a' ]]\n```\n") == ["""bash -c '[[ a == '"'"'a'"'"' ]]'"""]
    assert commands("- [ ] a\n~~~sh\necho '```'\n~~~\n") == ["echo '```'"]


def test_windows_line_ends_are_accepted() -> None:
    assert commands("# T\r\n- [ ] a\r\n```sh\r\nmake\r\n```\r\n") == ["make"]


def test_checked_items_are_left_out_and_so_are_dependencies_on_them() -> None:
    raw, found, *_ = parse_markdown(
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


def test_keys_are_unique_automatically() -> None:
    raw, *_ = parse_markdown(
        "## A\n- [ ] Tést it!\n- [ ] test it\n- [ ] test it\n- [ ] ???\n## A\n- [ ] mine {key=a-2-test-it}\n- [ ] test it\n"
    )
    assert [group["key"] for group in raw["groups"]] == ["a", "a-2"]
    keys = [item["key"] for group in raw["groups"] for item in group["subtasks"]]
    assert keys == ["test-it", "a-test-it", "a-test-it-2", "task-4", "a-2-test-it", "a-2-test-it-2"]


def test_a_block_ends_at_its_own_mark_or_a_longer_one() -> None:
    fence = Fence(1, "  ", "```", "sh")
    assert fence.ends("  ```") and fence.ends("`````") and not fence.ends("``") and not fence.ends("``` x")
    assert not fence.ends("~~~")
