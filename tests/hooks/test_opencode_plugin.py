"""Our plugin in OpenCode, run by Node: its reports, that none is lost without a daemon, and that it refuses tools without an answer."""

import contextlib
import json
import shutil
import socket
import subprocess
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.agents.launches import HOOKS
from tests.agents.real.held import wait_for
from tests.kit.patience import PATIENCE

NODE = shutil.which("node")
pytestmark = pytest.mark.skipif(NODE is None, reason="node is not installed: OpenCode's plugin is JavaScript")

#: Calls the plugin as OpenCode does; ``calls`` are [handler, arguments…]; prints what each threw and goes on until its input ends.
DRIVER = """
const { plugin } = await import(process.argv[2])
const { options, calls } = JSON.parse(process.argv[3])
const handlers = await plugin(options)({ directory: "/work", worktree: "/work" })
const thrown = []
for (const [name, ...args] of calls) {
  try { await handlers[name](...args); thrown.push(null) } catch (error) { thrown.push(error.message) }
}
console.log(JSON.stringify(thrown))
for await (const _ of process.stdin) {}
"""
TOOL = [{"tool": "bash", "sessionID": "s", "callID": "c"}, {"args": {"command": "make"}}]


class Server:
    """A daemon that keeps what it is told and answers questions with ``output``."""

    def __init__(self, path: Path, output: str = "") -> None:
        self.requests: list[dict[str, Any]] = []
        self.output = output
        self._socket = socket.socket(socket.AF_UNIX)
        self._socket.bind(str(path))
        self._socket.listen()
        threading.Thread(target=self._serve, daemon=True).start()

    def _serve(self) -> None:
        while True:
            try:
                connection, _ = self._socket.accept()
            except OSError:
                return
            threading.Thread(target=self._answer, args=(connection,), daemon=True).start()

    def _answer(self, connection: socket.socket) -> None:
        # the plugin waits for decisions, not for receipts: it may be gone when it is read or answered
        with connection, connection.makefile("rb") as lines, contextlib.suppress(OSError):
            for line in lines:
                request = json.loads(line)
                self.requests.append(request)
                result = {"output": self.output} if request["method"] == "permission.ask" else {}
                connection.sendall(
                    json.dumps({"jsonrpc": "2.0", "id": request["id"], "result": result}).encode() + b"\n"
                )

    def close(self) -> None:
        self._socket.close()

    @property
    def events(self) -> list[str]:
        return [request["params"]["event"] for request in self.requests]


