"""``maestroctl freeze``: the emergency stop."""

from typing import Annotated

import typer

from maestroctl.verbs.hold import act_on_all
from maestroctl.verbs.options import Json


def command(
    *,
    reason: Annotated[
        str, typer.Argument(metavar="REASON", help="Why, for those who ask later.", show_default=False)
    ] = "",
    as_json: Json = False,
) -> int:
    """Emergency stop: start nothing, hold every session still. ``maestroctl thaw`` lets everything go on."""
    words = "Frozen: nothing starts, every session is held. Go on with: maestroctl thaw"
    return act_on_all("system.freeze", {"reason": reason}, words, as_json=as_json)
