"""A scripted model on loopback, so that real coding agents run offline.

It implements what the agents need of the Anthropic Messages API, OpenAI's Responses and Chat Completions, and the Gemini API. Any
other request gets a 404 and is recorded, so that a test sees what an agent tried.

A script is a list of steps, played once per PROMPT. The step is computed from the request itself (how many rounds of tool
calls follow the last prompt), so retries, resumed conversations and side requests never get it out of step::

    {"shell": "echo hi > out.txt"}      a call of whatever shell tool the agent offers
    {"tool": "Write", "input": {...}}   a call of one named tool
    {"tools": [step, step]}             several calls in one message
    {"text": "done"}                    the final text of a turn
    {"json": {...}}                     structured output: a call of StructuredOutput where it is offered, else JSON as text
    {"sleep": 1.5, ...}                 wait before answering
    {"hold": "name", ...}               answer when the test calls ``release("name")``
    {"status": 429, "times": 2, "headers": {...}, "error_type": ..., "message": ..., "error": {...}}
                                        an HTTP error for the first ``times`` requests at that step (-1: for all);
                                        ``error`` are more members of it
    {"truncate": true, "text": "..."}   a connection dropped half way
    {"usage": {"input": 1000, "output": 50}, ...}
    {"once": true, ...}                 played once, then skipped

A script may also be ``{"prompts": [{"match": regex on the prompt, "steps": [...]}], "subagent": [...], "default": [...]}``;
``<name>`` in a step's texts is replaced by what the group ``name`` of the regex matched (an id that only the prompt contains).
``"toolless": true`` also scripts requests that offer no tools, which otherwise get a fixed text (titles, summaries).
"""

import gzip
import json
import re
import sys
import threading
import time
from collections.abc import Sequence
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Any, ClassVar, cast
from urllib.parse import urlsplit

from tests.kit.agents import model_reply, model_request
from tests.kit.agents.model_reply import CUT, Event, Reply
from tests.kit.agents.model_request import Json, Tool, Turn

Script = list[Json] | Json

DEFAULT: list[Json] = [{"shell": "echo hi > out.txt"}, {"text": "All done."}]
SHELLS = ("Bash", "bash", "run_shell_command", "exec_command", "shell_command", "shell", "local_shell", "terminal")
AGENTS = ("Task", "Agent", "task", "agent", "spawn_agent")
#: Maximum seconds that a held answer waits, so that a failing test ends.
HOLD = 60.0


