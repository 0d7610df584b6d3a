"""The fast path equals the full command line: same calls, same output, same exit codes; its table matches the rows."""

import json
import os
from collections.abc import Iterator
from typing import Any

import pytest

from maestroctl import app, fast
from maestroctl.generated.fields import ValueKind, fields_of
from maestrod.api.errors import IllegalTransition, NotFound, Unavailable
from maestrod.api.protocol.registry import METHODS, AnyMethod
from tests.kit.clients.entities import OTHER_TASK, QUESTION, SESSION, TASK, session, task
from tests.kit.clients.fake_daemon import HANG_UP, FakeDaemon
from tests.kit.offenders import offenders
from tests.maestroctl.conftest import CommandLine, Outcome

pytestmark = pytest.mark.usefixtures("in_session")

ANSWERED = {
    "id": QUESTION,
    "sessionId": SESSION,
    "kind": "input",
    "message": "?",
    "answer": {"by": "user", "value": "yes"},
}

CASES = [
    ["task", "start"],
    ["task", "start", OTHER_TASK],
    ["task", "progress", "half done", "--progress", "0.5"],
    ["task", "progress", OTHER_TASK, "--progress=0.25", "--json"],
    ["task", "complete", "all tests pass"],
    ["task", "fail", "exit code 1"],
    ["task", "block", OTHER_TASK, "needs a key", "--by-task-id", TASK],
    ["queue", "next"],
    ["queue", "next", "--wait", "--timeout-ms", "100"],
    ["queue", "next", "--json"],
    ["queue", "complete", TASK, "--summary", "ok"],
    ["queue", "complete"],
    ["queue", "fail", "broken", "--task-id", TASK],
    ["queue", "skip", "--reason", "no need"],
    ["session", "register", "--agent", "claude", "--agent-session-id", "0198", "--name", "x", "--pid", "17"],
    ["session", "report", "schema created", "--type", "milestone"],
    ["session", "report", "schema created", "--json"],
    ["attention", "ask", "deploy?", "--options", "yes,no", "--kind", "permission"],
    ["attention", "ask", "deploy?", "--timeout-ms=5", "--on-timeout", "no", "--json"],
]


@pytest.fixture
def worker_daemon(daemon: FakeDaemon) -> FakeDaemon:
    for verb in ("start", "progress", "complete", "fail", "block"):
        daemon.on(f"task.{verb}", task(status="in_progress"))
    for verb in ("complete", "fail", "skip"):
        daemon.on(f"queue.{verb}", {"taskId": TASK, "status": "completed"})
    daemon.on("queue.next", {"item": {"taskId": TASK}, "task": task()})
    daemon.on("session.register", session(status="idle"))
    daemon.on("session.report", {"id": "evt_1", "type": "milestone", "timestamp": 1})
    daemon.on("attention.ask", {**ANSWERED, "answer": None})
    daemon.on("attention.wait", ANSWERED)
    return daemon


def both(daemon: FakeDaemon, cli: CommandLine, arguments: list[str]) -> tuple[Outcome, Outcome, list[Any], list[Any]]:
    """What comes of a command line on the fast path and on the long way, and what the daemon was asked."""

    def long_way(arguments: list[str]) -> None:
        raise AssertionError(f"{arguments} went the long way")

    def calls() -> list[Any]:
        found = [(method, {k: v for k, v in params.items() if k != "requestId"}) for method, params in daemon.calls]
        daemon.calls.clear()
        return found

    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(app, "run", long_way)
        quick = cli(*arguments)
    quick_calls = calls()
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(fast, "run", lambda arguments, environ: None)
        slow = cli(*arguments)
    return quick, slow, quick_calls, calls()


def test_both_ways_do_the_same(worker_daemon: FakeDaemon, cli: CommandLine) -> None:
    def faults(arguments: list[str]) -> Iterator[str]:
        quick, slow, quick_calls, slow_calls = both(worker_daemon, cli, arguments)
        if quick.code or quick != slow:
            yield f"fast it is {quick}, the long way {slow}"
        if not quick_calls or quick_calls != slow_calls:
            yield f"fast it calls {quick_calls}, the long way {slow_calls}"

    assert offenders({" ".join(arguments): arguments for arguments in CASES}, faults) == {}


