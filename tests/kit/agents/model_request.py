"""Parses a coding agent's requests to a model in all dialects: Anthropic messages, OpenAI responses and chat, Gemini."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

Json = dict[str, Any]

#: Machine-written text in a user's message, such as reminders and environment descriptions. It is not a prompt.
_NOISE = re.compile(
    r"^\s*<(system-reminder|environment_context|user_instructions|permissions|INSTRUCTIONS|session_context"
    r"|skills_instructions|apps_instructions|plugins_instructions|hook_prompt|command-name|local-command)",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class Tool:
    """A tool that the agent offers. ``kind`` is its OpenAI type, if any."""

    name: str
    parameters: Json
    kind: str = "function"


@dataclass(frozen=True, slots=True)
class Turn:
    """One request. ``prompt`` is the user's last message, ``rounds`` the number of rounds of tool calls after it."""

    tools: tuple[Tool, ...]
    prompt: str
    rounds: int
    stream: bool
    model: str

    def tool(self, *names: str) -> Tool | None:
        """The first tool with one of these names, in their order."""
        return next((tool for name in names for tool in self.tools if tool.name == name), None)


class _Conversation:
    """Follows messages: keeps the last prompt and the rounds since then."""

    def __init__(self) -> None:
        self.prompt, self.rounds = "", 0

    def said(self, content: Any) -> None:
        """Take a user's message; skips machine-written text."""
        text = "\n".join(part for part in _texts(content) if part.strip() and not _NOISE.match(part))
        if text:
            self.prompt, self.rounds = text, 0


def _texts(content: Any) -> Iterator[str]:
    for part in [content] if isinstance(content, str) else content or []:
        if isinstance(part, str):
            yield part
        elif isinstance(part, dict) and isinstance(part.get("text"), str):
            yield part["text"]


def _objects(value: Any) -> Iterable[Json]:
    return [item for item in value if isinstance(item, dict)] if isinstance(value, list) else []


def anthropic(body: Json) -> Turn:
    """``POST /v1/messages``."""
    tools = tuple(
        Tool(tool["name"], tool.get("input_schema") or {}) for tool in body.get("tools") or [] if "name" in tool
    )
    talk = _Conversation()
    for message in body.get("messages") or []:
        kinds = {block.get("type") for block in _objects(message.get("content"))}
        if message.get("role") == "user":
            # Results of tools come in a user's message too, and a prompt right after them in the same one.
            talk.said(message.get("content"))
        elif message.get("role") == "assistant" and "tool_use" in kinds:
            talk.rounds += 1
    return Turn(tools, talk.prompt, talk.rounds, bool(body.get("stream")), body.get("model") or "fake")


def chat(body: Json) -> Turn:
    """``POST /v1/chat/completions``."""
    functions = [tool["function"] for tool in body.get("tools") or [] if tool.get("function")]
    tools = tuple(Tool(function["name"], function.get("parameters") or {}) for function in functions)
    talk = _Conversation()
    for message in body.get("messages") or []:
        if message.get("role") == "user":
            talk.said(message.get("content"))
        elif message.get("role") == "assistant" and message.get("tool_calls"):
            talk.rounds += 1
    return Turn(tools, talk.prompt, talk.rounds, bool(body.get("stream")), body.get("model") or "fake")


def responses(body: Json) -> Turn:
    """``POST /v1/responses``: the calls of one round come together, followed by their outputs."""
    tools = tuple(
        Tool(tool.get("name") or tool.get("type") or "", tool.get("parameters") or {}, tool.get("type") or "function")
        for tool in body.get("tools") or []
    )
    talk, in_calls = _Conversation(), False
    items = body.get("input") or []
    for item in [{"role": "user", "content": items}] if isinstance(items, str) else items:
        kind = item.get("type") or "message"
        if kind == "message" and item.get("role") == "user":
            talk.said(item.get("content"))
            in_calls = False
        elif kind in ("function_call", "local_shell_call", "custom_tool_call"):
            talk.rounds += not in_calls
            in_calls = True
        elif kind.endswith("_output"):
            in_calls = False
    return Turn(tools, talk.prompt, talk.rounds, bool(body.get("stream", True)), body.get("model") or "fake")


def gemini(body: Json, model: str, *, stream: bool) -> Turn:
    """``POST /v1beta/models/MODEL:generateContent`` and ``:streamGenerateContent``."""
    tools = tuple(
        Tool(function["name"], function.get("parametersJsonSchema") or function.get("parameters") or {})
        for tool in body.get("tools") or []
        for function in tool.get("functionDeclarations") or tool.get("function_declarations") or []
    )
    talk = _Conversation()
    for message in body.get("contents") or []:
        parts = _objects(message.get("parts"))
        if message.get("role") == "user" and not any("functionResponse" in part for part in parts):
            talk.said(parts)
        elif any("functionCall" in part for part in parts):
            talk.rounds += 1
    return Turn(tools, talk.prompt, talk.rounds, stream, model)