class _Server(ThreadingHTTPServer):
    """One thread per connection. Killed agents close theirs in the middle of a reply, which is expected."""

    daemon_threads = True

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Report errors other than a broken connection."""
        if not isinstance(sys.exc_info()[1], ConnectionError):
            super().handle_error(request, client_address)


class FakeModel:
    """The model: ``url`` is its address, ``requests`` are those received so far."""

    def __init__(self, script: Script | None = None) -> None:
        """Answer by ``script``; it may be changed by setting ``script``."""
        self._lock = threading.Lock()
        self._used: dict[tuple[object, ...], int] = {}
        self._held: dict[str, threading.Event] = {}
        self._script: Script = DEFAULT if script is None else script
        self.requests: list[Json] = []
        handler = type("Handler", (_Handler,), {"fake": self})
        self._server = _Server(("127.0.0.1", 0), cast("type[BaseHTTPRequestHandler]", handler))
        self.url = f"http://127.0.0.1:{self._server.server_address[1]}"
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)

    def __enter__(self) -> "FakeModel":
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for event in self._held.values():
            event.set()
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    @property
    def script(self) -> Script:
        """The script that it follows."""
        return self._script

    @script.setter
    def script(self, script: Script) -> None:
        with self._lock:
            self._script = script
            self._used.clear()

    @property
    def prompts(self) -> list[str]:
        """The prompts of the requests that offered tools, in order."""
        return [request["prompt"] for request in self.requests if request.get("tools")]

    def release(self, name: str) -> None:
        """Release the answers held under this name, now and later."""
        self._event(name).set()

    def record(self, **request: Any) -> None:
        """Record a request."""
        with self._lock:
            self.requests.append(request)

    def answer(self, turn: Turn) -> tuple[Json, Reply | None]:
        """The step for a request, and its reply; None if the step is an error."""
        key, steps = self._steps(turn)
        if not turn.tools and not (isinstance(self._script, dict) and self._script.get("toolless")):
            if not (key.startswith("prompt") and steps):
                return {}, Reply("ok")
            step = steps[min(turn.rounds, len(steps) - 1)]
            return step, _reply(turn, step)
        index = self._skip(key, steps, min(turn.rounds, len(steps) - 1), turn.prompt)
        step = steps[index]
        if "status" in step and self._fails(step, (key, index, turn.prompt)):
            return step, None
        return step, _reply(turn, step)

    def wait(self, step: Json) -> None:
        """Wait as the step says before it is answered."""
        if "sleep" in step:
            time.sleep(step["sleep"])
        if "hold" in step:
            self._event(step["hold"]).wait(HOLD)

    def _event(self, name: str) -> threading.Event:
        with self._lock:
            return self._held.setdefault(name, threading.Event())

    def _steps(self, turn: Turn) -> tuple[str, Sequence[Json]]:
        script = self._script
        if isinstance(script, list):
            return "all", script
        for index, entry in enumerate(script.get("prompts") or []):
            match = re.search(entry["match"], turn.prompt, re.DOTALL)
            if match is not None:
                return f"prompt {index}", _filled(entry["steps"], match.groupdict())
        if "subagent" in script and turn.tool(*AGENTS) is None:
            return "subagent", script["subagent"]
        return "default", script.get("default") or DEFAULT

    def _skip(self, key: str, steps: Sequence[Json], index: int, prompt: str) -> int:
        with self._lock:
            while steps[index].get("once") and index < len(steps) - 1:
                if self._used.setdefault((key, index, prompt, "once"), 0) == 0:
                    self._used[key, index, prompt, "once"] = 1
                    break
                index += 1
        return index

    def _fails(self, step: Json, key: tuple[object, ...]) -> bool:
        with self._lock:
            used = self._used.get(key, 0)
            self._used[key] = used + 1
        times: int = step.get("times", -1)
        return times < 0 or used < times


def _filled(steps: Any, known: dict[str, str | None]) -> Any:
    """The steps, with values from the prompt filled in."""
    if isinstance(steps, str):
        for name, text in known.items():
            steps = steps.replace(f"<{name}>", text or "")
        return steps
    if isinstance(steps, list):
        return [_filled(step, known) for step in steps]
    return {name: _filled(value, known) for name, value in steps.items()} if isinstance(steps, dict) else steps


def _reply(turn: Turn, step: Json) -> Reply:
    text, calls = _content(turn, step)
    return Reply(text, tuple(calls), step.get("usage") or {}, bool(step.get("truncate")))


def _content(turn: Turn, step: Json) -> tuple[str | None, list[tuple[Tool, Any]]]:
    if "tools" in step:
        return step.get("text"), [call for part in step["tools"] for call in _content(turn, part)[1]]
    if "shell" in step:
        shell = turn.tool(*SHELLS)
        if shell is None:
            return f"(no shell tool offered) {step['shell']}", []
        return step.get("say"), [(shell, _shell_input(shell, step["shell"]))]
    if "tool" in step:
        return step.get("say"), [(turn.tool(step["tool"]) or Tool(step["tool"], {}), step.get("input") or {})]
    if "json" in step:
        output = turn.tool("StructuredOutput", "structured_output")
        return (None, [(output, step["json"])]) if output else (json.dumps(step["json"]), [])
    return step.get("text", "ok"), []


def _shell_input(tool: Tool, command: str) -> Json:
    """A shell tool's input, from its name and its parameters."""
    properties = tool.parameters.get("properties") or {}
    if tool.name == "exec_command" or "cmd" in properties:
        return {"cmd": command}
    if (properties.get("command") or {}).get("type") == "array":
        return {"command": ["bash", "-lc", command]}
    extra = {"description": "scripted command"} if "description" in properties else {}
    return {"command": command, **extra} | ({"is_background": False} if "is_background" in properties else {})


_TYPES = {429: "rate_limit_error", 529: "overloaded_error", 401: "authentication_error", 400: "invalid_request_error"}
_MODELS = {
    "object": "list",
    "data": [
        {"id": "fake", "object": "model", "type": "model", "display_name": "fake", "created": 0, "owned_by": "fake"}
    ],
    "has_more": False,
    "models": [],
}


