"""Watching a turn: silent agents are checked, interruptions are noticed, busy agents cost nothing."""

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from maestrod.api.reason import Source
from maestrod.api.turn import Outcome
from maestrod.core.values.deadline import Deadline, DeadlineKind
from maestrod.core.values.effects import Deliver, Probe, Stop
from maestrod.core.values.facts import Probed, Withdrawn
from maestrod.core.values.signs import Noted, PermissionAsked, ScreenShown, Sign, ToolStarted, TurnEnded, TurnStarted
from tests.core.conversations import at_work, tell
from tests.kit.worlds.scenario import Call, Find, Later, Scenario, effect, event, exited, member, nothing, status, woke

PATIENCE = 600_000
IDLE, BUSY = ScreenShown(busy=False), ScreenShown(busy=True)


def title(sign: Sign) -> Find:
    return tell("@g", sign, source=Source.SCREEN)


def probed(*, busy: bool) -> Find:
    return Find(lambda play: Probed(*play.attempt_of("@g"), busy, "no output, no processor time"))


def silent() -> Scenario:
    """A turn in which nothing was heard for as long as the agent is given."""
    play = at_work("tty").given(tell("@g", TurnStarted()))
    return play.given(Later(PATIENCE)).when(woke("stall", "@g"))


def stalled() -> Scenario:
    return silent().when(probed(busy=False))


def test_a_silent_turn_is_checked() -> None:
    silent().then(effect(Probe, "@g"), status("@g", "working"), event("attention.created", 0))


def test_a_silent_agent_without_signs_of_life_is_reported_to_a_person() -> None:
    play = stalled().then(member("question", "kind.value", "stalled"), member("question", "options", ("wait", "stop")))
    assert "no output, no processor time" in play.world.attention[play.id_of("question")].message
    play.then(status("@g", "working"))
    play.when(probed(busy=False)).then(nothing())


def test_a_silent_agent_that_works_is_left_alone_and_checked_again() -> None:
    play = silent().when(probed(busy=True)).then(event("attention.created", 0))
    play.when(Later(PATIENCE), woke("stall", "@g")).then(effect(Probe, "@g"))


def test_the_next_sign_of_life_closes_it() -> None:
    play = (
        stalled()
        .when(tell("@g", ToolStarted("Bash")))
        .then(member("question", "answer.by", "agent"), member("@g", "turn.doing", "Bash"))
    )
    assert not play.world.open_questions


def test_a_person_can_end_it_or_extend_its_time() -> None:
    play = stalled()
    play.when(Call("attention.answer", attentionId="question", value="wait")).then(effect(Stop, "@g", 0))
    play.when(Later(PATIENCE), woke("stall", "@g")).then(effect(Probe, "@g"))
    play.given(probed(busy=False)).when(Call("attention.answer", attentionId="question", value="stop"))
    play.then(effect(Stop, "@g"), member("@g", "status_reason.code", "stalled"))


def test_a_talking_agent_is_never_checked() -> None:
    play = at_work("tty").given(tell("@g", TurnStarted()))
    for _ in range(3):
        play.given(Later(PATIENCE - 5000), tell("@g", Noted("still here")))
        play.when(woke("stall", "@g")).then(effect(Probe, "@g", 0))
    turn = play.world.sessions[play.id_of("@g")].turn
    assert turn is not None
    assert turn.stall_at == play.at - 1000 + PATIENCE


def test_a_session_that_is_held_or_waits_for_a_person_is_not_stalled() -> None:
    play = at_work("tty").given(tell("@g", TurnStarted(), PermissionAsked("Bash", "x", waits=True)))
    play.when(Later(PATIENCE), woke("stall", "@g")).then(effect(Probe, "@g", 0))
    play = at_work("tty").given(tell("@g", TurnStarted()), Call("session.pause", sessionId="@g"))
    play.when(Later(PATIENCE), woke("stall", "@g")).then(effect(Probe, "@g", 0))
    assert Deadline(DeadlineKind.STALL, play.id_of("@g")) in play.world.deadlines


def test_nobody_watches_between_turns() -> None:
    play = at_work("tty").given(tell("@g", TurnStarted()), tell("@g", TurnEnded()))
    assert not [key for key in play.world.deadlines if key.kind == "stall"]
    play.when(probed(busy=False)).then(event("attention.created", 0))


def test_checking_a_process_that_is_gone_returns_nothing() -> None:
    play = silent()
    fact = Probed(play.id_of("@g"), 1, busy=False, detail="x")
    play.given(exited("@g", "failed")).when(Find(lambda _: fact)).then(nothing())


def test_a_screen_that_stays_idle_during_a_turn_means_an_interruption() -> None:
    play = at_work("tty").given(tell("@g", TurnStarted()), title(BUSY), Later(60_000), title(IDLE))
    play.then(status("@g", "working"))
    play.when(Later(2000), woke("quiet", "@g")).then(
        status("@g", "idle"),
        member("@g", "turn.outcome", Outcome.INTERRUPTED),
        member("@g", "turn.source", Source.SCREEN),
    )
    assert not [key for key in play.world.deadlines if key.kind in ("quiet", "stall")]


