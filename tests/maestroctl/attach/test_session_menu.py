"""The menu of ``attach``. With a real terminal: tests/system/test_attach.py."""

from typing import Any

import pytest

from maestroctl.attach.keys import Keyboard, bindings
from maestroctl.attach.session_menu import Menu, _key
from maestroctl.show.pauses import Pauses

KEYBOARD = Keyboard(bindings("ctrl-\\", "ctrl-]"))


def session(name: str, status: str = "working") -> dict[str, Any]:
    return {"id": f"ses_{name}", "name": name, "status": status, "agent": "shell"}


@pytest.fixture
def menu() -> Menu:
    menu = Menu("ses_a")
    menu.fill([session("b"), session("a"), session("c")], first=["ses_a"])
    return menu


def test_named_options_come_first_and_the_next_is_selected(menu: Menu) -> None:
    assert [each["name"] for each in menu.sessions] == ["a", "b", "c"]
    assert menu.chosen == "ses_b"


def test_the_selection_wraps_around(menu: Menu) -> None:
    menu.move(2)
    assert menu.chosen == "ses_a"
    menu.move(-1)
    assert menu.chosen == "ses_c"


def test_the_selection_stays_while_it_exists(menu: Menu) -> None:
    menu.move(1)
    menu.fill([session("c"), session("d")])
    assert menu.chosen == "ses_c"
    menu.fill([session("d")])
    assert menu.chosen == "ses_d"
    menu.fill([])
    menu.move(1)
    assert not menu.chosen


@pytest.mark.parametrize(
    "data, done, identity",
    [
        (b"\r", True, "ses_b"),
        (b"\x1d", True, "ses_b"),
        (b"3", True, "ses_c"),
        (b"9", False, None),
        (b"\x1b", True, "ses_a"),
        (b"q", True, None),
        (b"\x1c", True, None),
        (b"", True, None),
        (b"\x1b[B", False, None),
        (b"z", False, None),
    ],
)
def test_keys(menu: Menu, data: bytes, done: bool, identity: str | None) -> None:
    assert _key(menu, KEYBOARD, data) == (done, identity)


def test_nothing_can_be_chosen_from_an_empty_list() -> None:
    menu = Menu(None)
    menu.fill([])
    assert _key(menu, KEYBOARD, b"\r") == (False, None)
    assert "No live sessions." in menu.lines(80, 24)


def test_the_picture_fits_whatever_the_names_are() -> None:
    menu = Menu("ses_a")
    menu.fill([session("a\x1b[2J" * 30, "idle"), *(session(f"n{number}") for number in range(100))])
    menu.move(50)
    lines = menu.lines(60, 20)
    assert len(lines) == 20
    assert not any("\x1b[2J" in line for line in lines)
    assert sum("\x1b[7m" in line for line in lines) == 1


def test_a_session_of_a_paused_run_is_shown_as_paused(menu: Menu) -> None:
    menu.fill([{**session("a"), "runId": "run_1"}, session("b")])
    menu.pauses = Pauses(frozenset({"run_1"}))
    assert [("paused" in line, "working" in line) for line in menu.lines(100, 9)[2:4]] == [(True, False), (False, True)]