class _Handler(BaseHTTPRequestHandler):
    """One connection of an agent."""

    protocol_version = "HTTP/1.1"
    fake: ClassVar[FakeModel]

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - the base class's name
        """Log nothing."""

    def do_HEAD(self) -> None:
        """Answer start-up probes."""
        self._json({})

    def do_GET(self) -> None:
        """Return the list of models, which some agents request at their start."""
        path = urlsplit(self.path).path
        self.fake.record(method="GET", path=self.path)
        if path.endswith("/models"):
            self._json(_MODELS)
        else:
            self._json({"error": {"type": "not_found_error", "message": "not scripted"}}, 404)

    def do_POST(self) -> None:
        """Answer one request in its dialect."""
        body = self._body()
        path = urlsplit(self.path).path
        try:
            if not self._played(path, body):
                self.fake.record(method="POST", path=self.path, body=body)
                self._json({"error": {"type": "not_found_error", "message": "not scripted"}}, 404)
        except (BrokenPipeError, ConnectionResetError):
            self.close_connection = True

    def _played(self, path: str, body: Json) -> bool:
        if path.endswith("/messages/count_tokens"):
            self._json({"input_tokens": len(json.dumps(body)) // 4})
        elif path.endswith("/messages"):
            self._play(model_request.anthropic(body), body, "anthropic")
        elif path.endswith("/responses"):
            self._play(model_request.responses(body), body, "responses")
        elif path.endswith("/chat/completions"):
            self._play(model_request.chat(body), body, "chat")
        elif match := re.search(r"/models/([^:/]+):(countTokens|generateContent|streamGenerateContent)$", path):
            model, verb = match.groups()
            if verb == "countTokens":
                self._json({"totalTokens": len(json.dumps(body)) // 4})
            else:
                self._play(model_request.gemini(body, model, stream=verb.startswith("stream")), body, "gemini")
        else:
            return False
        return True

    def _play(self, turn: Turn, body: Json, dialect: str) -> None:
        step, reply = self.fake.answer(turn)
        tools = [tool.name for tool in turn.tools]
        self.fake.record(
            path=self.path, dialect=dialect, prompt=turn.prompt, rounds=turn.rounds, tools=tools, step=step, body=body
        )
        self.fake.wait(step)
        if reply is None:
            self._json(_error(step, dialect), step["status"], step.get("headers"))
        elif turn.stream:
            self._events(getattr(model_reply, f"{dialect}_events")(turn, reply))
        else:
            self._json(getattr(model_reply, dialect)(turn, reply))

    def _json(self, document: Any, status: int = 200, headers: Json | None = None) -> None:
        data = json.dumps(document).encode()
        self.send_response(status)
        self.send_header("content-type", "application/json")
        self.send_header("content-length", str(len(data)))
        for name, value in (headers or {}).items():
            self.send_header(name, str(value))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(data)

    def _events(self, events: Any) -> None:
        self.send_response(200)
        self.send_header("content-type", "text/event-stream")
        self.send_header("cache-control", "no-cache")
        self.send_header("transfer-encoding", "chunked")
        self.send_header("request-id", model_reply.new_id("req_"))
        self.end_headers()
        for event in events:
            if event == CUT:
                self.close_connection = True
                return
            data = _encoded(event)
            self.wfile.write(b"%x\r\n%s\r\n" % (len(data), data))
            self.wfile.flush()
        self.wfile.write(b"0\r\n\r\n")

    def _body(self) -> Json:
        if "chunked" in (self.headers.get("transfer-encoding") or "").lower():
            data = b"".join(iter(self._chunk, b""))
        else:
            data = self.rfile.read(int(self.headers.get("content-length") or 0))
        if (self.headers.get("content-encoding") or "").lower() == "gzip":
            data = gzip.decompress(data)
        try:
            body = json.loads(data or b"{}")
        except ValueError:
            return {}
        return body if isinstance(body, dict) else {}

    def _chunk(self) -> bytes:
        size = int(self.rfile.readline().split(b";")[0] or b"0", 16)
        data = self.rfile.read(size)
        self.rfile.readline()
        return data


def _encoded(event: Event) -> bytes:
    name, data = event
    head = f"event: {name}\n" if name else ""
    return f"{head}data: {data if isinstance(data, str) else json.dumps(data)}\n\n".encode()


def _error(step: Json, dialect: str) -> Json:
    """An error as the services write it, with the members of all dialects, which do not conflict."""
    status = step["status"]
    kind = step.get("error_type") or _TYPES.get(status, "api_error")
    error = {"type": kind, "message": step.get("message", "scripted error"), "code": step.get("code", kind)}
    error |= step.get("error", {})
    error["status"] = "RESOURCE_EXHAUSTED" if status == 429 else "INTERNAL"
    if dialect == "gemini":
        error["code"] = status
    return {"type": "error", "error": error, "request_id": model_reply.new_id("req_")}
