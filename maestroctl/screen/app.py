"""The full-screen view: its keys, on the panes of ``board.py``. What they do to the daemon is in ``actions.py``."""

from collections.abc import Callable
from typing import ClassVar

import msgspec
from textual import on, work
from textual.binding import Binding, BindingType
from textual.events import Key
from textual.widgets import Input

from maestroctl.attach.keys import DETACH_KEYS, SWITCH_KEYS, Keyboard, bindings
from maestroctl.attach.seat import CLEAR, write
from maestroctl.attach.sitting import attach, ways_out
from maestroctl.client.client import Client
from maestroctl.output import safe, safe_block
from maestroctl.screen import actions
from maestroctl.screen.answering import Decided
from maestroctl.screen.board import Board
from maestroctl.screen.dialogs import AnswerDialog, ConfirmDialog, HelpDialog, NoticeDialog
from maestroctl.screen.theme import DARK, KEYS, LIGHT
from maestroctl.show.questions import request_lines
from maestrod.api.attention import Attention
from maestrod.api.errors import MaestroError
from maestrod.api.session import Session
from maestrod.api.task import Task

#: Seconds a call of a key may wait for a daemon that is away.
_PATIENCE = 5.0


class WatchApp(Board):
    """The view."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("enter,space", "open", "Open", show=False),
        Binding("a", "attach", "Attach"),
        Binding("i", "answer", "Answer"),
        Binding("s", "stop", "Stop"),
        Binding("t", "retry", "Retry"),
        Binding("p", "pause", "Pause"),
        Binding("y", "approve", "Approve", show=False),
        Binding("r", "only", "One tree"),
        Binding("slash", "search", "Search", key_display="/"),
        Binding("1", "pane('tasks')", "Tasks", show=False),
        Binding("2", "pane('sessions')", "Sessions", show=False),
        Binding("3", "pane('inbox')", "Inbox", show=False),
        Binding("l", "light", "Light", show=False),
        Binding("question_mark,h", "keys", "Keys", key_display="?"),
        Binding("escape", "unsearch", "Back", show=False),
        Binding("q,ctrl+c", "quit", "Quit", key_display="q"),
    ]

    async def on_key(self, event: Key) -> None:
        """Pass keys that were pressed while a dialog opened on to the dialog; they were sent to the pane below it."""
        if isinstance(self.screen, AnswerDialog):
            await self.screen.take(event)

    def action_open(self) -> None:
        """Do the usual with the selection: fold or unfold a task, attach to a session, answer a question."""
        subject = self._subject()
        if isinstance(subject, Task):
            self._branches.toggle(subject.id)
            self._fill()
        elif isinstance(subject, Session):
            self.action_attach()
        elif isinstance(subject, Attention):
            self._ask(subject)

    def action_attach(self) -> None:
        """Attach to the session until the detach key."""
        session_id = actions.session_to_attach_to(self.fleet, self._subject())
        session = self._session(session_id or "")
        if session_id is None or session is None:
            self.notify("No session has worked on this yet.", severity="warning")
            return
        if session.status.is_over:
            self.notify(f"It has ended. Its output: maestroctl logs {session_id}", severity="warning")
            return
        keyboard = Keyboard(bindings(DETACH_KEYS, SWITCH_KEYS))
        try:
            with self.suspend(), self._caller.client(patience=_PATIENCE) as client:
                write(CLEAR)
                attach(client, [session_id], keyboard, ways_out(DETACH_KEYS, SWITCH_KEYS))
        except MaestroError as error:
            self.notify(safe_block(error.message), severity="error")
        self.refresh(layout=True)

    def action_answer(self) -> None:
        """Answer the chosen question, else the oldest."""
        subject = self._subject()
        if isinstance(subject, Attention) and subject.is_open:
            self._ask(subject)
        elif questions := self.fleet.questions():
            self._ask(questions[0])
        else:
            self.push_screen(NoticeDialog("No open questions."))

    def _ask(self, question: Attention) -> None:
        session = self._session(question.session_id)

        def answered(decided: Decided | None) -> None:
            if decided is not None:
                self._call(lambda client: actions.answer(client, question, decided))

        if question.tool is not None and not question.options:  # only its own terminal takes the answer
            self.action_attach()
            return
        who = f"Question from {safe(session.name)}" if session else "A plan awaits your approval"
        text = "\n".join(request_lines(msgspec.to_builtins(question)))
        self.push_screen(AnswerDialog(who, text, question), answered)

    def action_stop(self) -> None:
        """Stop the selection, after confirmation."""
        subject = self._subject()
        if not isinstance(subject, Session | Task):
            return
        name = safe(subject.name if isinstance(subject, Session) else subject.title)

        def confirmed(value: str | None) -> None:
            if value is not None:
                self._call(lambda client: actions.stop(client, subject))

        self.push_screen(ConfirmDialog(f"Stop {name} and all its processes?"), confirmed)

    def action_retry(self) -> None:
        """Retry a task."""
        subject = self._subject()
        if isinstance(subject, Task) and subject.status.is_retried:
            self._call(lambda client: actions.retry(client, subject))
        elif isinstance(subject, Task):
            self.notify("Only failed, skipped or cancelled tasks can be retried.", severity="warning")

    def action_pause(self) -> None:
        """Pause or resume."""
        subject = self._subject()
        if isinstance(subject, Session | Task):
            self._call(lambda client: actions.pause(client, self.fleet, subject))

    def action_approve(self) -> None:
        """Open the question for approval of the plan of the selected task's run."""
        subject = self._subject()
        question = actions.approval(self.fleet, subject) if isinstance(subject, Task) else None
        if question is not None:
            self._ask(question)
        else:
            self.notify("No plan awaits approval here.", severity="warning")

    @work(thread=True)
    def _call(self, action: Callable[[Client], str]) -> None:
        """Call the daemon on a thread, and show the result."""
        try:
            with self._caller.client(patience=_PATIENCE) as client:
                said, severity = action(client), "information"
        except MaestroError as error:
            said, severity = safe_block(error.message), "error"
        self.call_from_thread(self.notify, said, severity=severity, markup=False)

    def action_only(self) -> None:
        """Show one tree alone, or all of them again."""
        subject, tree = self._subject(), self._branches
        tree.root = self.fleet.root_of(subject.id) if tree.root is None and isinstance(subject, Task) else None
        self._fill()

    def action_pane(self, name: str) -> None:
        """Go to a pane."""
        if self._pane(name).display:
            self._go_to(self._pane(name))

    def action_search(self) -> None:
        """Begin to search."""
        field = self.query_one("#search", Input)
        field.can_focus = True
        field.add_class("-open")
        self._go_to(field)

    @on(Input.Changed, "#search")
    def search(self, changed: Input.Changed) -> None:
        """Show only entries with the text in their title."""
        self._branches.search = changed.value
        self._fill()

    @on(Input.Submitted, "#search")
    def focus_results(self) -> None:
        """Move the focus to the results."""
        self._go_to(self._pane("tasks"))

    def action_unsearch(self) -> None:
        """End the search."""
        field = self.query_one("#search", Input)
        field.value = ""
        field.remove_class("-open")
        self._go_to(self._pane("tasks"))
        field.can_focus = False

    def action_light(self) -> None:
        """Light or dark."""
        self.theme = DARK if self.theme == LIGHT else LIGHT
        self._take_hues()
        self._refresh()

    def action_keys(self) -> None:
        """Show the keys."""
        self.push_screen(HelpDialog(KEYS))
