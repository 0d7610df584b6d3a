"""The same plan is read from every wrapping, and nothing is chosen silently."""

import json
import time
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from maestrod.api.text.json_text import Flaw
from maestrod.api.text.plan_text import document_in, read

PLAN: dict[str, Any] = {"title": "T", "groups": [{"key": "a", "title": "A", "subtasks": []}]}
TEXT = json.dumps(PLAN)
DRAFT = json.dumps({"title": "Draft", "groups": []})

WORDS = st.sampled_from(
    [
        "x",
        "```",
        "```sh\nls\n```",
        "{x}",
        "{",
        "}",
        '"',
        "\\",
        "\n",
        "- [ ] a",
        "<think>",
        "é",
        "// no",
        "/* */",
        "~~~",
        "'",
    ]
)
STRINGS = st.lists(WORDS, max_size=4).map("".join)
SUBTASKS = st.fixed_dictionaries({"key": STRINGS, "title": STRINGS}, optional={"prompt": STRINGS, "commands": st.lists(STRINGS, max_size=2)})  # fmt: skip
GROUPS = st.fixed_dictionaries({"key": STRINGS, "title": STRINGS, "subtasks": st.lists(SUBTASKS, max_size=2)})
PLANS = st.fixed_dictionaries({"groups": st.lists(GROUPS, max_size=2)}, optional={"title": STRINGS, "summary": STRINGS})

FENCES = st.sampled_from(["```", "~~~", "````", "  ```"])
INFO = st.sampled_from(["json", "JSON", "", "jsonc", "json5", "json title=plan.json", " json", "plan", "javascript"])
PROSE = st.sampled_from(
    [
        "",
        "Here is the plan: ",
        "Note: use {braces} and [brackets].\n",
        "```\n{}\n```\n",
        '```json\n{"thinking": 1}\n```\n',
        "```bash\necho {}\nf() { ls; }\n```\n",
        "<think>hmm {a} or [b]</think>\n",
        "It's \"quoted\" and 'quoted'.\n",
        "`{}` // and /* more */\n",
        "- [ ] no item\n",
    ]
)


def _fenced(text: str, mark: str, info: str) -> str:
    return f"{mark}{info}\n{text}\n{mark}"


@st.composite
def wrapped(draw: st.DrawFn, plan: dict[str, Any]) -> str:
    """A plan as models hand it in."""
    value = draw(
        st.sampled_from([plan, [plan], {"plan": plan}, {"thinking": "x", "plan": plan}, {"result": {"plan": plan}}])
    )
    text = json.dumps(value, indent=draw(st.sampled_from([None, 2])), ensure_ascii=draw(st.booleans()))
    if draw(st.booleans()):
        text = f"{text[:-1]},{text[-1]}"
    if draw(st.booleans()):
        text = f"{text[0]} // the plan\n{text[1:]}"
    if draw(st.booleans()):
        text = _fenced(text, draw(FENCES), draw(INFO))
    if draw(st.booleans()):
        text = f"<think>{DRAFT}</think>\n{text}"
    text = f"{draw(PROSE)}{text}\n{draw(PROSE)}"
    if draw(st.booleans()):
        text = text.replace("\n", "\r\n")
    return draw(st.sampled_from(["", "\ufeff", "\n \n"])) + text


@given(PLANS.flatmap(lambda plan: st.tuples(st.just(plan), wrapped(plan))))
def test_every_plan_is_read_from_every_wrapping(case: tuple[dict[str, Any], str]) -> None:
    plan, text = case
    document = document_in(text)
    assert document is not None
    assert read(document) == plan


@pytest.mark.parametrize(
    "text",
    [
        f"```json {TEXT}```",
        f"```json\n{DRAFT}\n```\nBetter:\n```json\n{TEXT}\n```",
        json.dumps(TEXT),
        f"The plan is {json.dumps(json.dumps({'plan': PLAN}))} now.",
        "{'title': 'T', groups: [{key: 'a', title: \"A\", subtasks: []}]}",
        f"# Plan\n\n> {TEXT}\n",
    ],
)
def test_unusual_wrappings_are_read_too(text: str) -> None:
    document = document_in(text)
    assert document is not None
    assert read(document) == PLAN


@pytest.mark.parametrize(
    "text, words",
    [
        (TEXT[:-5], "ends too early"),
        (f"```json\n{TEXT[:-5]}\n```\nDone.", "expected"),
        (f"<think>{DRAFT}</think>\n{TEXT[:-5]}", "ends too early"),
        (f'{DRAFT}\nBetter:\n{{"title": "T", "summ', "ends too early"),
        (f"{DRAFT}\n```json\n{TEXT.replace('[', '', 1)}\n```", "expected"),
        (f"[{DRAFT}, {TEXT}]", "2 plans"),
        (f"[{DRAFT}, {TEXT}", "ends too early"),
        (json.dumps({"draft": PLAN, "final": PLAN}), "2 plans"),
        ('{"title": "T", "groups": [], "groups": [1]}', "`groups` appears twice"),
        (f'{DRAFT}\n{{"groups": [{{"key": "a", "key": "b"}}]}}', "`key` appears twice"),
        ("{" * 3 + '"groups"', "expected"),
        ('{"groups": ' + "[" * 200_000, "nested deeper"),
    ],
)
def test_an_unreadable_plan_is_reported_and_never_ignored(text: str, words: str) -> None:
    document = document_in(text)
    assert document is not None
    with pytest.raises(Flaw, match=words):
        read(document)


@pytest.mark.parametrize("text", ["", "All done.", "{", '{"a": 1} and more', "[1]", "The groups are {a} and {b}.", "```sh\nls\n```"])  # fmt: skip
def test_prose_is_not_a_plan(text: str) -> None:
    assert document_in(text) is None


@pytest.mark.parametrize(
    "part",
    ['{"a":', "[{", '{"', "{a:", "{/*", '{"a":[1,', '{"a":{},', '"{\\"', "```json\n{", "{'", '{"a":"b",', "{//\n"],
)
def test_a_hostile_message_is_cheap(part: str) -> None:
    text = "groups " + part * ((1 << 20) // len(part))
    began = time.process_time()
    if (document := document_in(text)) is not None:
        with pytest.raises(Flaw):
            read(document)
    assert time.process_time() - began < 3  # milliseconds to a second; quadratic takes minutes
