"""A list with a selected line, without a terminal: textual runs it headless."""

from collections.abc import Awaitable, Callable
from typing import Any

from rich.text import Text
from textual.app import App, ComposeResult

from maestroctl.screen.list_pane import ListPane


class Shown(App[None]):
    """One list of numbers."""

    def __init__(self, drawn: list[int]) -> None:
        super().__init__()
        self.drawn = drawn
        self.chosen: list[str | None] = []

    def compose(self) -> ComposeResult:
        yield ListPane(self.draw, empty="nothing", title="Numbers", id="numbers")

    def draw(self, row: int, columns: int) -> Text:
        self.drawn.append(row)
        return Text(f"row {row}", end="")

    def on_list_pane_chosen(self, chosen: ListPane.Chosen) -> None:
        self.chosen.append(chosen.control.key)


def played(script: Callable[[Any, ListPane, Shown], Awaitable[None]]) -> Shown:
    """Run the script in the list; an assertion of it fails the test."""
    app = Shown([])
    failures: list[AssertionError] = []

    async def play(pilot: Any) -> None:
        try:
            await script(pilot, app.query_one(ListPane), app)
        except AssertionError as error:
            failures.append(error)
        finally:
            app.exit()

    app.run(headless=True, size=(20, 10), auto_pilot=play)
    assert failures == []
    return app


def test_keys_and_clicks_choose_and_the_choice_stays_on_its_row() -> None:
    async def script(pilot: Any, pane: ListPane, app: Shown) -> None:
        pane.fill([(f"{number}", number) for number in range(100)])
        pane.focus()
        await pilot.press("down", "j", "up")
        assert pane.key == "1"
        await pilot.press("G")
        assert pane.key == "99" and round(pane.scroll_offset.y) == 90
        await pilot.press("pageup", "g", "pagedown")
        assert pane.key == "9"
        await pilot.click(ListPane, offset=(2, 0))
        assert pane.key != "9"
        pane.choose("50")
        pane.fill([(f"{number}", number) for number in range(40, 60)])
        assert pane.key == "50"
        pane.fill([("a", 1)])
        await pilot.pause()
        assert pane.key == "a" and app.chosen[-1] == "a"
        assert not pane.choose("b")

    played(script)


def test_only_the_visible_part_is_drawn() -> None:
    async def script(pilot: Any, pane: ListPane, app: Shown) -> None:
        await pilot.pause()
        app.drawn.clear()
        pane.fill([(f"{number}", number) for number in range(100_000)])
        await pilot.pause()
        assert set(app.drawn) <= set(range(10))

    played(script)


def test_an_empty_list_says_so() -> None:
    async def script(pilot: Any, pane: ListPane, app: Shown) -> None:
        await pilot.pause()
        assert "nothing" in "".join(segment.text for segment in pane.render_line(0))
        await pilot.press("down", "G")
        assert pane.key is None

    played(script)
