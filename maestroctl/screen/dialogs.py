"""Questions the view asks the person: an answer for the inbox, a yes before something is stopped, and the list of keys."""

from collections.abc import Sequence
from typing import ClassVar

from rich.text import Text
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, Vertical
from textual.screen import ModalScreen
from textual.widgets import Button, Input, Static

_FRAME = """
Dialog { align: center middle; background: $background 60%; }
Dialog > Vertical {
    width: 76; max-width: 94%; height: auto; max-height: 90%; padding: 1 2;
    background: $surface; border: round $accent;
}
Dialog Static { margin-bottom: 1; }
Dialog Horizontal { height: auto; margin-bottom: 1; }
Dialog Button { margin-right: 2; min-width: 10; }
"""


class Dialog(ModalScreen[str | None]):
    """A box over the view; Escape leaves it without an answer."""

    DEFAULT_CSS = _FRAME
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "leave", "Back"),
        Binding("right", "app.focus_next", show=False),
        Binding("left", "app.focus_previous", show=False),
    ]

    def action_leave(self) -> None:
        """Without an answer."""
        self.dismiss(None)

    def on_button_pressed(self, event: Button.Pressed) -> None:
        """The button's words are the answer."""
        self.dismiss(event.button.name)


class AnswerDialog(Dialog):
    """An answer: one of the options by a key or a click, or any words."""

    def __init__(self, who: str, question: str, options: Sequence[str]) -> None:
        super().__init__()
        self._who, self._question, self._options = who, question, options

    def compose(self) -> ComposeResult:
        """The question, its options, a line for other words."""
        with Vertical() as box:
            box.border_title = f"{self._who} asks"
            yield Static(Text(self._question))
            if self._options:
                with Horizontal():
                    for number, option in enumerate(self._options, 1):
                        yield Button(
                            Text(f"{number} {option}"), name=option, variant="primary" if number == 1 else "default"
                        )
            yield Input(placeholder="or in other words" if self._options else "your answer")
            yield Static(Text("enter answers   escape leaves it open", style="dim"))

    def on_input_submitted(self, event: Input.Submitted) -> None:
        """What was typed is the answer."""
        if event.value:
            self.dismiss(event.value)

    def on_key(self, event: "object") -> None:
        """A number takes that option, unless words are being typed."""
        character = getattr(event, "character", None) or ""
        typing = isinstance(self.focused, Input)
        if not typing and character.isdecimal() and 0 < int(character) <= len(self._options):
            self.dismiss(self._options[int(character) - 1])


class ConfirmDialog(Dialog):
    """Yes or no, before something that cannot be taken back. The answer is ``yes`` or None."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("y", "yes", "Yes", show=False),
        Binding("n", "leave", "No", show=False),
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
        """Enter alone changes nothing."""
        self.query_one("#no").focus()

    def action_yes(self) -> None:
        """Do it."""
        self.dismiss("yes")

    def on_button_pressed(self, event: Button.Pressed) -> None:
        """Only yes is yes."""
        self.dismiss("yes" if event.button.name == "yes" else None)


class HelpDialog(Dialog):
    """The keys."""

    def __init__(self, keys: Sequence[tuple[str, str]]) -> None:
        super().__init__()
        self._keys = keys

    def compose(self) -> ComposeResult:
        """Key and meaning, a line each."""
        with Vertical() as box:
            box.border_title = "Keys"
            text = Text()
            for key, meaning in self._keys:
                text.append(f"{key:<14}", style="bold")
                text.append(f"{meaning}\n")
            yield Static(text)
