"""The menu of ``attach``: lists the live sessions, from which the user chooses one."""

import os
import select
import sys
from collections.abc import Sequence
from typing import Any

from maestroctl.attach.keys import Keyboard, KeyCommand
from maestroctl.attach.seat import resizes, write
from maestroctl.client.client import Client
from maestroctl.client.reading import taken
from maestroctl.output import safe
from maestroctl.show.pauses import Pauses
from maestroctl.show.progress import state_of
from maestroctl.show.table import clip, width
from maestrod.api.model.look import OVERLAYS, Tone
from maestrod.api.session import SessionStatus

#: Seconds after which the list is read again.
_TICK = 1.0

_UP, _DOWN = frozenset({"\x1b[A", "\x1bOA", "k"}), frozenset({"\x1b[B", "\x1bOB", "j", "\t"})
_LEAVE = frozenset({"q", "d", "\x03", "\x04"})
_COLOURS = {Tone.QUIET: "2", Tone.RUNNING: "36", Tone.WAITING: "33", Tone.DONE: "32", Tone.FAILED: "31"}


class Menu:
    """The listed sessions and the chosen line. Pure; ``lines`` draws it."""

    def __init__(self, current: str | None) -> None:
        self.current = current
        self.sessions: list[dict[str, Any]] = []
        self.pauses = Pauses()
        self._chosen: str | None = None

    def fill(self, sessions: Sequence[dict[str, Any]], first: Sequence[str] = ()) -> None:
        """Set the list, with the sessions in ``first`` first. Initially, the session after the current one is chosen."""
        rank = {identity: place for place, identity in enumerate(first)}
        self.sessions = sorted(sessions, key=lambda session: rank.get(session["id"], len(rank)))
        ids = [session["id"] for session in self.sessions]
        if self._chosen not in ids:
            after = ids.index(self.current) + 1 if self.current in ids else 0
            self._chosen = ids[after % len(ids)] if ids else None

    @property
    def chosen(self) -> str | None:
        """The id on the chosen line."""
        return self._chosen

    def move(self, steps: int) -> None:
        """Choose another line; wraps around at the ends."""
        ids = [session["id"] for session in self.sessions]
        if ids:
            place = ids.index(self._chosen) if self._chosen in ids else 0
            self._chosen = ids[(place + steps) % len(ids)]

    def number(self, number: int) -> bool:
        """Choose a line by its number; False if there is none."""
        if not 0 < number <= len(self.sessions):
            return False
        self._chosen = self.sessions[number - 1]["id"]
        return True

    def lines(self, columns: int, rows: int) -> list[str]:
        """The menu in at most ``rows`` lines of ``columns`` cells."""
        head = ["\x1b[1mSessions\x1b[0m", ""]
        foot = ["", f"\x1b[2m{clip('↑↓ move   enter or 1-9 attach   esc back   q detach', columns)}\x1b[0m"]
        room = max(rows - len(head) - len(foot), 1)
        ids = [session["id"] for session in self.sessions]
        place = ids.index(self._chosen) if self._chosen in ids else 0
        top = max(min(place - room // 2, len(ids) - room), 0)
        names = max((width(safe(session["name"])) for session in self.sessions), default=0)
        body = [
            self._line(number, session, min(names, 40), columns)
            for number, session in enumerate(self.sessions[top : top + room], top + 1)
        ]
        return [*head, *(body or ["No live sessions."]), *foot]

    def _line(self, number: int, session: dict[str, Any], names: int, columns: int) -> str:
        status = "paused" if self.pauses.has(session.get("runId")) else state_of(session)
        look = OVERLAYS.get(status) or taken(session["status"], SessionStatus).look
        name = clip(safe(session["name"]), names)
        here = "  (here)" if session["id"] == self.current else ""
        key = f"{number}" if number < 10 else " "
        text = f" {key:>2}  {look.sign} {name}{' ' * (names - width(name))}  {status:8}  "
        text += f"{safe(session['agent']):8}  {session['id']}{here} "
        text = clip(text, columns)
        if session["id"] == self._chosen:
            return f"\x1b[7m{text}{' ' * (columns - width(text))}\x1b[0m"
        return f"\x1b[{_COLOURS[look.tone]}m{text}\x1b[0m"


def choose(client: Client, keyboard: Keyboard, current: str | None, first: Sequence[str]) -> str | None:
    """Let the user choose a session; None to detach. Escape returns to ``current``. The terminal must be in raw mode."""
    menu = Menu(current)
    write(b"\x1b[?1049h\x1b[?25l")
    try:
        with resizes() as resized:
            while True:
                menu.fill(client.raw("session.list", {"live": True, "limit": 1000}).get("items", ()), first)
                menu.pauses = Pauses.now(client)
                _draw(menu)
                ready, _, _ = select.select([sys.stdin, resized], [], [], _TICK)
                if resized in ready:
                    os.read(resized, 4096)
                if sys.stdin in ready:
                    done, identity = _key(menu, keyboard, os.read(sys.stdin.fileno(), 4096))
                    if done:
                        return identity
    finally:
        write(b"\x1b[?25h\x1b[?1049l")


def _key(menu: Menu, keyboard: Keyboard, data: bytes) -> tuple[bool, str | None]:
    """Handle a key: whether the user has decided, and for which session. The switch key chooses the next one."""
    text, command = keyboard.feed(data)
    if not data or command is KeyCommand.DETACH or text in _LEAVE:
        return True, None
    if command is KeyCommand.SWITCH or text in {"\r", "\n"}:
        return menu.chosen is not None, menu.chosen
    if text == "\x1b":
        return True, menu.current
    if text in _UP | _DOWN:
        menu.move(-1 if text in _UP else 1)
    elif text.isdecimal() and menu.number(int(text)):
        return True, menu.chosen
    return False, None


def _draw(menu: Menu) -> None:
    size = os.get_terminal_size(sys.stdout.fileno())
    lines = menu.lines(size.columns, size.lines)
    write(b"\x1b[H" + b"".join(b"%b\x1b[K\r\n" % line.encode() for line in lines[: size.lines - 1]) + b"\x1b[J")
