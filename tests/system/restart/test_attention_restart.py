"""A question for a person survives the daemon: the agent keeps waiting, the inbox still has it, one answer wins."""

import pytest

from tests.kit.daemons.daemon import Daemon, Json, Refused

ASK = "answer=$(maestroctl attention ask 'deploy?' --options yes,no); echo got $answer; test \"$answer\" = yes"


def ask(daemon: Daemon, command: str) -> tuple[str, str]:
    """Start a run whose only command asks; the run's id and the question's, once it is asked."""
    subtask = {"key": "t", "title": "t", "commands": [command]}
    plan = {"groups": [{"key": "g", "title": "g", "subtasks": [subtask]}]}
    run: Json = daemon.call("run.start", plan=plan, workingDir=str(daemon.home), agent="shell")
    with daemon.watch(since=0, topics=["attention.created"]) as events:
        return str(run["id"]), str(events.next_event()["id"])


@pytest.mark.slow
def test_an_agents_question_waits_across_restarts_and_gets_the_first_answer(daemon: Daemon) -> None:
    daemon.start()
    run_id, question = ask(daemon, ASK)
    for _ in range(2):
        daemon.restart()
        assert [each["id"] for each in daemon.every("attention.list")] == [question]
    daemon.call("attention.answer", attentionId=question, value="yes")
    with pytest.raises(Refused) as second:
        daemon.call("attention.answer", attentionId=question, value="no")
    assert second.value.reason.startswith("attention.")
    assert daemon.finish_run(run_id)["status"] == "completed"
    daemon.finish_sessions()
    [session] = daemon.every("session.list")
    assert "got yes" in daemon.output(session["id"]).splitlines()


@pytest.mark.slow
def test_a_waiting_client_asks_again_after_a_restart_and_receives_the_answer(daemon: Daemon) -> None:
    daemon.start()
    _, question = ask(daemon, ASK)
    with daemon.connect() as waiting:
        number = waiting.send("attention.wait", {"attentionId": question})
        daemon.restart()
        with pytest.raises(OSError):
            waiting.answer(number)
    daemon.call("attention.answer", attentionId=question, value="no")
    daemon.restart()
    assert daemon.call("attention.wait", attentionId=question)["answer"]["value"] == "no"


@pytest.mark.slow
def test_a_repeated_question_is_the_same_question_after_a_restart(daemon: Daemon) -> None:
    daemon.start()
    _, first = ask(daemon, ASK)
    session = daemon.call("attention.get", attentionId=first)["sessionId"]
    asked = {"message": "sure?", "sessionId": session, "requestId": "q1"}
    question = daemon.call("attention.ask", **asked)
    daemon.restart()
    assert daemon.call("attention.ask", **asked)["id"] == question["id"]
    assert len(daemon.every("attention.list")) == 2


@pytest.mark.slow
def test_the_deadline_of_a_question_continues_across_a_restart(daemon: Daemon) -> None:
    daemon.start()
    run_id, question = ask(daemon, ASK.replace("--options yes,no", "--timeout-ms 1500 --on-timeout yes"))
    daemon.restart()
    assert daemon.finish_run(run_id)["status"] == "completed"
    answer = daemon.call("attention.get", attentionId=question)["answer"]
    assert (answer["by"], answer["value"]) == ("timeout", "yes")


@pytest.mark.slow
def test_a_waiting_plan_is_in_the_inbox_across_restarts_and_answered_there(daemon: Daemon) -> None:
    daemon.start()
    subtask = {"key": "t", "title": "t", "commands": ["true"]}
    plan = {"groups": [{"key": "g", "title": "g", "subtasks": [subtask]}]}
    run = daemon.call("run.start", plan=plan, workingDir=str(daemon.home), agent="shell", approve=True)
    [asked] = daemon.every("attention.list")
    daemon.restart()
    [still] = daemon.every("attention.list")
    assert still == asked and (still["kind"], still["planId"]) == ("approval", run["planId"])
    daemon.call("attention.answer", attentionId=str(still["number"]), value="approve")
    assert daemon.call("plan.get", planId=run["planId"])["status"] == "applied"
    daemon.restart()
    assert daemon.every("attention.list") == []
    assert daemon.finish_run(run["id"])["status"] == "completed"
    assert daemon.call("run.get", runId=f"#{run['number']}")["run"]["id"] == run["id"]
