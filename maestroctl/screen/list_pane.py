"""A list with a selected line. Only the visible lines are drawn, so a thousand cost as much as thirty."""

from collections.abc import Callable, Sequence
from typing import Any, ClassVar

from rich.text import Text
from textual import events
from textual.binding import Binding, BindingType
from textual.geometry import Region, Size
from textual.message import Message
from textual.scroll_view import ScrollView
from textual.strip import Strip


class ListPane(ScrollView, can_focus=True):
    """Lines by key, so that the selection stays on its line when others come and go.

    ``draw`` returns the text of a row for a width; ``empty`` is shown if there are no rows.
    """

    COMPONENT_CLASSES: ClassVar[set[str]] = {"list-pane--cursor", "list-pane--cursor-blurred", "list-pane--empty"}
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("up,k", "move(-1)", "Up", show=False),
        Binding("down,j", "move(1)", "Down", show=False),
        Binding("pageup,ctrl+b", "page(-1)", "Page up", show=False),
        Binding("pagedown,ctrl+f", "page(1)", "Page down", show=False),
        Binding("home,g", "edge(0)", "First", show=False),
        Binding("end,G", "edge(-1)", "Last", show=False),
    ]

    class Chosen(Message):
        """Another line was selected."""

        def __init__(self, pane: "ListPane") -> None:
            super().__init__()
            self.pane = pane

        @property
        def control(self) -> "ListPane":
            return self.pane

    def __init__(self, draw: Callable[[Any, int], Text], *, empty: str, title: str, id: str) -> None:  # noqa: A002 - textual's name for it
        super().__init__(id=id)
        self.border_title = title
        self._draw = draw
        self._empty = empty
        self._rows: Sequence[Any] = ()
        self._keys: list[str] = []
        self._places: dict[str, int] = {}
        self._place = 0

    @property
    def key(self) -> str | None:
        """The key of the selected row."""
        return self._keys[self._place] if self._keys else None

    def fill(self, rows: Sequence[tuple[str, Any]]) -> None:
        """Show these rows. The selection stays on its key if that still exists, else at its position."""
        before = self.key
        self._keys = [key for key, _ in rows]
        self._rows = [row for _, row in rows]
        self._places = {key: place for place, key in enumerate(self._keys)}
        if before in self._places:
            self._place = self._places[before]
        self._place = max(min(self._place, len(rows) - 1), 0)
        self.virtual_size = Size(0, len(rows))
        self.refresh()
        if self.key != before:
            self.post_message(self.Chosen(self))

    def choose(self, key: str) -> bool:
        """Select the row with a key; False if there is none."""
        if key not in self._places:
            return False
        self._go(self._places[key])
        return True

    def render_line(self, y: int) -> Strip:
        """One line of the screen."""
        columns = self.scrollable_content_region.width
        place = y + round(self.scroll_offset.y)
        base = self.rich_style
        if not self._rows and y == 0:
            text = Text(f" {self._empty}", end="", no_wrap=True)
            base += self.get_component_rich_style("list-pane--empty", partial=True)
        elif place >= len(self._rows):
            return Strip.blank(columns, base)
        else:
            text = self._draw(self._rows[place], columns)
        if self._rows and place == self._place:
            name = "list-pane--cursor" if self.has_focus else "list-pane--cursor-blurred"
            base += self.get_component_rich_style(name, partial=True)
        strip = Strip(text.render(self.app.console, end=""))
        return strip.adjust_cell_length(columns).apply_style(base)

    def action_move(self, steps: int) -> None:
        """Select another row."""
        self._go(self._place + steps)

    def action_page(self, pages: int) -> None:
        """Select the row one screen further."""
        self._go(self._place + pages * max(self.scrollable_content_region.height - 1, 1))

    def action_edge(self, place: int) -> None:
        """Select the first or the last row."""
        self._go(place % max(len(self._rows), 1))

    def on_click(self, event: events.Click) -> None:
        """Select the clicked row."""
        offset = event.get_content_offset(self)
        if offset is not None:
            self._go(offset.y + round(self.scroll_offset.y))

    def on_focus(self) -> None:
        """Highlight the selection."""
        self.refresh()

    def on_blur(self) -> None:
        """Dim the selection."""
        self.refresh()

    def _go(self, place: int) -> None:
        before = self.key
        self._place = max(min(place, len(self._rows) - 1), 0)
        self.scroll_to_region(Region(0, self._place, 1, 1), animate=False, force=True)
        self.refresh()
        if self.key != before:
            self.post_message(self.Chosen(self))
