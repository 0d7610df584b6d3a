"""What signs mean, in whatever order they come."""

from hypothesis import given
from hypothesis import strategies as st

from maestrod.api.reason import Source
from maestrod.api.turn import Outcome
from maestrod.core.session import sign_rules
from maestrod.core.values.signs import (
    BackgroundChanged,
    Compacted,
    InputAsked,
    Leaving,
    Noted,
    Said,
    Sign,
    Started,
    SubagentEnded,
    SubagentStarted,
    TodoChanged,
    ToolEnded,
    ToolStarted,
    Trouble,
    TurnEnded,
    TurnStarted,
    UsageSeen,
)
from tests.core.conversations import at_work, tell
from tests.kit.agents.hook_words import OWN_ID
from tests.kit.worlds.scenario import came_up, exited, live, member, status

SIGNS: st.SearchStrategy[Sign] = st.one_of(
    st.builds(Started, st.sampled_from([OWN_ID, "other", None]), st.sampled_from(["startup", "clear", "resume"])),
    st.builds(TurnStarted, machine=st.booleans()),
    st.builds(TurnEnded, st.sampled_from(list(Outcome)), background=st.none() | st.integers(0, 2)),
    st.builds(BackgroundChanged, st.integers(0, 2)),
    st.builds(ToolStarted, st.just("Bash"), st.text(max_size=5)),
    st.builds(ToolEnded, st.just("Bash"), st.sampled_from([True, False, None])),
    st.builds(InputAsked, st.just("trust this folder?")),
    st.builds(UsageSeen, st.integers(0, 99), st.integers(0, 99), st.none() | st.floats(0, 1), st.booleans()),
    st.sampled_from([Said("working on it\nmore"), Compacted(), TodoChanged(1, 2, "x"), Trouble("oops"), Noted("n")]),
    st.sampled_from([SubagentStarted("s"), SubagentEnded(""), Leaving("exit")]),
)


@given(st.lists(SIGNS, max_size=15), st.sampled_from([Source.STREAM, Source.HOOK]))
def test_no_order_of_signs_ends_a_session_or_completes_a_task(signs: list[Sign], source: Source) -> None:
    play = at_work("stream")
    for sign in signs:
        play.when(tell("@g", sign, source=source))
        assert play.refusal is None
    assert play.world.tasks[play.id_of("a")].status.value not in {"completed", "skipped"}
    session = play.world.sessions[play.id_of("@g")]
    assert session.status.value in {"idle", "working", "failed"}
    assert session.status.value != "failed" or session.status_reason is not None


@given(st.lists(SIGNS, max_size=8))
def test_repeated_signs_leave_the_same_turn(signs: list[Sign]) -> None:
    once, twice = at_work("stream"), at_work("stream")
    tame = [sign for sign in signs if not isinstance(sign, UsageSeen)]
    once.when(*(tell("@g", sign) for sign in tame))
    twice.when(*(tell("@g", sign, sign) for sign in tame))  # at one moment: how late a sign is counts
    turns = [play.world.sessions[play.id_of("@g")].turn for play in (once, twice)]
    states = [
        (turn.running, getattr(turn, "outcome", None), turn.background) if turn is not None else None for turn in turns
    ]
    assert states[0] == states[1] or "failed" in {
        play.world.sessions[play.id_of("@g")].status.value for play in (once, twice)
    }


def test_the_conversation_is_rebound_when_the_agent_begins_another() -> None:
    play = at_work("stream").when(tell("@g", Started("another", "clear")))
    play.then(member("@g", "agent_session_id", "another"), live("g"))


def test_cumulative_figures_count_by_their_growth() -> None:
    play = at_work("stream").given(tell("@g", UsageSeen(100, 10, 0.5, cumulative=True)))
    play.when(tell("@g", UsageSeen(150, 15, 0.75, cumulative=True))).then(
        member("@g", "usage.input", 150), member("@g", "usage.output", 15), member("@g", "usage.cost", 0.75)
    )
    play.when(tell("@g", UsageSeen(20, 2, 0.1, cumulative=True))).then(member("@g", "usage.input", 170))


