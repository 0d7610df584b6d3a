"""The whole flow with real Claude Code: it plans, workers change files in parallel and report, the run completes."""

import dataclasses
import json
import time
from collections.abc import Iterator
from typing import Any

import pytest

from tests.agents.real.conftest import Place, agent_command
from tests.agents.real.flow import begin_ctl, ctl, daemon_in, group, sessions, shown, timeline, tree, worker
from tests.agents.real.held import wait_for
from tests.kit.daemons.daemon import Daemon, agents_of
from tests.kit.patience import PATIENCE

pytestmark = pytest.mark.slow

Json = dict[str, Any]


@pytest.fixture
def claude(place: Place) -> Place:
    """A place with the pinned Claude."""
    return dataclasses.replace(place, programs=(agent_command("claude"),))


@pytest.fixture
def daemon(claude: Place, monkeypatch: pytest.MonkeyPatch) -> Iterator[Daemon]:
    """A daemon whose user has a key for the scripted model."""
    with daemon_in(claude, monkeypatch, environ(claude)) as running:
        yield running


def environ(place: Place) -> dict[str, str]:
    quiet = {"CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC": "1", "CLAUDE_CODE_MAX_RETRIES": "0", "IS_SANDBOX": "1"}
    return {**quiet, "ANTHROPIC_BASE_URL": place.model.url, "ANTHROPIC_API_KEY": "dummy"}


def writes(place: Place, name: str) -> Json:
    return {"tool": "Write", "input": {"file_path": str(place.project / name), "content": f"{name}\n"}}


PLAN: Json = {
    "groups": [
        group("a", "Write alpha"),
        group("b", "Write beta"),
        group("c", "Write gamma"),
        group("end", "Join them", dependsOn=["a", "b", "c"]),
    ]
}
NAMES = {"Write alpha": "alpha", "Write beta": "beta", "Write gamma": "gamma", "Join them": "joined"}


def script(place: Place, *plans: Json) -> Json:
    """Every plan once, in order; the workers write the file of their task."""
    planner = [{"match": "You are an orchestrator", "steps": [{"json": plans[0]}, {"text": "planned"}]}]
    repairs = [
        {"match": "refused|repair", "steps": [{"json": plan, "once": True} for plan in plans[1:]] or [{"text": "?"}]}
    ]
    workers = [worker(title, writes(place, f"{name}.txt")) for title, name in NAMES.items()]
    return {"prompts": [*planner, *workers, *repairs], "default": [{"text": "ok"}]}


def test_one_command_plans_spawns_workers_in_two_waves_and_completes(claude: Place, daemon: Daemon) -> None:
    claude.model.script = script(claude, PLAN)
    for entry in claude.model.script["prompts"][1:4]:
        entry["steps"][1]["hold"] = "all three"
    running = begin_ctl(daemon, claude.project, "run", "Write three files and join them", "--agent", "claude")
    wait_for(
        lambda: [asked.get("step", {}).get("hold") for asked in claude.model.requests].count("all three") == 3,
        "a wave of three",
    )
    claude.model.release("all three")
    stdout, stderr = running.communicate(timeout=PATIENCE)
    assert running.returncode == 0, f"{stdout}\n{stderr}\n{shown(daemon)}"
    assert {name: (claude.project / f"{name}.txt").read_text() for name in NAMES.values()} == {
        name: f"{name}.txt\n" for name in NAMES.values()
    }
    [run] = daemon.every("run.list")
    assert run["status"] == "completed"
    assert set(tree(daemon, run["rootTaskId"]).values()) == {"completed"}, shown(daemon)
    daemon.finish_sessions()
    planner, *workers = sessions(daemon)
    assert (planner["role"], len(workers)) == ("orchestrator", 4)
    assert {session["status"] for session in sessions(daemon)} == {"completed"}, shown(daemon)
    last = workers[-1]
    assert last["startedAt"] >= max(
        task["completedAt"] for task in daemon.every("task.list") if task["title"] in list(NAMES)[:3]
    )
    for session in sessions(daemon):
        assert session["usage"]["input"] >= 1000 and session["usage"]["cost"] > 0, session
        assert session["agentSessionId"]
    types = [kind for kind, _ in timeline(daemon, workers[0]["id"])]
    assert types[0] == "session_started" and "task_started" in types and "task_completed" in types
    assert daemon.nothing_left()


#: A tool that says that it has begun, and stays.
STAYS: Json = {"shell": 'python3 -c \'import time; open("begun", "w"); time.sleep(600)\''}
#: Plans that the schema lets pass and the linter does not: each is refused with words of its own.
DANGLING: Json = {"groups": [group("a", "Write alpha", dependsOn=["nowhere"])]}
TWICE: Json = {"groups": [group("a", "Write alpha"), group("a", "Write beta")]}
GOOD: Json = {"groups": [group("a", "Write alpha")]}


