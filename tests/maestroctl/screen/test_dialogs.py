"""The answer dialog under all kinds of keys: the answer is what the field showed, or none."""

from dataclasses import dataclass, field
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from textual.app import App
from textual.events import Key
from textual.pilot import Pilot

from maestroctl.screen.answering import Decided, read
from maestroctl.screen.dialogs import AnswerDialog, NoticeDialog
from maestrod.api.attention import Attention, AttentionKind, FreeText

QUESTION = Attention("att_q", "ses_x", AttentionKind.INPUT, "Delete the old backups?", options=("yes", "no"))

#: More queues than a key goes through until the dialog has given its outcome.
_QUEUES = 8


class Host(App[None]):
    """An application that shows the dialog and notes what comes of it; its own keys must never see a letter."""

    BINDINGS = [("y,n,s,o", "stray", "")]  # noqa: RUF012  # an instance variable to textual's types

    def __init__(self, question: Attention) -> None:
        super().__init__()
        self.dialog = AnswerDialog("A", "text", question)
        self.outcome: list[Decided | None] = []
        self.stray = 0

    def on_mount(self) -> None:
        self.push_screen(self.dialog, self.outcome.append)

    def action_stray(self) -> None:
        self.stray += 1


@dataclass
class Played:
    """What a sequence of keys came to: the outcome, and what the field held when it came."""

    outcome: list[Decided | None] = field(default_factory=list)
    shown: str = ""
    stray: int = 0


async def settle(pilot: Pilot[Any]) -> None:
    """Wait until a key has gone through every queue: the application, the screen, the field, the dialog and back.

    ``Pilot.press`` waits until the processor is idle, which a busy machine looks like too, and for one queue after that.
    """
    for _ in range(_QUEUES):
        await pilot.pause(0)


def play(question: Attention, keys: list[str]) -> Played:
    """Press keys in a real application without a terminal, until the dialog has gone."""
    app, played = Host(question), Played()

    async def press(pilot: Pilot[Any]) -> None:
        await settle(pilot)
        for key in keys:
            if app.outcome:
                break
            played.shown = app.dialog.typed
            await pilot.press(key)
            await settle(pilot)
        played.shown = played.shown if app.outcome else app.dialog.typed
        app.exit()

    app.run(headless=True, size=(80, 24), auto_pilot=press)
    played.outcome, played.stray = app.outcome, app.stray
    return played


def keys_of(text: str) -> list[str]:
    names = {" ": "space", ",": "comma"}
    return [names.get(character, character) for character in text]


def test_words_that_are_not_an_option_answer_nothing() -> None:
    played = play(QUESTION, [*keys_of("no, keep them"), "enter", "enter", "tab", "enter", "space", "enter"])
    assert played.outcome == []
    assert played.shown.startswith("no, keep them")


def test_an_option_is_chosen_by_its_number_and_enter() -> None:
    assert play(QUESTION, ["2", "enter"]).outcome == [Decided("no")]


def test_a_reason_is_sent_with_the_choice() -> None:
    asked = Attention("att_q", "s", AttentionKind.PERMISSION, "?", options=("allow", "deny"), free_text=FreeText.REASON)
    assert play(asked, ["2", "tab", *keys_of("too risky"), "enter"]).outcome == [Decided("deny", "too risky")]


def test_enter_alone_and_escape_answer_nothing() -> None:
    assert play(QUESTION, ["enter", "enter"]).outcome == []
    assert play(QUESTION, ["1", "escape"]).outcome == [None]


def test_words_typed_without_a_question_do_nothing() -> None:
    app = Host(QUESTION)
    seen: list[bool] = []

    async def press(pilot: Pilot[Any]) -> None:
        await pilot.press("escape")
        app.push_screen(NoticeDialog("No open questions."))
        await pilot.press(*keys_of("yes so, no"))
        seen.append(isinstance(app.screen, NoticeDialog))
        await pilot.press("enter")
        seen.append(isinstance(app.screen, NoticeDialog))
        app.exit()

    app.run(headless=True, size=(80, 24), auto_pilot=press)
    assert seen == [True, False]
    assert app.stray == 0


@pytest.mark.slow
@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(
    st.lists(
        st.sampled_from([*"yesno12", "space", "enter", "tab", "backspace", "left", "right", "up", "down"]), max_size=9
    ),
    st.sampled_from([FreeText.NONE, FreeText.ANSWER]),
)
def test_no_sequence_of_keys_gives_an_answer_that_was_not_shown(keys: list[str], free: FreeText) -> None:
    question = Attention("att_q", "s", AttentionKind.INPUT, "?", options=("yes", "no"), free_text=free)
    played = play(question, keys)
    assert played.stray == 0
    if played.outcome:
        assert played.outcome == [read(question, played.shown)]
        assert played.outcome[0] is not None


def test_keys_pressed_before_the_field_had_the_focus_edit_it_in_their_order() -> None:
    app = Host(QUESTION)

    async def press(pilot: Pilot[Any]) -> None:
        await pilot.pause()
        for key in ("y", "e", "s", "ctrl+u", "n", "o", "x", "backspace", "enter"):
            app.dialog.post_message(Key(key, key if len(key) == 1 else None))
        await pilot.pause()
        app.exit()

    app.run(headless=True, size=(80, 24), auto_pilot=press)
    assert app.outcome == [Decided("no")]
