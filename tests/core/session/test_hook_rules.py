"""Which session a hook is about, and what it means."""

from maestrod.core.values.signs import Started, TurnEnded, TurnStarted
from tests.core.conversations import POLICY, at_work, tell
from tests.kit.agents.hook_words import OWN_ID
from tests.kit.worlds.scenario import (
    Call,
    Later,
    Scenario,
    came_up,
    event,
    exited,
    group,
    live,
    member,
    nothing,
    refused,
    run_of,
    status,
    subtask,
)


def hook(name: str, **params: object) -> Call:
    return Call("event.report", event=name, agent="stream", **params)  # type: ignore[arg-type]  # the call's own members come first


def test_the_hook_of_a_session_is_read_by_its_agents_adapter() -> None:
    play = Scenario(policy=POLICY).given(run_of(group("g", subtask("a"), agent="stream")), came_up("@g"))
    play.when(hook("SessionStart", by="@g")).then(status("@g", "idle"), member("@g", "agent_session_id", OWN_ID))
    play.when(hook("Prompt", by="@g")).then(status("@g", "working"), member("@g", "status_reason.source.value", "hook"))
    play.when(hook("Stop", by="@g")).then(status("@g", "idle"))


def test_the_payload_is_not_stored() -> None:
    play = at_work("stream").when(hook("Prompt", by="@g", payload={"secret": "canary-7"}, eventId="e1"))
    assert "canary-7" not in str(play.events)


def test_an_agent_started_by_hand_is_found_by_its_id_or_becomes_a_session() -> None:
    payload = {"session": OWN_ID, "cwd": "/tmp/shop"}
    play = Scenario(policy=POLICY).when(hook("SessionStart", payload=payload, pid=7))
    play.then(live("stream in shop"), member("@stream in shop", "terminal.value", "external"))
    play.when(hook("Prompt", payload=payload)).then(live("stream in shop"), status("@stream in shop", "working"))


def test_a_hook_that_names_no_session_is_refused() -> None:
    Scenario(policy=POLICY).when(hook("Prompt")).then(refused("session.missing"), nothing())
    Scenario(policy=POLICY).when(hook("Prompt", payload={"session": OWN_ID})).then(
        refused("session.missing"), nothing()
    )


def test_a_late_hook_does_not_bring_back_a_turn_that_has_ended() -> None:
    play = at_work("stream")
    long_ago = play.at
    play.given(Later(10_000), tell("@g", TurnStarted()), Call("task.block", by="@g", taskId="a", reason="no key"))
    play.given(tell("@g", TurnEnded())).when(hook("Prompt", by="@g", at=long_ago)).then(
        member("@g", "turn.running", False)
    )


def test_a_hook_of_an_ended_session_changes_nothing() -> None:
    play = at_work("stream").given(exited("@g", "failed"))
    play.when(hook("Prompt", sessionId="@g")).then(status("@g", "failed"), nothing())


def test_the_same_hook_sent_twice_counts_once() -> None:
    play = at_work("stream").given(tell("@g", Started(OWN_ID)), hook("Prompt", by="@g", eventId="e1"))
    play.when(hook("Prompt", by="@g", eventId="e1")).then(event("session.updated", 0), event("timeline.added", 0))
