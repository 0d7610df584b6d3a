"""A question in full, as the inbox shows it."""

import json
import time
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from maestroctl.show.questions import LINES, chosen, lines
from tests.kit.clients.entities import QUESTION, SESSION, session

NOW = 3_600_000
PUSH = "claude wants to use Bash: git push"


@pytest.fixture(autouse=True)
def utc(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TZ", "UTC")
    time.tzset()


def question(**members: Any) -> dict[str, Any]:
    return {"id": QUESTION, "sessionId": SESSION, "kind": "permission", "openedAt": NOW - 180_000, **members}


def test_a_permission_question_says_what_where_and_since_when() -> None:
    text = json.dumps({"command": "git push", "description": "Publish\nthe branch", "timeout": 5})
    asked = question(
        message=PUSH, tool="Bash", input=text, options=["allow", "deny"], deadline=NOW + 60_000, onTimeout="deny"
    )
    assert list(lines(asked, session(workingDir="/shop"), NOW)) == [
        f"{QUESTION}  permission  since 3m00s  parser ({SESSION}) in /shop",
        f"  {PUSH}",
        "    description: Publish",
        "      the branch",
        "    timeout: 5",
        f"  maestroctl answer {QUESTION[-8:]} allow|deny",
        "  without an answer by 01:01: deny",
    ]


def test_a_dialog_we_cannot_answer_says_where_it_is() -> None:
    shown = list(lines(question(message="claude wants to use Bash", tool="Bash", input="{cut"), None, NOW))
    assert shown[0].endswith(SESSION)
    assert shown[-1] == f"  answer in its own terminal: maestroctl attach {SESSION}"
    assert "    {cut" in shown


def test_a_limit_says_until_when() -> None:
    limited = question(kind="limit", message="claude has reached a limit (usage)", options=["now", "fail"])
    waits = session(agent="claude", live={"phase": "up", "wait": {"kind": "usage", "until": NOW + 300_000, "since": 0}})
    assert "  it waits for claude's limit until 01:05" in list(lines(limited, waits, NOW))
    waits["live"]["wait"]["due"] = True
    assert "  claude's limit has ended, waits for a slot" in list(lines(limited, waits, NOW))


def test_a_long_input_is_shortened_with_a_note() -> None:
    asked = question(message="m", tool="Write", input=json.dumps({"content": "x\n" * 500, "path": "y" * 500}))
    shown = list(lines(asked, None, NOW))
    assert len([line for line in shown if line.startswith("    ")]) == LINES + 1
    assert any("more lines: maestroctl attention get" in line for line in shown)


def test_no_text_of_an_agent_controls_the_terminal() -> None:
    asked = question(message="\x1b[2J", tool="\x1b", input='{"\\u001b[2J": "\\u001b[2J"}', options=["\x1b"])
    assert "\x1b" not in "\n".join(lines(asked, session(name="\x1b", workingDir="\x1b"), NOW))


@given(st.text(max_size=40), st.text(max_size=60))
def test_anything_can_be_shown(message: str, input_: str) -> None:
    assert list(lines(question(message=message, tool="T", input=input_), session(), NOW))


@pytest.mark.parametrize(
    "word, options, option",
    [
        ("yes", ["allow", "deny"], "allow"),
        ("n", ["allow", "deny"], "deny"),
        ("all", ["allow", "deny"], "allow"),
        ("n", ["now", "fail"], "now"),
        ("f", ["now", "wait", "fail"], "fail"),
        ("", ["allow", "deny"], None),
        ("x", ["allow", "deny"], None),
        ("d", ["dev", "demo"], None),
        ("2", ["2.0", "1.9"], None),
        ("2.0", ["2.0", "1.9"], "2.0"),
        ("re", ["red", "green", "reddish"], None),
        ("red", ["red", "green", "reddish"], "red"),
        ("al", ["allow", "deny", "allow for session", "deny for session"], "allow"),
        ("n", ["allow", "deny", "allow for session", "deny for session"], "deny"),
        ("allow for session", ["allow", "deny", "allow for session", "deny for session"], "allow for session"),
    ],
)
def test_an_option_can_be_given_as_a_word(word: str, options: list[str], option: str | None) -> None:
    assert chosen(word, options) == option
