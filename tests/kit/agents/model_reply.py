"""A model's replies in each dialect: the events of a stream, or one document."""

import itertools
import json
import uuid
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from tests.kit.agents.model_request import Json, Tool, Turn

#: The name of a server-sent event (None if it has none) and its data; the stream is cut after ``CUT``.
Event = tuple[str | None, Json | str]
CUT: Event = (None, "")


@dataclass(frozen=True, slots=True)
class Reply:
    """The reply: a text, tool calls with their arguments, and the reported tokens. ``truncate`` drops the connection half way."""

    text: str | None = None
    calls: tuple[tuple[Tool, Any], ...] = ()
    usage: Json = field(default_factory=dict)
    truncate: bool = False

    def tokens(self, name: str) -> int:
        """The number of tokens of a kind: ``input``, ``output``, ``cache_read``."""
        return int({"input": 1000, "output": 50, "cache_read": 0, **self.usage}[name])


def new_id(prefix: str) -> str:
    """An id in the style of such services."""
    return prefix + uuid.uuid4().hex[:24]


def anthropic(turn: Turn, reply: Reply) -> Json:
    """A message."""
    content: list[Json] = [] if reply.text is None else [{"type": "text", "text": reply.text}]
    content += [
        {"type": "tool_use", "id": new_id("toolu_"), "name": tool.name, "input": given} for tool, given in reply.calls
    ]
    return {
        "id": new_id("msg_"),
        "type": "message",
        "role": "assistant",
        "model": turn.model,
        "content": content,
        "stop_reason": "tool_use" if reply.calls else "end_turn",
        "stop_sequence": None,
        "usage": {
            "input_tokens": reply.tokens("input"),
            "output_tokens": reply.tokens("output"),
            "cache_creation_input_tokens": 0,
            "cache_read_input_tokens": reply.tokens("cache_read"),
        },
    }


def anthropic_events(turn: Turn, reply: Reply) -> Iterator[Event]:
    """The same as a stream."""
    message = anthropic(turn, reply)
    begun = {**message, "content": [], "stop_reason": None, "usage": {**message["usage"], "output_tokens": 1}}
    yield _named({"type": "message_start", "message": begun})
    for index, block in enumerate(message["content"]):
        empty = {**block, "text": ""} if block["type"] == "text" else {**block, "input": {}}
        yield _named({"type": "content_block_start", "index": index, "content_block": empty})
        for delta in _deltas(block):
            yield _named({"type": "content_block_delta", "index": index, "delta": delta})
            if reply.truncate:
                yield CUT
                return
        yield _named({"type": "content_block_stop", "index": index})
    stop = {"stop_reason": message["stop_reason"], "stop_sequence": None}
    yield _named({"type": "message_delta", "delta": stop, "usage": message["usage"]})
    yield _named({"type": "message_stop"})


def _deltas(block: Json) -> Iterator[Json]:
    if block["type"] != "text":
        yield {"type": "input_json_delta", "partial_json": json.dumps(block["input"])}
        return
    half = len(block["text"]) // 2
    for part in (block["text"][:half], block["text"][half:]):
        if part:
            yield {"type": "text_delta", "text": part}


def _named(data: Json) -> Event:
    return data["type"], data


def responses(turn: Turn, reply: Reply) -> Json:
    """An OpenAI response."""
    items = [] if reply.text is None else [_said(reply.text)]
    items += [_called(tool, given) for tool, given in reply.calls]
    read, written = reply.tokens("input"), reply.tokens("output")
    return {
        "id": new_id("resp_"),
        "object": "response",
        "created_at": 0,
        "status": "completed",
        "model": turn.model,
        "output": items,
        "error": None,
        "usage": {
            "input_tokens": read,
            "input_tokens_details": {"cached_tokens": reply.tokens("cache_read")},
            "output_tokens": written,
            "output_tokens_details": {"reasoning_tokens": 0},
            "total_tokens": read + written,
        },
    }


def _said(text: str) -> Json:
    content = [{"type": "output_text", "text": text, "annotations": []}]
    return {"type": "message", "id": new_id("msg_"), "role": "assistant", "status": "completed", "content": content}


def _called(tool: Tool, given: Any) -> Json:
    ids: Json = {"call_id": new_id("call_"), "status": "completed"}
    if "local_shell" in (tool.kind, tool.name):
        command = given["command"] if isinstance(given["command"], list) else ["bash", "-lc", given["command"]]
        return {"type": "local_shell_call", "id": new_id("ls_"), **ids, "action": {"type": "exec", "command": command}}
    if tool.kind == "custom":
        text = given.get("input", "") if isinstance(given, dict) else given
        return {"type": "custom_tool_call", "id": new_id("ctc_"), **ids, "name": tool.name, "input": text}
    return {"type": "function_call", "id": new_id("fc_"), **ids, "name": tool.name, "arguments": json.dumps(given)}


