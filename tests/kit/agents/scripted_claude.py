"""A scripted ``claude`` without a model: it writes the stream, runs the hooks of its settings, asks questions and meets limits.

``install(bin, scripts)`` puts it on a PATH. Its script is ``script.json`` in its working directory: a list of turns, each a list of
steps; the file ``turn`` there counts the turns over all its processes. ``answers`` has the answers that it received, one JSON line
each, and ``prompts`` its prompts. Steps:

    {"ask": COMMAND}     asks to run it: on the stream, or by its PermissionRequest hook on a terminal
    {"hook": EVENT}      runs that hook of its settings
    {"gate": NAME}       waits until a test opens the pipe NAME in its folder for writing
    {"limit": AT}        meets a usage limit until AT (seconds since the epoch), and ends this process
    {"run": COMMAND}     runs a command, as its tools do
    {"speak": COUNT}     says COUNT words, each a line of the stream, a few milliseconds apart

Its lines have the form recorded from Claude Code 2.1.328 (``tests/fixtures/recordings/claude-code``).
"""

import itertools
import json
import os
import select
import subprocess
import sys
from pathlib import Path
from typing import Any

#: Its last line of a turn.
RESULT = {"type": "result", "subtype": "success", "is_error": False, "num_turns": 1, "terminal_reason": "completed"}


def install(folder: Path) -> None:
    """Install it as ``claude`` in a folder on the PATH."""
    folder.mkdir(parents=True, exist_ok=True)
    program = folder / "claude"
    program.write_text(f'#!/bin/sh\nexec "{sys.executable}" -I "{Path(__file__).resolve()}" "$@"\n')
    program.chmod(0o755)


def write_script(folder: Path, *turns: list[dict[str, Any]]) -> None:
    """Write the steps of its turns."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "script.json").write_text(json.dumps(turns))


def received(folder: Path, kind: str = "answers") -> list[Any]:
    """The answers (or ``prompts``) that it received, oldest first."""
    path = folder / kind
    return [json.loads(line) for line in path.read_text().splitlines()] if path.exists() else []


class Agent:
    """One process of it."""

    def __init__(self, arguments: list[str]) -> None:
        self.arguments = arguments
        self.headless = "-p" in arguments
        self.asked = 0
        known = {name: value for name, value in itertools.pairwise(arguments) if name.startswith("--")}
        self.session = known.get("--session-id") or known.get("--resume") or "none"
        self.hooks: dict[str, Any] = json.loads(Path(known["--settings"]).read_text())["hooks"]
        self.turns: list[list[dict[str, Any]]] = json.loads(Path("script.json").read_text())

    def run(self) -> int:
        """Run a turn for each prompt."""
        self.hook("SessionStart", source="startup")
        if not self.headless:
            self.turn()
            sys.stdin.read()  # it waits at its prompt until it is stopped
            return 0
        for line in sys.stdin:
            read = json.loads(line)
            if read["type"] == "user":
                self._write("prompts", read["message"]["content"])
                self.turn()
        return 0

    def turn(self) -> None:
        """Do the steps of the next turn."""
        counter = Path("turn")
        number = int(counter.read_text()) if counter.exists() else 0
        counter.write_text(str(number + 1))
        self.say({"type": "system", "subtype": "init", "session_id": self.session})
        self.say({"type": "system", "subtype": "session_state_changed", "state": "running"})
        self.hook("UserPromptSubmit", prompt="go on")
        for step in self.turns[number] if number < len(self.turns) else []:
            for verb, value in step.items():
                getattr(self, f"_{verb}")(value)
        self.say({**RESULT, "session_id": self.session, "result": "done"})
        self.hook("Stop", stop_hook_active=False)

    def say(self, line: dict[str, Any]) -> None:
        """Write a line of the stream."""
        if self.headless:
            sys.stdout.write(json.dumps(line) + "\n")
            sys.stdout.flush()

    def hook(self, event: str, **payload: Any) -> str:
        """Run the hooks of an event as Claude does, in a shell with the payload on stdin; returns their output."""
        document = {"session_id": self.session, "cwd": str(Path.cwd()), "hook_event_name": event, **payload}
        printed = ""
        for entry in self.hooks.get(event, []):
            for each in entry["hooks"]:
                done = subprocess.run(
                    ["/bin/sh", "-c", each["command"]],
                    input=json.dumps(document).encode(),
                    stdout=subprocess.PIPE,
                    check=True,
                    start_new_session=True,
                )
                printed += done.stdout.decode()
        return printed

    def _ask(self, command: str) -> None:
        given = {"command": command}
        if not self.headless:
            printed = self.hook("PermissionRequest", tool_name="Bash", tool_input=given)
            self._note(json.loads(printed)["hookSpecificOutput"]["decision"] if printed else None)
            return
        self.asked += 1
        key = f"request-{self.asked}"
        request = {"subtype": "can_use_tool", "tool_name": "Bash", "input": given, "tool_use_id": "toolu_1"}
        self.say({"type": "control_request", "request_id": key, "request": request})
        while True:
            answer = json.loads(sys.stdin.readline())
            if answer["type"] == "control_response" and answer["response"]["request_id"] == key:
                self._note(answer["response"]["response"])
                return

    def _hook(self, event: str) -> None:
        self.hook(event, tool_name="Bash", tool_input={"command": "make"}, tool_use_id=f"toolu_{event}")

    def _gate(self, name: str) -> None:
        with Path(name).open("rb") as pipe:  # opening waits for the other end
            pipe.read()

    def _limit(self, at: int) -> None:
        info = {"status": "rejected", "resetsAt": at, "rateLimitType": "five_hour"}
        self.say({"type": "rate_limit_event", "rate_limit_info": info, "session_id": self.session})
        refused = {"is_error": True, "terminal_reason": "api_error", "api_error_status": 429, "result": "429"}
        self.say({**RESULT, **refused, "session_id": self.session})
        sys.exit(1)

    def _run(self, command: str) -> None:
        subprocess.run(["/bin/sh", "-c", command], check=True, start_new_session=True)

    def _speak(self, count: int) -> None:
        for number in range(count):
            content = [{"type": "text", "text": f"word {number}"}]
            self.say(
                {"type": "assistant", "message": {"role": "assistant", "content": content}, "session_id": self.session}
            )
            select.select([], [], [], 0.004)

    def _note(self, answer: Any) -> None:
        self._write("answers", answer)

    def _write(self, name: str, value: Any) -> None:
        with Path(name).open("a") as file:
            file.write(json.dumps(value) + "\n")
            file.flush()
            os.fsync(file.fileno())


if __name__ == "__main__":
    sys.exit(Agent(sys.argv[1:]).run())
