"""A plan in an agent's last message."""

import pytest

from maestrod.agents.codex import hooks as codex_hooks
from maestrod.agents.codex import stream as codex_stream
from maestrod.agents.gemini import hooks as gemini_hooks
from maestrod.agents.kit.json_lines import Members
from maestrod.agents.kit.plan_message import LONGEST, plans_in
from maestrod.agents.opencode import hooks as opencode_hooks
from maestrod.agents.opencode import stream as opencode_stream
from maestrod.core.values.signs import PlanOffered


@pytest.mark.parametrize(
    "text, document",
    [
        ('{"groups": []}', '{"groups": []}'),
        (' \n{"a": 1}\n', '{"a": 1}'),
        ('Done.\n```json\n{"a": {\n}}\n```\nThat is all.', '{"a": {\n}}'),
        ('```\n{"a": 1}\n```', '{"a": 1}'),
        ("{broken}", "{broken}"),
    ],
)
def test_a_document_stands_alone_or_in_a_block(text: str, document: str) -> None:
    assert plans_in(text) == (PlanOffered(document),)


@pytest.mark.parametrize(
    "said",
    [
        "```JSON\n{}\n```",
        "~~~json5\r\n{}\r\n~~~\r\n",
        "<think>{{a}}</think>\n{}",
        "Here is the plan: {} Enjoy.",
        "\ufeff{}",
        '```json\n{{"thinking": 1}}\n```\n```json title=plan.json\n{}\n```',
    ],
)
def test_every_agent_that_plans_in_its_last_message_is_understood(said: str) -> None:
    plan = '{"groups": [{"key": "a", "title": "A", "subtasks": [{"key": "x", "title": "X"}]}]}'
    words = said.format(plan)
    opencode_said, codex_said = {"text": words}, {"type": "agent_message", "text": words}
    readings = [
        opencode_hooks.read_hook("session.idle", {"sessionID": "s", "text": words}).signs,
        codex_hooks.read_hook("Stop", {"last_assistant_message": words}).signs,
        gemini_hooks.read_hook("AfterAgent", {"prompt_response": words}).signs,
        opencode_stream.read_event(Members({"type": "text", "part": opencode_said})).signs,
        codex_stream.read_event(Members({"type": "item.completed", "item": codex_said}), 0.0).signs,
    ]
    assert [[sign for sign in signs if isinstance(sign, PlanOffered)] for signs in readings] == [
        [PlanOffered(plan)]
    ] * 5


@pytest.mark.parametrize("text", ["All done.", "", "{", '{"a": 1} and more', "[1]", None, 5, "{" + "x" * LONGEST + "}"])
def test_prose_is_not_a_plan(text: object) -> None:
    assert plans_in(text) == ()
