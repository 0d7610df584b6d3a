"""The full-screen view without its keys: the panes, their updates, and the selection.

``fleet.py`` holds the data, ``rows.py`` draws them, and ``app.py`` has the keys and their actions.
"""

import time

from rich.text import Text
from textual import on
from textual.app import App, ComposeResult
from textual.containers import Horizontal, Vertical, VerticalScroll
from textual.message import Message
from textual.widget import Widget
from textual.widgets import Footer, Input, Static

from maestroctl.client.caller import Caller
from maestroctl.output import safe, safe_block
from maestroctl.screen import actions, rows
from maestroctl.screen.feed import Feed, News
from maestroctl.screen.fleet import Fleet, Tree, TreeRow
from maestroctl.screen.list_pane import ListPane
from maestroctl.screen.theme import CSS, DARK
from maestrod.api.attention import Attention
from maestrod.api.session import Session
from maestrod.api.system import SystemStatus
from maestrod.api.task import Task


class NewsArrived(Message):
    """The feed has news."""

    def __init__(self, news: News) -> None:
        super().__init__()
        self.news = news


class Board(App[None]):
    """The panes and their content. ``root`` is the task whose tree is shown first; None shows all trees."""

    CSS = CSS
    TITLE = "maestro"
    ENABLE_COMMAND_PALETTE = False
    HORIZONTAL_BREAKPOINTS = [(0, "-narrow"), (100, "-wide")]  # noqa: RUF012  # textual types it as an instance variable

    def __init__(self, caller: Caller, root: str | None = None) -> None:
        super().__init__()
        self.fleet = Fleet({})
        self._caller = caller
        self._branches = Tree()
        self._branches.root = root
        self._daemon: SystemStatus | None = None
        self._is_away = False
        self._tails: dict[str, str] = {}
        self._output = ("", "")  # a session's id and the end of its output
        self._asking_sessions: frozenset[str] = frozenset()
        self._asking_tasks: frozenset[str | None] = frozenset()
        self._hues = rows.Palette()
        self._chosen_in = "tasks"  # the pane whose selection the detail shows
        self._feed = Feed(caller, lambda news: self.post_message(NewsArrived(news)))

    def compose(self) -> ComposeResult:
        """The panes."""
        yield Static(id="head")
        yield Input(placeholder="search titles", id="search")
        with Horizontal(id="body"):
            yield ListPane(self._draw_task, title="Tasks", empty="No tasks yet.", id="tasks")
            with Vertical(id="right"):
                yield ListPane(self._draw_session, title="Sessions", empty="No live sessions.", id="sessions")
                with VerticalScroll(id="detail", can_focus=True):
                    yield Static(id="text")
        yield ListPane(self._draw_question, title="Inbox", empty="No open questions.", id="inbox")
        yield Footer()

    def on_mount(self) -> None:
        """Start listening."""
        self.theme = DARK
        self._take_hues()
        self.query_one("#search", Input).can_focus = False
        self._go_to(self._pane("tasks"))
        self.set_interval(1.0, self._refresh)  # times change without events
        self._feed.start()

    def on_unmount(self) -> None:
        """Stop listening."""
        self._feed.close()

    def end(self, code: int) -> None:
        """Exit with a code. For signal handlers, which may interrupt the application at work or while it waits."""
        self.call_later(self.exit, return_code=code)

    # News

    @on(NewsArrived)
    def take(self, message: NewsArrived) -> None:
        """Apply the feed's news and show them."""
        news = message.news
        if news.failure is not None:
            self.exit(return_code=news.failure.exit_code, message=f"maestroctl: {safe_block(news.failure.message)}")
            return
        self.fleet = news.fleet or self.fleet
        for event in news.events:
            self.fleet.apply(event)
        self._is_away = self._is_away if news.away is None else news.away
        self._daemon = news.status or self._daemon
        self._tails = self._tails if news.tails is None else news.tails
        self._output = news.output or self._output
        if news.fleet or news.events:
            self._fill()
        self._refresh()

    def _fill(self) -> None:
        """Bring the panes up to date."""
        questions, live = self.fleet.questions(), self.fleet.live_sessions()
        self._asking_sessions = frozenset(question.session_id for question in questions)
        self._asking_tasks = frozenset(question.task_id for question in questions)
        self._feed.live([session.id for session in live])
        tree = self._branches.rows(self.fleet)
        self._pane("tasks").fill([(row.task.id, row) for row in tree])
        self._pane("sessions").fill([(session.id, session) for session in self.fleet.listed_sessions()])
        inbox = self._pane("inbox")
        inbox.fill([(question.id, question) for question in questions])
        inbox.display = bool(questions)
        if not questions and inbox.has_focus:
            self._go_to(self._pane("tasks"))
        inbox.border_subtitle = f"{len(questions)} open" if questions else ""
        self._pane("sessions").border_subtitle = f"{len(live)} live" if live else ""

    def _refresh(self) -> None:
        """Draw what changes without events: the header, times, last lines, and the detail."""
        self.query_one("#head", Static).update(
            rows.head(self.fleet, self._daemon, self.size.width, self._hues, away=self._is_away)
        )
        for name in ("tasks", "sessions", "inbox"):
            self._pane(name).refresh()
        self._tell_of_choice()

    def _tell_of_choice(self) -> None:
        """Show the details of the selection in the last focused pane, and its session's output."""
        subject, detail = self._subject(), self.query_one("#detail", VerticalScroll)
        follows = detail.scroll_offset.y >= detail.max_scroll_y
        session_id = actions.session_to_attach_to(self.fleet, subject)
        self._feed.look_at = session_id
        session = self._session(session_id or "")
        text = Text("")
        if isinstance(subject, Task):
            text = rows.task_detail(self.fleet, subject, _now(), self._hues)
            detail.border_title = "Task"
        if session is not None:
            tail = self._output[1] if self._output[0] == session.id else ""
            text.append(rows.session_detail(session, tail, self._hues))
            detail.border_title = "Task" if isinstance(subject, Task) else safe(session.name)
        self.query_one("#text", Static).update(text)
        if session is not None and follows:
            detail.scroll_end(animate=False)

    # Drawing

    def _draw_task(self, row: TreeRow, columns: int) -> Text:
        return rows.task_row(row, columns, _now(), self._hues, asking=row.task.id in self._asking_tasks)

    def _draw_session(self, session: Session, columns: int) -> Text:
        tail, asking = self._tails.get(session.id, ""), session.id in self._asking_sessions
        return rows.session_row(session, tail, columns, _now(), self._hues, asking=asking, held=self._is_held(session))

    def _is_held(self, session: Session) -> bool:
        """Whether the session's run, or everything, is paused."""
        frozen = self._daemon is not None and self._daemon.frozen
        return frozen or any(run.paused for run in self.fleet.runs if run.id == session.run_id)

    def _draw_question(self, question: Attention, columns: int) -> Text:
        session = self._session(question.session_id)
        return rows.question_row(question, session.name if session else "", columns, _now(), self._hues)

    def _take_hues(self) -> None:
        named, plain = self.current_theme, rows.Palette()
        self._hues = rows.Palette(
            named.success or plain.good,
            named.error or plain.bad,
            named.warning or plain.warn,
            named.secondary or plain.busy,
        )

    # What is chosen

    def _go_to(self, widget: Widget) -> None:
        """Move the focus at once: with ``Widget.focus`` the next key would still go to the old widget."""
        self.screen.set_focus(widget)

    def _pane(self, name: str) -> ListPane:
        return self.query_one(f"#{name}", ListPane)

    def _session(self, session_id: str) -> Session | None:
        return self.fleet.sessions.get(session_id) if session_id in self.fleet.sessions else None

    def _subject(self) -> Session | Task | Attention | None:
        """The selected entity."""
        key = self._pane(self._chosen_in).key
        if key is None:
            return None
        if self._chosen_in == "tasks":
            return self.fleet.tasks.get(key) if key in self.fleet.tasks else None
        if self._chosen_in == "inbox":
            return self.fleet.attention.get(key) if key in self.fleet.attention else None
        return self._session(key)

    @on(ListPane.Chosen)
    def choose(self, chosen: ListPane.Chosen) -> None:
        """Show the details of the newly selected line."""
        if chosen.pane.has_focus:
            self._chosen_in = chosen.pane.id or "tasks"
        self._tell_of_choice()

    def on_descendant_focus(self) -> None:
        """Show the details of the pane that gets the focus."""
        if isinstance(self.focused, ListPane):
            self._chosen_in = self.focused.id or "tasks"
            self._tell_of_choice()


def _now() -> int:
    return int(time.time() * 1000)
