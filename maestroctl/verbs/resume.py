"""``maestroctl resume``."""

from typing import Annotated

import typer

from maestroctl.verbs.hold import act
from maestroctl.verbs.options import Json


def command(
    *,
    subject: Annotated[str, typer.Argument(metavar="SESSION|RUN", help="An id or a unique part of it.")],
    as_json: Json = False,
) -> int:
    """Let a paused session or run go on."""
    return act(subject, "resume", as_json=as_json)