def test_figures_of_single_calls_are_added_up() -> None:
    play = at_work("stream").when(tell("@g", UsageSeen(100, 10), UsageSeen(100, 10)))
    play.then(member("@g", "usage.input", 200), member("@g", "usage.cost", None))


def test_figures_continue_over_the_processes_of_one_conversation() -> None:
    play = at_work("process").given(
        tell("@g", UsageSeen(100, 10, cumulative=True), TurnEnded()), exited("@g"), came_up("@g")
    )
    play.when(tell("@g", Started(OWN_ID, "resume"), UsageSeen(130, 13, cumulative=True))).then(
        member("@g", "usage.input", 130)
    )


def test_the_current_tool_is_shown_during_the_turn() -> None:
    play = at_work("stream").when(tell("@g", TurnStarted(), ToolStarted("Bash", "make test")))
    play.then(member("@g", "turn.doing", "Bash: make test"), status("@g", "working"))
    play.when(tell("@g", Said("All green.\nNow the docs"))).then(member("@g", "turn.doing", "All green."))


def test_the_offset_read_to_only_grows() -> None:
    play = at_work("stream").given(tell("@g", TurnStarted(), read_to=100))
    play.when(tell("@g", Noted("x"), read_to=50)).then(member("@g", "read_to", 100))


def test_for_the_same_moment_the_better_source_is_believed() -> None:
    play = at_work("stream")
    session = play.world.sessions[play.id_of("@g")]
    assert sign_rules._RANK[Source.STREAM] > sign_rules._RANK[Source.HOOK] > sign_rules._RANK[Source.SCREEN]
    assert not sign_rules._is_stale(session, sign_rules.Provenance(Source.SCREEN, 0))


def test_two_reports_of_one_end_are_one_end() -> None:
    play = at_work("stream").given(tell("@g", TurnStarted()))
    play.when(tell("@g", TurnEnded(), source=Source.STREAM), tell("@g", TurnEnded(background=1), source=Source.HOOK))
    play.then(member("@g", "turn.background", 1), member("@g", "turn.outcome", Outcome.COMPLETED))


def test_background_work_keeps_the_session_working_until_the_turn_it_begins_has_ended() -> None:
    play = at_work("stream").when(tell("@g", TurnStarted(), BackgroundChanged(1), TurnEnded()))
    play.then(member("@g", "turn.background", 1), status("@g", "working"))
    play.when(tell("@g", BackgroundChanged(0))).then(member("@g", "turn.background", 1), status("@g", "working"))
    play.when(tell("@g", TurnStarted(machine=True), BackgroundChanged(0), TurnEnded()))
    play.then(member("@g", "turn.background", 0), status("@g", "idle"))


def test_a_prompt_in_between_does_not_forget_background_work() -> None:
    play = at_work("stream").when(tell("@g", TurnStarted(), BackgroundChanged(1), TurnEnded()))
    play.when(tell("@g", TurnStarted(), TurnEnded())).then(member("@g", "turn.background", 1))
    play.when(tell("@g", TurnStarted(), TurnEnded(background=0))).then(member("@g", "turn.background", 0))


def test_a_tool_reported_late_does_not_begin_a_turn() -> None:
    play = at_work("stream").given(tell("@g", TurnStarted()), tell("@g", TurnEnded(Outcome.INTERRUPTED)))
    play.when(tell("@g", ToolStarted("Bash", "ls"))).then(
        status("@g", "idle"), member("@g", "turn.outcome", Outcome.INTERRUPTED)
    )


def test_the_last_message_is_the_reply_where_the_end_of_the_turn_does_not_repeat_it() -> None:
    """An agent with a process for every turn may say it on one line of its stream and end the turn on the next."""
    play = at_work("process")
    play.when(tell("@g", TurnStarted()), tell("@g", Said("Looking.")), tell("@g", Said("All done."), TurnEnded()))
    [opening] = [message for message in play.world.messages.values() if message.session_id == play.id_of("@g")]
    assert opening.reply == "All done."