def responses_events(turn: Turn, reply: Reply) -> Iterator[Event]:
    """The same as a stream."""
    done = responses(turn, reply)
    begun = {**done, "status": "in_progress", "output": [], "usage": None}
    numbers = itertools.count()

    def event(kind: str, **members: Any) -> Event:
        return kind, {"type": kind, "sequence_number": next(numbers), **members}

    yield event("response.created", response=begun)
    yield event("response.in_progress", response=begun)
    for index, item in enumerate(done["output"]):
        where = {"item_id": item["id"], "output_index": index}
        empty: Json = {"content": []} if item["type"] == "message" else {}
        yield event("response.output_item.added", output_index=index, item={**item, "status": "in_progress", **empty})
        if item["type"] == "message":
            text = item["content"][0]["text"]
            part = {"type": "output_text", "text": "", "annotations": []}
            yield event("response.content_part.added", **where, content_index=0, part=part)
            yield event("response.output_text.delta", **where, content_index=0, delta=text)
            if reply.truncate:
                yield CUT
                return
            yield event("response.output_text.done", **where, content_index=0, text=text)
            yield event("response.content_part.done", **where, content_index=0, part=item["content"][0])
        elif item["type"] == "function_call":
            yield event("response.function_call_arguments.delta", **where, delta=item["arguments"])
            yield event("response.function_call_arguments.done", **where, arguments=item["arguments"])
        yield event("response.output_item.done", output_index=index, item=item)
    yield event("response.completed", response=done)


def chat(turn: Turn, reply: Reply) -> Json:
    """A chat completion."""
    calls = [_chat_call(index, tool, given) for index, (tool, given) in enumerate(reply.calls)]
    message = {"role": "assistant", "content": reply.text} | ({"tool_calls": calls} if calls else {})
    choice = {"index": 0, "message": message, "finish_reason": "tool_calls" if calls else "stop"}
    head = {"id": new_id("chatcmpl-"), "created": 0, "model": turn.model, "object": "chat.completion"}
    return {**head, "choices": [choice], "usage": _chat_usage(reply)}


def _chat_call(index: int, tool: Tool, given: Any) -> Json:
    function = {"name": tool.name, "arguments": json.dumps(given)}
    return {"index": index, "id": new_id("call_"), "type": "function", "function": function}


def _chat_usage(reply: Reply) -> Json:
    read, written = reply.tokens("input"), reply.tokens("output")
    return {"prompt_tokens": read, "completion_tokens": written, "total_tokens": read + written}


def chat_events(turn: Turn, reply: Reply) -> Iterator[Event]:
    """The same as a stream."""
    whole = chat(turn, reply)
    head = {"id": whole["id"], "created": 0, "model": turn.model, "object": "chat.completion.chunk"}
    [choice] = whole["choices"]

    def chunk(delta: Json, finish: str | None = None) -> Event:
        return None, {**head, "choices": [{"index": 0, "delta": delta, "finish_reason": finish}]}

    yield chunk({"role": "assistant", "content": ""})
    if reply.text is not None:
        yield chunk({"content": reply.text})
    if reply.truncate:
        yield CUT
        return
    if "tool_calls" in choice["message"]:
        yield chunk({"tool_calls": choice["message"]["tool_calls"]})
    yield chunk({}, choice["finish_reason"])
    yield None, {**head, "choices": [], "usage": whole["usage"]}
    yield None, "[DONE]"


def gemini(turn: Turn, reply: Reply) -> Json:
    """A Gemini answer."""
    parts: list[Json] = [] if reply.text is None else [{"text": reply.text}]
    parts += [{"functionCall": {"name": tool.name, "args": given, "id": new_id("fc")}} for tool, given in reply.calls]
    read, written = reply.tokens("input"), reply.tokens("output")
    usage = {"promptTokenCount": read, "candidatesTokenCount": written, "totalTokenCount": read + written}
    candidate = {"index": 0, "content": {"role": "model", "parts": parts}, "finishReason": "STOP"}
    return {"candidates": [candidate], "usageMetadata": usage, "modelVersion": turn.model, "responseId": new_id("r")}


def gemini_events(turn: Turn, reply: Reply) -> Iterator[Event]:
    """The same as a stream: one piece, without its end if it is cut."""
    whole = gemini(turn, reply)
    if reply.truncate:
        [candidate] = whole["candidates"]
        yield None, {**whole, "candidates": [{"index": 0, "content": candidate["content"]}]}
        yield CUT
    else:
        yield None, whole