def drive(
    folder: Path, calls: list[Any], until: Callable[[], object] = lambda: True, **options: Any
) -> list[str | None]:
    """What each call threw. The plugin sends behind the agent's back: OpenCode goes on until ``until`` is true."""
    assert NODE is not None
    driver = folder / "driver.mjs"
    driver.write_text(DRIVER)
    known = {"mode": "terminal", "gate": False} | options
    instructions = json.dumps({"options": known, "calls": calls})
    with subprocess.Popen(
        [NODE, str(driver), (HOOKS / "opencode/maestro.js").as_uri(), instructions],
        env={"MAESTRO_HOME": str(folder), "MAESTRO_SESSION_ID": "ses_1", "MAESTRO_SESSION_TOKEN": "t"},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as opencode:
        assert opencode.stdout is not None
        thrown: list[str | None] = json.loads(opencode.stdout.readline())
        wait_for(until, "what the plugin tells")
        opencode.communicate(timeout=PATIENCE)
    assert opencode.returncode == 0
    return thrown


def bus(kind: str, **properties: Any) -> list[Any]:
    return ["event", {"event": {"type": kind, "properties": properties}}]


@pytest.fixture
def home(short_folder: Path) -> Path:
    (short_folder / "run").mkdir()
    return short_folder


def spooled(home: Path) -> list[dict[str, Any]]:
    return [json.loads(path.read_text()) for path in sorted((home / "data/spool").glob("*.json"))]


@pytest.mark.slow
def test_on_a_terminal_the_hooks_report_everything_in_order(home: Path) -> None:
    server = Server(home / "run/maestrod.sock")
    words = {"type": "text", "text": "All done.", "messageID": "m2", "sessionID": "s"}
    calls = [
        bus("session.created", sessionID="s", info={"id": "s"}),
        ["chat.message", {"sessionID": "s"}, {"parts": []}],
        bus("message.updated", info={"id": "m2", "role": "assistant", "sessionID": "s"}),
        bus("message.part.updated", part=words),
        bus("message.part.updated", part={"type": "step-finish", "sessionID": "s"}),
        bus("plugin.added", id="x"),
        ["tool.execute.before", *TOOL],
        bus("session.idle", sessionID="s"),
    ]
    assert drive(home, calls, lambda: len(server.requests) == 6) == [None] * len(calls)
    server.close()
    assert server.events == [
        *("plugin.init", "session.created", "chat.message", "message.part.updated"),
        *("tool.execute.before", "session.idle"),
    ]
    last = server.requests[-1]["params"]
    assert last["payload"]["text"] == "All done." and last["agent"] == "opencode"
    assert (last["sessionId"], last["sessionToken"]) == ("ses_1", "t")
    assert last["eventId"].startswith("evt_") and len(last["eventId"]) == 30
    assert spooled(home) == []


@pytest.mark.slow
def test_headless_the_plugin_reports_what_the_output_lacks_and_names_subagents(home: Path) -> None:
    server = Server(home / "run/maestrod.sock")
    calls = [
        bus("session.created", sessionID="s", info={"id": "s"}),
        bus("session.created", sessionID="c", info={"id": "c", "parentID": "s", "title": "explore"}),
        ["chat.message", {"sessionID": "c"}, {"parts": []}],
        bus("session.status", sessionID="s", status={"type": "retry", "next": 5}),
        bus("session.idle", sessionID="c"),
        bus("session.idle", sessionID="s"),
    ]
    drive(home, calls, lambda: len(server.requests) == 3, mode="stream")
    server.close()
    assert server.events == ["child.session.created", "session.status", "child.session.idle"]


@pytest.mark.slow
def test_without_a_daemon_events_are_left_for_the_next_one(home: Path) -> None:
    drive(home, [["chat.message", {"sessionID": "s"}, {"parts": ["x" * 9000]}]], lambda: len(spooled(home)) == 2)
    events = spooled(home)
    assert [event["event"] for event in events] == ["plugin.init", "chat.message"]
    assert len(events[1]["payload"]["o"]["parts"][0]) == 4001


@pytest.mark.slow
@pytest.mark.parametrize(
    "output, thrown",
    [
        ('{"decision": "allow"}', None),
        ('{"decision": "deny", "reason": "a person said no"}', "a person said no"),
        ("", "maestrod was not available to decide about this tool; try it again later"),
    ],
)
def test_a_tool_waits_for_its_decision(home: Path, output: str, thrown: str | None) -> None:
    server = Server(home / "run/maestrod.sock", output)
    looks = ["tool.execute.before", {"tool": "read", "sessionID": "s", "callID": "d"}, {"args": {}}]
    assert drive(home, [["tool.execute.before", *TOOL], looks], mode="stream", gate=True) == [thrown, None]
    server.close()
    assert [request["method"] for request in server.requests].count("permission.ask") == 1


@pytest.mark.slow
def test_without_a_daemon_no_tool_runs(home: Path) -> None:
    (thrown,) = drive(home, [["tool.execute.before", *TOOL]], mode="stream", gate=True)
    assert thrown is not None and "not available to decide" in thrown


#: Asks as the plugin does, on a clock that is a minute ahead after 240 pauses; says when, and then what was answered.
ASKER = """
const { Reporter } = await import(process.argv[2])
const [now, later] = [Date.now, setTimeout]
let ahead = 0
Date.now = () => now() + ahead
globalThis.setTimeout = (act) => {
  if (ahead < 60000 && (ahead += 250) === 60000) console.log("a minute later")
  return later(act, 1)
}
console.log(await new Reporter("opencode").ask("ToolPermission", {}))
"""


def test_a_daemon_that_dies_with_the_question_pending_is_waited_for(home: Path) -> None:
    assert NODE is not None
    place, asker = home / "run/maestrod.sock", home / "asker.mjs"
    asker.write_text(ASKER)
    with socket.socket(socket.AF_UNIX) as listening:
        listening.bind(str(place))
        listening.listen()
        opencode = subprocess.Popen(
            [NODE, str(asker), (HOOKS / "opencode/daemon.js").as_uri()],
            env={"MAESTRO_HOME": str(home)},
            stdout=subprocess.PIPE,
            text=True,
        )
        with listening.accept()[0] as connection:
            assert b"permission.ask" in connection.recv(65_536)
            place.unlink()
    with opencode:
        assert opencode.stdout is not None
        assert opencode.stdout.readline() == "a minute later\n"
        successor = Server(place, "allowed")
        assert opencode.stdout.readline() == "allowed\n"
    successor.close()
