"""``maestroctl ui``: the web page, signed in."""

import subprocess
import sys
from typing import Annotated

import typer

from maestroctl.client.caller import Caller
from maestroctl.output import answer, answer_json, say
from maestroctl.verbs.options import Json
from maestrod.api.ui import UI_OPEN, UiOpen


def open_(
    *,
    no_browser: Annotated[bool, typer.Option("--no-browser", help="Only print the address.")] = False,
    as_json: Json = False,
) -> None:
    """Open the web page in a browser, signed in, and print its address.

    The address works once, within a minute. The browser then stays signed in.
    """
    with Caller.of_this_process().client() as client:
        page = client.call(UI_OPEN, UiOpen())
    if as_json:
        answer_json({"url": page.url, "expiresAt": page.expires_at})
    else:
        answer(page.url)
    if not no_browser and not as_json and sys.stdout.isatty() and not open_browser(page.url):
        say("No browser found: open the address yourself within a minute.")


def open_browser(url: str) -> bool:
    """Ask the system to open an address; False if it cannot."""
    program = "open" if sys.platform == "darwin" else "xdg-open"
    try:
        done = subprocess.run([program, url], capture_output=True, timeout=10, check=False)
    except (OSError, subprocess.TimeoutExpired):
        return False
    return done.returncode == 0


open_.default = True  # type: ignore[attr-defined] # read by app.py: `maestroctl ui`
COMMANDS = {"open": open_}
