"""The scripted model itself: each dialect answers by the script, in step with the request."""

import http.client
import json
from collections.abc import Iterator
from typing import Any
from urllib.parse import urlsplit

import pytest

from tests.kit.agents.fake_model import FakeModel

SCRIPT: list[dict[str, Any]] = [{"shell": "ls"}, {"text": "done"}]
SCHEMA = {"type": "object", "properties": {"command": {"type": "string"}}}


@pytest.fixture
def model() -> Iterator[FakeModel]:
    with FakeModel(SCRIPT) as fake:
        yield fake


def ask(model: FakeModel, path: str, body: dict[str, Any]) -> tuple[int, str]:
    connection = http.client.HTTPConnection(urlsplit(model.url).netloc)
    try:
        connection.request("POST", path, json.dumps(body))
        response = connection.getresponse()
        return response.status, response.read().decode()
    finally:
        connection.close()


def anthropic(*messages: Any, stream: bool = False) -> dict[str, Any]:
    return {"model": "m", "stream": stream, "tools": [{"name": "Bash", "input_schema": SCHEMA}], "messages": messages}


ASKED = {"role": "user", "content": "go"}
CALLED = {"role": "assistant", "content": [{"type": "tool_use", "id": "t", "name": "Bash", "input": {}}]}
RESULT = {"role": "user", "content": [{"type": "tool_result", "tool_use_id": "t", "content": "x"}]}


def test_steps_follow_the_rounds_of_the_request(model: FakeModel) -> None:
    first = json.loads(ask(model, "/v1/messages", anthropic(ASKED))[1])
    assert first["content"][0]["input"] == {"command": "ls"}
    second = json.loads(ask(model, "/v1/messages", anthropic(ASKED, CALLED, RESULT))[1])
    assert second["content"] == [{"type": "text", "text": "done"}]
    assert model.prompts == ["go", "go"]


def test_a_stream_reports_the_same(model: FakeModel) -> None:
    _, text = ask(model, "/v1/messages", anthropic(ASKED, CALLED, RESULT, stream=True))
    assert "event: message_stop" in text and '"text": "do"' in text and '"text": "ne"' in text


def test_the_other_dialects_answer_too(model: FakeModel) -> None:
    chat = {"tools": [{"function": {"name": "bash", "parameters": SCHEMA}}], "messages": [ASKED]}
    assert '\\"command\\": \\"ls\\"' in ask(model, "/v1/chat/completions", chat)[1]
    responses = {"tools": [{"type": "function", "name": "exec_command", "parameters": {}}], "input": "go"}
    assert "response.completed" in ask(model, "/v1/responses", responses)[1]
    gemini = {
        "tools": [{"functionDeclarations": [{"name": "run_shell_command", "parameters": SCHEMA}]}],
        "contents": [{"role": "user", "parts": [{"text": "go"}]}],
    }
    assert '"command": "ls"' in ask(model, "/v1beta/models/g:generateContent", gemini)[1]
    assert ask(model, "/elsewhere", {})[0] == 404


def test_an_error_occurs_as_often_as_scripted(model: FakeModel) -> None:
    model.script = [{"status": 429, "times": 1, "text": "then this"}]
    assert ask(model, "/v1/messages", anthropic(ASKED))[0] == 429
    assert "then this" in ask(model, "/v1/messages", anthropic(ASKED))[1]


def test_a_prompt_selects_its_steps(model: FakeModel) -> None:
    model.script = {"prompts": [{"match": "parser", "steps": [{"text": "one"}]}], "default": [{"text": "other"}]}
    assert "one" in ask(model, "/v1/messages", anthropic({"role": "user", "content": "the parser"}))[1]
    assert "other" in ask(model, "/v1/messages", anthropic(ASKED))[1]


def test_a_step_may_use_values_of_the_prompt(model: FakeModel) -> None:
    model.script = {"prompts": [{"match": r"task (?P<task>tsk_\w+)", "steps": [{"shell": "done <task>"}]}]}
    _, text = ask(model, "/v1/messages", anthropic({"role": "user", "content": "your task tsk_1 is"}))
    assert json.loads(text)["content"][0]["input"] == {"command": "done tsk_1"}