def plans(place: Place, first: Json, answers: dict[str, Json]) -> Json:
    """A planner that begins with a plan and answers prompts that mention a word with another; alpha is written by a worker."""
    repairs = [{"match": f"^(?!# ).*{word}", "steps": [{"json": plan}]} for word, plan in answers.items()]
    opening = {"match": "You are an orchestrator", "steps": [{"json": first}]}
    return {"prompts": [opening, worker("Write alpha", writes(place, "alpha.txt")), *repairs]}


def test_a_plan_that_is_broken_twice_is_repaired_and_runs(claude: Place, daemon: Daemon) -> None:
    claude.model.script = plans(claude, DANGLING, {"nowhere": TWICE, "once more|twice|already": GOOD})
    done = ctl(daemon, claude.project, "run", "Write alpha", "--agent", "claude")
    assert done.returncode == 0, f"{done.stdout}\n{done.stderr}\n{shown(daemon)}\n{claude.model.prompts}"
    repairs = [prompt for prompt in claude.model.prompts if not prompt.startswith("# ")]
    assert "groups[0].dependsOn[0]" in repairs[0] and "groups[1].key" in repairs[1]
    [plan] = [plan for plan in daemon.every("plan.list") if plan["status"] == "applied"]
    assert plan["attempt"] == 3


def test_a_plan_that_stays_invalid_fails_the_run_with_a_reason(claude: Place, daemon: Daemon) -> None:
    claude.model.script = plans(claude, DANGLING, {"nowhere": DANGLING})
    done = ctl(daemon, claude.project, "run", "Write alpha", "--agent", "claude")
    assert done.returncode == 1, f"{done.stdout}\n{done.stderr}\n{shown(daemon)}"
    assert "nowhere" in done.stdout + done.stderr
    [run] = daemon.every("run.list")
    assert run["status"] == "failed" and any("nowhere" in finding["message"] for finding in run["diagnostics"])
    assert len([prompt for prompt in claude.model.prompts if "nowhere" in prompt]) == 3, "three repairs"
    daemon.finish_sessions()
    assert daemon.nothing_left()


def test_stopping_during_a_tool_call_leaves_nothing(claude: Place, daemon: Daemon) -> None:
    claude.model.script = plans(claude, GOOD, {})
    claude.model.script["prompts"][1]["steps"].insert(1, STAYS)
    done = ctl(daemon, claude.project, "run", "Write alpha", "--agent", "claude", "--detach")
    assert done.returncode == 0, done.stderr
    with daemon.watch(since=0, topics=["attention.created"]) as events:
        asked = events.next_event()["id"]
    assert "sleep(600)" in daemon.call("attention.get", attentionId=asked)["message"]
    assert ctl(daemon, claude.project, "answer", asked, "allow").returncode == 0
    wait_for((claude.project / "begun").exists, "the tool")
    stopped = daemon.call("session.stop", sessionId=sessions(daemon)[1]["id"])
    assert stopped["left"] == 0
    assert not agents_of(daemon.data)


def test_a_question_on_the_stream_outlives_the_daemon(claude: Place, daemon: Daemon) -> None:
    """SIGKILL while a worker asks: the question is still open, its answer reaches the very process that asked."""
    claude.model.script = plans(claude, GOOD, {})
    claude.model.script["prompts"][1]["steps"].insert(1, {"shell": "python3 -c 'print(6*7)'"})
    assert ctl(daemon, claude.project, "run", "Write alpha", "--agent", "claude", "--detach").returncode == 0
    with daemon.watch(since=0, topics=["attention.created"]) as events:
        asked = events.next_event()["id"]
    process = sessions(daemon)[1]["process"]
    daemon.restart()
    [question] = daemon.every("attention.list")
    assert question["id"] == asked and question["answer"] is None
    assert ctl(daemon, claude.project, "answer", asked, "allow").returncode == 0
    [run] = daemon.every("run.list")
    assert daemon.finish_run(run["id"])["status"] == "completed", shown(daemon)
    assert sessions(daemon)[1]["process"] == process or sessions(daemon)[1]["status"] == "completed"
    rounds = [request["rounds"] for request in claude.model.requests if "You are a worker" in request.get("prompt", "")]
    assert len(rounds) == len(set(rounds)), "the prompt was written once"


def test_reports_from_the_time_without_a_daemon_are_read_once(claude: Place, daemon: Daemon) -> None:
    """SIGKILL while a worker works, and a start after its turn has gone on: nothing is missing, nothing twice."""
    claude.model.script = plans(claude, GOOD, {})
    claude.model.script["prompts"][1]["steps"].insert(1, {"hold": "killed", "shell": "touch while-dead"})
    assert ctl(daemon, claude.project, "run", "Write alpha", "--agent", "claude", "--detach").returncode == 0
    wait_for(
        lambda: len([prompt for prompt in claude.model.prompts if "You are a worker" in prompt]) == 2,
        "its second request",
    )
    daemon.kill()
    claude.model.release("killed")
    wait_for((claude.project / "while-dead").exists, "the tool that ran meanwhile")
    daemon.start()
    [run] = daemon.every("run.list")
    assert daemon.finish_run(run["id"])["status"] == "completed", shown(daemon)
    entries = [text for _, text in timeline(daemon, sessions(daemon)[1]["id"])]
    assert entries.count("Bash: touch while-dead") == 1, entries