def test_the_agents_late_statement_counts_more_than_its_screen() -> None:
    play = at_work("tty").given(tell("@g", TurnStarted()), title(IDLE), Later(2000), woke("quiet", "@g"))
    play.then(member("question", "kind.value", "input"))
    play.when(tell("@g", TurnEnded(text="done"), source=Source.HOOK)).then(
        member("@g", "turn.outcome", Outcome.COMPLETED), member("@g", "turn.detail", ""), effect(Deliver, "@g")
    )


def test_a_screen_that_keeps_changing_was_not_interrupted() -> None:
    play = at_work("tty").given(tell("@g", TurnStarted()), title(IDLE), title(BUSY))
    play.when(woke("quiet", "@g")).then(nothing())


def test_a_turn_the_agent_ended_itself_was_not_interrupted() -> None:
    play = at_work("tty").given(tell("@g", TurnStarted()), title(IDLE), tell("@g", TurnEnded(text="done")))
    play.when(woke("quiet", "@g")).then(nothing(), member("@g", "turn.outcome", Outcome.COMPLETED))


def test_an_idle_screen_of_the_previous_turn_says_nothing_about_the_next() -> None:
    play = at_work("tty").given(tell("@g", TurnStarted()), title(IDLE), tell("@g", TurnEnded()))
    play.given(title(IDLE), Later(1000), tell("@g", TurnStarted()))
    assert not [key for key in play.world.deadlines if key.kind == "quiet"]


def test_an_idle_screen_with_a_dialog_shows_a_question() -> None:
    play = at_work("tty").given(tell("@g", TurnStarted(), PermissionAsked("Bash", "x")), title(IDLE))
    play.when(Later(2000), woke("quiet", "@g")).then(status("@g", "working"), effect(Deliver, "@g", 0))
    assert not [key for key in play.world.deadlines if key.kind == "quiet"]


def with_dialog() -> Scenario:
    """The screen is idle because a dialog is shown, which a hook waits for; it was looked at."""
    play = at_work("tty").given(tell("@g", TurnStarted()), title(IDLE))
    play.given(Call("permission.ask", by="@g", agent="tty", event="Permission", payload={"command": "x"}))
    return play.when(Later(2000), woke("quiet", "@g")).then(
        status("@g", "working"),
        member("question", "options", ("allow", "deny", "allow for session", "deny for session")),
    )


def test_a_dialog_that_a_person_dismissed_interrupted_the_turn() -> None:
    gone = Find(lambda play: Withdrawn(play.id_of("question")))
    play = with_dialog().given(gone, Later(2000))
    play.when(woke("quiet", "@g")).then(status("@g", "idle"), member("@g", "turn.outcome", Outcome.INTERRUPTED))


def test_a_tool_whose_hook_is_late_does_not_hide_an_idle_screen() -> None:
    play = at_work("tty").given(
        tell("@g", TurnStarted()), title(IDLE), Later(1000), tell("@g", ToolStarted("Bash", "x"))
    )
    assert play.world.deadlines[Deadline(DeadlineKind.QUIET, play.id_of("@g"))] == play.at + 2000, (
        "it has the whole time again"
    )
    play.when(Later(2000), woke("quiet", "@g")).then(
        status("@g", "idle"), member("@g", "turn.outcome", Outcome.INTERRUPTED)
    )


def test_a_dismissed_dialog_interrupted_the_turn_even_if_its_tool_is_reported_late() -> None:
    """The order that a busy machine brings: the dialog, the idle title, the tool, Esc."""
    play = with_dialog().given(
        tell("@g", ToolStarted("Bash", "x")), Find(lambda play: Withdrawn(play.id_of("question")))
    )
    play.when(Later(2000), woke("quiet", "@g")).then(
        status("@g", "idle"), member("@g", "turn.outcome", Outcome.INTERRUPTED)
    )


def test_an_answered_dialog_disappears_when_the_agent_reports_it() -> None:
    play = with_dialog().given(Call("attention.answer", attentionId="question", value="allow"))
    assert not [key for key in play.world.deadlines if key.kind == "quiet"], "however long it takes to redraw"
    play.when(title(BUSY)).then(member("@g", "turn.quiet_since", None))


STEPS: st.SearchStrategy[Any] = st.sampled_from(
    [
        TurnStarted(),
        TurnEnded(),
        ToolStarted("Bash"),
        IDLE,
        BUSY,
        Noted("x"),
        PermissionAsked("Bash"),
        "stall",
        "quiet",
        "busy",
        "dead",
        "late",
    ]
)


@given(st.lists(STEPS, max_size=15))
def test_a_running_turn_is_watched_without_busy_waiting(steps: list[Any]) -> None:
    play = at_work("tty")
    for step in steps:
        if isinstance(step, Sign):
            play.when(tell("@g", step))
        elif step in {"busy", "dead"}:
            play.when(probed(busy=step == "busy"))
        elif step == "late":
            play.when(Later(PATIENCE))
        else:
            deadline = Deadline(DeadlineKind(step), play.id_of("@g"))
            play.when(Later(max(0, play.world.deadlines.get(deadline, 0) - play.at)), woke(step, "@g"))
            assert play.world.deadlines.get(deadline, play.at + 1) > play.at
        session = play.world.sessions[play.id_of("@g")]
        running = session.turn is not None and session.turn.running
        assert (Deadline(DeadlineKind.STALL, session.id) in play.world.deadlines) is running