@pytest.mark.parametrize("as_json", [[], ["--json"]])
@pytest.mark.parametrize(
    "error", [NotFound("task.not_found", "no such\x1b task"), IllegalTransition("task.illegal", "no", {"path": "$.a"})]
)
def test_both_ways_fail_the_same(daemon: FakeDaemon, cli: CommandLine, error: NotFound, as_json: list[str]) -> None:
    daemon.on("task.start", error)
    quick, slow, _, _ = both(daemon, cli, ["task", "start", *as_json])
    assert quick == slow
    assert quick.code == 1
    assert quick.out == ""


@pytest.mark.parametrize(
    "claim, words",
    [({}, "Nothing is queued now.\n"), ({"closed": True}, "The queue is closed: there will be no more.\n")],
)
def test_an_empty_claim_prints_nothing_on_stdout(
    daemon: FakeDaemon, cli: CommandLine, claim: dict[str, Any], words: str
) -> None:
    daemon.on("queue.next", claim)
    quick, slow, _, _ = both(daemon, cli, ["queue", "next"])
    assert quick == slow == Outcome(0, "", words)


UNUSUAL = [
    ["task", "start", "--help"],
    ["task", "start", "abcd"],
    ["task", "start", TASK, "more"],
    ["task", "progress", "--progress", "half"],
    ["task", "progress", "--progress"],
    ["task", "fail"],
    ["queue", "next", "--wait=yes"],
    ["queue", "next", "--no-wait"],
    ["session", "report"],
    ["task", "block", "--by-task-id", "short"],
    ["session", "report", "x" * 1_100_000],
    ["task", "list"],
]


def test_unusual_calls_are_left_to_the_full_command_line() -> None:
    assert [" ".join(words)[:40] for words in UNUSUAL if fast.run(words, os.environ) is not None] == []


def test_a_report_outlives_the_daemon_and_counts_once(daemon: FakeDaemon, cli: CommandLine) -> None:
    answers = iter([HANG_UP, Unavailable("daemon.stopping", "later"), task()])
    daemon.on("task.start", lambda params: next(answers))
    assert cli("task", "start").code == 0
    assert len({params["requestId"] for _, params in daemon.calls}) == 1
    assert len(daemon.calls) == 3


def test_a_question_outlives_the_daemon(daemon: FakeDaemon, cli: CommandLine) -> None:
    answers = iter([HANG_UP, HANG_UP, ANSWERED])
    daemon.on("attention.ask", {"id": QUESTION})
    daemon.on("attention.wait", lambda params: next(answers))
    assert cli("attention", "ask", "deploy?").out == "yes\n"
    assert daemon.called("attention.wait") == [{"attentionId": QUESTION, "sessionToken": "token"}] * 3


def test_a_daemon_that_does_not_return_is_reported(cli: CommandLine, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("maestroctl.client.session_env.SESSION_PATIENCE", 0.0)
    outcome = cli("task", "start", "--json")
    assert outcome.code == 69
    assert json.loads(outcome.err)["error"]["code"] == "daemon.lost"


def test_an_open_folder_receives_nothing(daemon: FakeDaemon, cli: CommandLine) -> None:
    daemon.path.parent.chmod(0o777)
    assert cli("task", "start").code == 77
    assert daemon.calls == []


CONVERTERS: dict[Any, ValueKind] = {
    str: ValueKind.TEXT,
    int: ValueKind.INTEGER,
    float: ValueKind.NUMBER,
    None: ValueKind.FLAG,
}


def test_the_table_equals_the_rows() -> None:
    def faults(row: AnyMethod) -> Iterator[str]:
        verb, fields = fast.VERBS[row.name], {field.wire: field for field in fields_of(row)}
        by_name = {field.name: field.wire for field in fields.values()}
        if verb.positional != (positional := tuple(by_name[name] for name in row.positional)):
            yield f"the arguments are {positional}, and the table says {verb.positional}"
        for option, (member, convert) in verb.options.items():
            kind = CONVERTERS.get(convert, ValueKind.LIST)
            if option != fields[member].option:
                yield f"{member} is typed as {fields[member].option}, and the table says {option}"
            if fields[member].kind not in {kind, ValueKind.CHOICE if kind is ValueKind.TEXT else kind}:
                yield f"{option} is a {fields[member].kind}, and the table says {kind}"
        required = [field.wire for field in fields.values() if field.required]
        if not set(required) <= set(verb.positional) or fast._REQUIRED.get(row.name, 0) != len(required):
            yield f"{required} are required, and the table says {fast._REQUIRED.get(row.name, 0)} arguments are"

    assert offenders({name: METHODS[name] for name in fast.VERBS}, faults) == {}


def test_fast_ids_are_as_long_as_ids() -> None:
    assert len(TASK) == fast._ID_LENGTH