def test_after_a_limit_the_conversation_continues(claude: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    """A subscription's allowance is used up for some seconds: the session waits, wakes, and goes on where it was."""
    claude.model.script = plans(claude, GOOD, {})
    agent = environ(claude)
    agent["CLAUDE_CODE_OAUTH_TOKEN"] = agent.pop("ANTHROPIC_API_KEY")
    first, *rest = claude.model.script["prompts"][1]["steps"]
    reset = int(time.time()) + 6  # noqa: TID251 - the provider's clock, of which only whole seconds are told
    unified = {"status": "rejected", "reset": reset, "representative-claim": "five_hour", "5h-reset": reset}
    headers = {f"anthropic-ratelimit-unified-{name}": value for name, value in unified.items()}
    claude.model.script["prompts"][1]["steps"] = [first, {"status": 429, "headers": headers}]
    with daemon_in(claude, monkeypatch, agent) as daemon:
        assert ctl(daemon, claude.project, "run", "Write alpha", "--agent", "claude", "--detach").returncode == 0
        with daemon.watch(since=0, topics=["attention.created"]) as events:
            asked = daemon.call("attention.get", attentionId=events.next_event()["id"])
        assert asked["kind"] == "limit", asked
        worker_id = asked["sessionId"]
        [task_id] = daemon.call("session.get", sessionId=worker_id)["taskIds"]
        left = json.loads(json.dumps(rest).replace("<task>", task_id))
        claude.model.script = {"prompts": [{"match": "limit that interrupted you", "steps": left}]}
        assert daemon.call("session.get", sessionId=worker_id)["live"]["wait"]["kind"] == "usage"
        daemon.restart()
        [run] = daemon.every("run.list")
        assert daemon.finish_run(run["id"])["status"] == "completed", shown(daemon)
        [_, answered] = daemon.every("message.list", sessionId=worker_id)
        assert answered["kind"] == "wake" and answered["deliveredAt"] >= reset * 1000, "not before it was renewed"
        assert (claude.project / "alpha.txt").exists()


def test_a_worker_that_forgets_to_report_is_reminded(claude: Place, daemon: Daemon) -> None:
    claude.model.script = plans(claude, GOOD, {})
    whole = claude.model.script["prompts"][1]
    claude.model.script["prompts"][1] = {**whole, "steps": [writes(claude, "alpha.txt"), {"text": "I am done."}]}
    reminded = {"match": r"you did not report.*\(`(?P<task>tsk_\w+)`", "steps": whole["steps"][-2:]}
    claude.model.script["prompts"].append(reminded)
    done = ctl(daemon, claude.project, "run", "Write alpha", "--agent", "claude")
    assert done.returncode == 0, f"{done.stdout}\n{done.stderr}\n{shown(daemon)}"
    kinds = [message["kind"] for message in daemon.every("message.list", sessionId=sessions(daemon)[1]["id"])]
    assert kinds == ["opening", "nudge"]


def test_a_worker_that_never_reports_fails_its_task(claude: Place, daemon: Daemon) -> None:
    claude.model.script = plans(claude, GOOD, {})
    claude.model.script["prompts"][1]["steps"] = [{"text": "I am done."}]
    claude.model.script["default"] = [{"text": "I really am."}]
    done = ctl(daemon, claude.project, "run", "Write alpha", "--agent", "claude", "--max-attempts", "1")
    assert done.returncode == 1, f"{done.stdout}\n{done.stderr}\n{shown(daemon)}"
    assert "without reporting the outcome of 'Write alpha'" in shown(daemon)
    daemon.finish_sessions()
    wait_for(daemon.nothing_left, "the end of the agent that was given up")


def test_actions_the_project_allows_are_not_asked_about(claude: Place, daemon: Daemon) -> None:
    permissions = {"allow": ["Bash(python3 *)"], "policy": "deny"}
    daemon.call("project.create", name="p", workingDir=str(claude.project), settings={"permissions": permissions})
    claude.model.script = plans(claude, GOOD, {})
    steps = claude.model.script["prompts"][1]["steps"]
    steps[1:2] = [{"shell": 'python3 -c \'open("alpha.txt", "w").write("alpha")\''}, {"shell": "touch forbidden"}]
    done = ctl(daemon, claude.project, "run", "Write alpha", "--agent", "claude")
    assert done.returncode == 0, f"{done.stdout}\n{done.stderr}\n{shown(daemon)}"
    assert (claude.project / "alpha.txt").exists() and not (claude.project / "forbidden").exists()
    assert "needs_input" not in [kind for kind, _ in timeline(daemon, sessions(daemon)[1]["id"])]
