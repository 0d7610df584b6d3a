"""Secrets canary: marked secrets are entered everywhere and then searched everywhere.

What a user wrote into a task or an answer is kept where it belongs and nowhere else; what stands in the daemon's environment,
in the rest of a hook's payload, and the tokens of sessions, are nowhere at all: not in files, not in the log, not in an event,
and not in the arguments of any process, which every user of the machine can read.
"""

import json
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from tests.kit.daemons.daemon import Connection, Daemon, Json, Refused, agents_of

ENVIRONMENT, PROMPT, PAYLOAD, ANSWER, REFUSED = (
    f"canary-{name}-5f0c91d7" for name in ("environment", "prompt", "payload", "answer", "refused")
)
TOKEN = "MAESTRO_SESSION_TOKEN"

#: A hook whose payload holds more than its message, then a question whose answer the command keeps to itself.
COMMANDS = (
    """printf '{"message": "seen", "tool_input": {"password": "%s"}}' "$(cat payload)" |
    maestroctl event --agent shell --event PostToolUse""",
    "maestroctl attention ask 'password?' > answer",
)

#: Where in the data folder a secret may stand, by the first folder or file of its path.
BELONGS = {
    ENVIRONMENT: set[str](),
    PROMPT: {"journal", "snapshot.jsonl", "tasks", "sessions"},
    PAYLOAD: set[str](),
    ANSWER: {"journal", "snapshot.jsonl", "attention"},
    REFUSED: set[str](),
}


@pytest.fixture
def daemon(daemon: Daemon, monkeypatch: pytest.MonkeyPatch) -> Daemon:
    """A daemon with a secret in its environment that says all it has to say."""
    monkeypatch.setenv("CANARY_API_KEY", ENVIRONMENT)
    daemon.settings["MAESTRO_LOG_LEVEL"] = "debug"
    daemon.home.mkdir(parents=True, exist_ok=True, mode=0o700)
    return daemon


def ask(daemon: Daemon, project: Path) -> tuple[str, Json]:
    """Run a task with a secret prompt and a hook with a secret payload up to its question; the task's id and the question."""
    project.mkdir()
    (project / "payload").write_text(PAYLOAD)
    with daemon.connect() as connection:
        owner = connection.call("project.create", name="shop", workingDir=str(project))["id"]
        task = connection.call(
            "task.create", projectId=owner, title="Log in", initialPrompt=f"Use {PROMPT}.", commands=list(COMMANDS)
        )["id"]
        refuse(connection, owner)
        connection.call("run.start", taskId=task, agent="shell")
    with daemon.watch(since=0, topics=["attention.created"]) as events:
        event = events.next_event()
    return task, daemon.call("attention.get", attentionId=event["id"])


def refuse(connection: Connection, owner: str) -> None:
    """Calls that are refused with a secret in them."""
    for members in ({"title": "x", "password": REFUSED}, {"title": [REFUSED]}, {"title": "x", "parentId": REFUSED}):
        with pytest.raises(Refused):
            connection.call("task.create", projectId=owner, **members)
    connection.send_bytes(b'{"jsonrpc": "2.0", "id": 1, "method": "' + REFUSED.encode() + b'", "params": {]\n')


def files_with(folder: Path, secret: str) -> set[str]:
    """The first part of the path of every file below a folder that holds a secret."""
    return {
        path.relative_to(folder).parts[0]
        for path in folder.rglob("*")
        if path.is_file() and secret.encode() in path.read_bytes()
    }


def arguments() -> Iterator[str]:
    """The command line of every process there is."""
    for process in psutil.process_iter():
        try:
            yield " ".join(process.cmdline())
        except psutil.Error:  # it has ended
            continue


def token_of(daemon: Daemon) -> str:
    """The token the agent has, and nothing of the daemon's own environment beside it."""
    environments = [process.environ() for process in agents_of(daemon.data)]
    assert not [each for each in environments if ENVIRONMENT in each.values()]
    [token] = {each[TOKEN] for each in environments if TOKEN in each}
    return token


@pytest.mark.slow
def test_a_secret_is_only_where_it_belongs(daemon: Daemon) -> None:
    daemon.start()
    project = daemon.home.parent / "project"
    task, question = ask(daemon, project)
    token = token_of(daemon)
    signature = token.rpartition(".")[2]
    lines = list(arguments())
    assert not [line for line in lines if any(secret in line for secret in (*BELONGS, signature))]
    daemon.restart()
    daemon.call("attention.answer", attentionId=question["id"], value=ANSWER)
    daemon.finish_sessions()
    assert daemon.call("task.get", taskId=task)["status"] == "completed"
    assert (project / "answer").read_text().strip() == ANSWER
    check_events(daemon, task, question["id"])
    daemon.call("system.check")
    daemon.end()
    kept = (path for path in daemon.data.rglob("*") if not path.is_symlink())
    assert not [path for path in kept if path.stat().st_mode & 0o077], "others may look at it"
    for secret, places in BELONGS.items():
        assert files_with(daemon.data, secret) <= places, secret
        assert secret not in daemon.log.read_text(), secret
    assert files_with(daemon.home, signature) == set()
    assert (daemon.data / "secret.key").read_bytes().hex() not in daemon.log.read_text()


def check_events(daemon: Daemon, task: str, question: str) -> None:
    """Nobody hears a secret from an event of something else."""
    events = [(event["id"], json.dumps(event)) for event in daemon.history()]
    assert {identity for identity, text in events if PROMPT in text} == {task}
    assert {identity for identity, text in events if ANSWER in text} == {question}
    for secret in (ENVIRONMENT, PAYLOAD, REFUSED):
        assert not [text for _, text in events if secret in text]
    assert [text for _, text in events if "hook PostToolUse" in text], "the hook was never heard"
