"""The dialogs of the view: an answer for the inbox, a confirmation before something is stopped, and the list of keys."""

from collections.abc import Sequence
from typing import ClassVar, TypeVar

from rich.text import Text
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, Vertical
from textual.events import Key
from textual.message import Message
from textual.screen import ModalScreen
from textual.widgets import Button, Input, Static

from maestroctl.output import safe
from maestroctl.screen.answering import Decided, echo, invitation, read
from maestrod.api.attention import Attention, FreeText

Outcome = TypeVar("Outcome")

_FRAME = """
Dialog { align: center middle; background: $background 60%; }
Dialog > Vertical {
    width: 76; max-width: 94%; height: auto; max-height: 90%; padding: 1 2;
    background: $surface; border: round $accent;
}
Dialog Static { margin-bottom: 1; }
Dialog Horizontal { height: auto; margin-bottom: 1; }
Dialog Button { margin-right: 2; min-width: 10; }
Dialog Input { margin-bottom: 1; }
Option { width: auto; max-width: 100%; padding: 0 1; }
Option:hover { background: $secondary-muted; }
#echo { color: $text-muted; margin-bottom: 0; }
"""


class AnswerField(Input):
    """A field that takes the keys of its bindings in the order in which they were typed.

    Textual runs bindings once a key has gone through the parents, after the letters that were typed behind it.
    """

    ACTIONS: ClassVar[dict[str, str]] = {
        key.strip(): binding.action
        for binding in Input.BINDINGS
        if isinstance(binding, Binding)
        for key in binding.key.split(",")
    }

    async def on_key(self, event: Key) -> None:
        """Take a key that was sent to the field."""
        if event.key in self.ACTIONS:
            await self.take(event)

    async def take(self, event: Key) -> None:
        """Write a key into the field, or do what it does there; the bindings get other keys."""
        if event.key in self.ACTIONS:
            await self.app.run_action(self.ACTIONS[event.key], self)
        elif event.is_printable and event.character:
            self.insert_text_at_cursor(event.character)
        else:
            return
        event.stop()


class Dialog(ModalScreen[Outcome | None]):
    """A box over the view; Escape leaves it without an answer."""

    DEFAULT_CSS = _FRAME
    BINDINGS: ClassVar[list[BindingType]] = [Binding("escape", "leave", "Back")]

    def action_leave(self) -> None:
        """Close without an answer."""
        self.dismiss(None)


class AnswerDialog(Dialog[Decided]):
    """Takes an answer: all keys go to a field, and Enter gives the answer shown on the line below the field.

    No button ever has the focus, so that no key but Enter in a field answers. A click on an option answers too.
    """

    AUTO_FOCUS = ""
    BINDINGS: ClassVar[list[BindingType]] = [Binding("tab,shift+tab", "other_field", "Reason", show=False)]

    def __init__(self, asker: str, text: str, question: Attention) -> None:
        super().__init__()
        self._asker, self._text, self._question = asker, text, question
        self._line = AnswerField(placeholder=invitation(question), id="line", compact=True)
        self._reason = AnswerField(placeholder="reason (optional, Tab)", id="reason", compact=True)
        self._reason.display = question.free_text is FreeText.REASON

    @property
    def typed(self) -> str:
        """The text in the field."""
        return self._line.value

    def compose(self) -> ComposeResult:
        """The question, its options, the field, and what Enter would do."""
        with Vertical() as box:
            box.border_title = self._asker
            yield Static(Text(self._text))
            for number, option in enumerate(self._question.options, 1):
                yield Option(Text(f"{number} {safe(option)}"), name=str(number))
            yield self._line
            yield self._reason
            yield Static(Text(echo(self._question, "")), id="echo")

    def on_mount(self) -> None:
        """Process the keys that were pressed before the dialog was drawn, then give the field the focus."""
        self.call_after_refresh(self.set_focus, self._line)

    async def on_key(self, event: Key) -> None:
        """Take a key that was pressed before a field had the focus: it belongs to the answer too."""
        await self.take(event)

    async def take(self, event: Key) -> None:
        """Pass a key on to the field for the answer."""
        await self._line.take(event)

    def action_other_field(self) -> None:
        """Move the focus between the answer and its reason."""
        if self._reason.display:
            self.set_focus(self._reason if self.focused is self._line else self._line)

    def on_input_changed(self) -> None:
        """Show what Enter would do."""
        self.query_one("#echo", Static).update(Text(echo(self._question, self._line.value)))

    def on_input_submitted(self, event: Input.Submitted) -> None:
        """Answer with what the field held when Enter was pressed."""
        self._answer(event.value if event.input is self._line else self._line.value)

    def on_option_taken(self, event: "Option.Taken") -> None:
        """Give the answer that was clicked."""
        self._answer(event.name)

    def _answer(self, line: str) -> None:
        """Close with the answer. If the line is not an answer, it stays, and the hint below says why."""
        decided = read(self._question, line, self._reason.value)
        if decided is not None:
            self.dismiss(decided)


class Option(Static):
    """An answer to click. It cannot have the focus, so no key can press it."""

    class Taken(Message):
        """It was clicked."""

        def __init__(self, name: str) -> None:
            super().__init__()
            self.name = name

    def on_click(self) -> None:
        """Tell the dialog."""
        self.post_message(self.Taken(self.name or ""))


class ConfirmDialog(Dialog[str]):
    """Asks for confirmation of something that cannot be undone. The answer is ``yes`` or None."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("y", "yes", "Yes", show=False),
        Binding("n", "leave", "No", show=False),
        Binding("right", "app.focus_next", show=False),
        Binding("left", "app.focus_previous", show=False),
    ]

    def __init__(self, question: str) -> None:
        super().__init__()
        self._question = question

    def compose(self) -> ComposeResult:
        """The question and two buttons."""
        with Vertical():
            yield Static(Text(self._question))
            with Horizontal():
                yield Button("Yes (y)", name="yes", variant="error")
                yield Button("No (n)", name="no", id="no")

    def on_mount(self) -> None:
        """Focus the safe button: Enter alone changes nothing."""
        self.query_one("#no").focus()

    def action_yes(self) -> None:
        """Do it."""
        self.dismiss("yes")

    def on_button_pressed(self, event: Button.Pressed) -> None:
        """Confirm only if the button is Yes."""
        self.dismiss("yes" if event.button.name == "yes" else None)


class NoticeDialog(Dialog[None]):
    """Shows a sentence instead of a field. It takes all keys until Enter or Escape, so that typed words do not act on the view."""

    BINDINGS: ClassVar[list[BindingType]] = [Binding("enter", "leave", "Back", show=False)]

    def __init__(self, text: str) -> None:
        super().__init__()
        self._text = text

    def compose(self) -> ComposeResult:
        """The sentence."""
        with Vertical():
            yield Static(Text(self._text))
            yield Static(Text("Press Enter or Escape to go back", style="dim"))


class HelpDialog(Dialog[None]):
    """The keys."""

    def __init__(self, keys: Sequence[tuple[str, str]]) -> None:
        super().__init__()
        self._keys = keys

    def compose(self) -> ComposeResult:
        """One line per key, with its meaning."""
        with Vertical() as box:
            box.border_title = "Keys"
            text = Text()
            for key, meaning in self._keys:
                text.append(f"{key:<14}", style="bold")
                text.append(f"{meaning}\n")
            yield Static(text)
